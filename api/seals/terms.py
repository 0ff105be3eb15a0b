"""What a sealing says of a document as a whole, as JSON: certification and locks of fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, Json, SecretStr

from api.seals.places import MOST_PLACES, PlacementAsked, first_text
from api.wire import Body
from ca.documents.placing import Placement
from ca.documents.terms import Changes, Lock, LockKind, Terms

FieldName = Annotated[str, Field(min_length=1, max_length=200, examples=["报价"])]


class LockAsked(Body):
    """Fields of the document's form that nobody may change after this seal: all, these, or all but these."""

    model_config = ConfigDict(str_strip_whitespace=False)

    kind: LockKind
    fields: list[FieldName] = Field(default_factory=list, max_length=200)

    def lock(self) -> Lock:
        """As the seal's maker takes it. Raises LockRefused."""
        return Lock(self.kind, tuple(self.fields))


class ToSeal(Body):
    """How one document of several is sealed. ``places``: all of them one signature; ``password``: of an
    encrypted document; ``certify``: as its author, before anybody else signs, and what may change after."""

    model_config = ConfigDict(str_strip_whitespace=False)

    places: list[PlacementAsked] = Field(min_length=1, max_length=MOST_PLACES)
    password: SecretStr | None = Field(None, max_length=127)
    certify: Changes | None = None
    lock: LockAsked | None = None

    def placements(self) -> list[Placement]:
        """As the seal's maker takes them."""
        return [one.placement() for one in self.places]

    def terms(self) -> Terms:
        """As the seal's maker takes them. Raises LockRefused."""
        return terms_of(self.password, self.certify, self.lock)


LockInForm = Annotated[Json[LockAsked], BeforeValidator(first_text)]
"""JSON in a field of a form."""
Listed = Annotated[
    Json[Annotated[list[ToSeal], Field(min_length=1, max_length=50)]], BeforeValidator(first_text)
]
"""JSON in a field of a form: one for all documents, or one for each."""


def terms_of(password: SecretStr | None, certify: Changes | None, lock: LockAsked | None) -> Terms:
    """Raises LockRefused."""
    opened_by = None if password is None else password.get_secret_value()
    return Terms(opened_by, certify, None if lock is None else lock.lock())
