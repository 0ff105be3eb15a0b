"""Seals, as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints

from api.realname.rules import mask_name
from api.seals.deciding import Case, Listed
from api.seals.queries import RegisteredSeal
from api.seals.rules import NAMES, Actor, Status
from api.wire import Answer, Body
from ca.seals.rules import KIND_NAMES, SealKind

Reason = Annotated[str, StringConstraints(min_length=2, max_length=200, strip_whitespace=True)]


class Why(Body):
    """A reason that others read."""

    reason: Reason = Field(examples=["印章图样与营业执照名称不一致"])


class Approval(Body):
    """The certificate's PIN."""

    pin: SecretStr = Field(min_length=1, max_length=256)


class Destruction(Approval):
    """The certificate's PIN, and why."""

    reason: Reason


class Filing(Body):
    """备案: the number that the authority gave, and the day."""

    number: Annotated[
        str,
        StringConstraints(min_length=1, max_length=64, strip_whitespace=True, pattern=r"^[0-9A-Za-z\-]+$"),
    ] = Field(examples=["37132500012345"])
    on: date


class SealView(Answer):
    """A seal. ``name``: what it is called; ``drawn``: by a template, not from an uploaded picture.

    ``valid_from``, ``valid_until``: once it is made, until its certificate ends. ``note``: why it was
    refused, suspended or destroyed. ``replaced_by``: the seal that follows it.
    """

    id: str
    serial: str
    kind: SealKind
    kind_name: str
    name: str
    status: Status
    status_name: str
    width_mm: float
    height_mm: float
    drawn: bool
    applied_at: datetime
    made_at: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    suspended_by: Actor | None
    filed_number: str | None
    filed_on: date | None
    replaced_by: str | None
    note: str | None

    @classmethod
    def of(cls, one: RegisteredSeal) -> Self:
        """The view of a seal."""
        return cls.model_validate(_told(one))


class SealListed(SealView):
    """A seal as operators see it, with its certificate's holder."""

    enterprise_name: str | None
    credit_code: str | None
    holder_name: str = Field(examples=["李**"])

    @classmethod
    def listed(cls, one: Listed) -> Self:
        """The view of a seal with its holder."""
        return cls.model_validate(_told(one.seal) | _holder(one))


class SealEventView(Answer):
    """What was done with a seal. ``by``: an operator's name; else nobody is named."""

    at: datetime
    action: str
    actor: Actor
    by: str | None
    after: Status
    after_name: str
    note: str | None


class SealCase(SealListed):
    """A seal with its application and its history. ``uploaded``: there is a picture to compare it with."""

    reason: str | None
    letter_sha256: str | None
    history: list[SealEventView]

    @classmethod
    def of_case(cls, case: Case) -> Self:
        """The view of a case."""
        asked = case.application or {"reason": None, "letter_sha256": None}
        history = [
            SealEventView(
                at=row["at"],
                action=row["action"],
                actor=row["actor"],
                by=row["actor_name"] if row["actor"] == Actor.OPERATOR else None,
                after=row["after"],
                after_name=NAMES[Status(row["after"])],
                note=row["note"],
            )
            for row in case.history
        ]
        told = _told(case.seal) | _holder(Listed(case.seal, case.held))
        return cls.model_validate(told | dict(asked) | {"history": history})


def _told(one: RegisteredSeal) -> dict[str, object]:
    kept = {name: getattr(one, name) for name in SealView.model_fields if hasattr(one, name)}
    return kept | {
        "kind_name": KIND_NAMES[one.kind],
        "status_name": NAMES[one.status],
        "width_mm": one.width_um / 1000,
        "height_mm": one.height_um / 1000,
        "drawn": one.design is not None,
    }


def _holder(one: Listed) -> dict[str, object]:
    return {
        "enterprise_name": one.held.enterprise_name,
        "credit_code": one.held.credit_code,
        "holder_name": mask_name(one.held.person_name),
    }
