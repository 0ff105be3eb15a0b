"""Where seals go, as JSON: the same in every route and in every request of a platform.

``at`` says the kind of placement; without it, a place on one page. Nothing is trimmed: requests are digested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Json, Tag, TypeAdapter

from api.seals.errors import PlaceNeeded
from api.wire import Body, printable
from ca.documents.placing import AtKeyword, Edge, OnEveryPage, Place, Placement, Seam, Which

MOST_PLACES: Final = 20
"""Placements of one sealing."""

_PAGE = Field(ge=-10_000, le=10_000, examples=[0])
Millimetres = Annotated[float, Field(ge=0, le=5000, allow_inf_nan=False)]
Shift = Annotated[float, Field(ge=-5000, le=5000, allow_inf_nan=False)]
Keyword = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(printable)]


class _Placed(Body):
    model_config = ConfigDict(str_strip_whitespace=False)


class PlaceAsked(_Placed):
    """The centre of a seal. ``page`` from 0, negative counts from the end; from the upper left corner."""

    at: Literal["page"] = "page"
    page: int = _PAGE
    x_mm: Millimetres = Field(examples=[105])
    y_mm: Millimetres = Field(examples=[210])

    def placement(self) -> Placement:
        """As the seal's maker takes it."""
        return Place(self.page, self.x_mm, self.y_mm)


class KeywordAsked(_Placed):
    """Over the middle of a text, moved right by ``dx_mm`` and down by ``dy_mm``. Spaces do not matter."""

    at: Literal["keyword"]
    text: Keyword = Field(examples=["（盖章）"])
    which: Which = Which.LAST
    dx_mm: Shift = 0
    dy_mm: Shift = 0

    def placement(self) -> Placement:
        """As the seal's maker takes it."""
        return AtKeyword(self.text, self.which, self.dx_mm, self.dy_mm)


class EveryPageAsked(_Placed):
    """The same place of every page."""

    at: Literal["every_page"]
    x_mm: Millimetres = Field(examples=[105])
    y_mm: Millimetres = Field(examples=[210])

    def placement(self) -> Placement:
        """As the seal's maker takes it."""
        return OnEveryPage(self.x_mm, self.y_mm)


class SeamAsked(_Placed):
    """骑缝章: each page has its part at ``edge``; fanned, they show the whole. ``along_mm``: centre, from the
    top or from the left; the middle unless given. ``pages``: first and last; all unless given."""

    at: Literal["seam"]
    edge: Edge = Edge.RIGHT
    along_mm: Millimetres | None = None
    pages: Annotated[list[Annotated[int, _PAGE]], Field(min_length=2, max_length=2)] | None = None

    def placement(self) -> Placement:
        """As the seal's maker takes it."""
        pages = None if self.pages is None else (self.pages[0], self.pages[1])
        return Seam(self.edge, self.along_mm, pages)


def _kind(value: Any) -> str:
    return str(value.get("at", "page") if isinstance(value, Mapping) else getattr(value, "at", "page"))


PlacementAsked = Annotated[
    Annotated[PlaceAsked, Tag("page")]
    | Annotated[KeywordAsked, Tag("keyword")]
    | Annotated[EveryPageAsked, Tag("every_page")]
    | Annotated[SeamAsked, Tag("seam")],
    Discriminator(_kind),
]
"""Any of them."""


def first_text(sent: Any) -> Any:
    """One field of a form. FastAPI sees the list in the JSON and hands over all fields of the name."""
    return sent[0] if isinstance(sent, list) and len(sent) == 1 else sent


PlacesInForm = Annotated[
    Json[Annotated[list[PlacementAsked], Field(min_length=1, max_length=MOST_PLACES)]],
    BeforeValidator(first_text),
]
"""JSON in a field of a form."""

_READER: TypeAdapter[Any] = TypeAdapter(PlacementAsked)


def chosen(
    places: Sequence[Any] | None, page: int, x_mm: float | None, y_mm: float | None
) -> list[Placement]:
    """Placements from a form: those in JSON, or one place. Raises PlaceNeeded."""
    if places is not None:
        return [one.placement() for one in places]
    if x_mm is None or y_mm is None:
        raise PlaceNeeded("neither places nor x_mm and y_mm are given")
    return [Place(page, x_mm, y_mm)]


def placement_of(asked: Mapping[str, Any]) -> Placement:
    """A placement from JSON that was checked before, such as a stored request's."""
    found: Placement = _READER.validate_python(asked).placement()
    return found


def told(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Such a JSON with all that was left out."""
    whole: dict[str, Any] = _READER.validate_python(asked).model_dump(mode="json")
    return whole
