"""The other forms: personal application, renewal, change of enterprise data, and 授权书 for a clerk.

Each is one A4 page with the measures of the enterprise's application form, so that its seal and its signature
have the same places, and what finds a signature in a photo of one finds it in every one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Final

from ca.documents.errors import FormFieldRefused
from ca.documents.form_fields import check_field
from ca.documents.forms import SEAL_PLACE
from ca.typesetting.drawable import require_drawable
from ca.typesetting.engine import Template

ROWS: Final = 10
"""So many rows every sheet has; there the text begins."""

_TEMPLATE: Final = Template(Path(__file__).parent / "templates" / "sheet.typ")
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading, which stands to their left from top to bottom. A row: label and value."""

    name: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says, each value as it will be printed.

    ``statements``: paragraphs. ``signed_as``: what stands before the line for a signature, ``sealed_as``
    before the place of the seal; empty where there is none. ``author``: whom the document is of.
    """

    title: str
    number: str
    made_on: date
    addressee: str
    author: str
    groups: tuple[Group, ...]
    heading: str
    statements: tuple[str, ...]
    signed_as: str = ""
    sealed_as: str = ""
    note: str = ""


def render_sheet(sheet: Sheet) -> bytes:
    """The sheet as a tagged PDF; the same sheet always gives the same bytes.

    Raises FormFieldRefused for an empty or overlong field, GlyphsMissing for a character that the font lacks.
    """
    rows = [row for group in sheet.groups for row in group.rows]
    for label, value in (*rows, ("", sheet.addressee)):
        check_field(label, value)
    for said in (sheet.title, sheet.number, sheet.author, *sheet.statements, sheet.note):
        require_drawable(said)
    if len(rows) != ROWS:
        raise FormFieldRefused(f"a sheet has {ROWS} rows, not {len(rows)}", field=sheet.title)
    data = asdict(sheet) | {
        "made_on": sheet.made_on.isoformat(),
        "seal": {"x": SEAL_PLACE.x_mm, "y": SEAL_PLACE.y_mm, "shown": bool(sheet.sealed_as)},
    }
    return _TEMPLATE.pdf(data, datetime.combine(sheet.made_on, time(), _CHINA), tagged=True)
