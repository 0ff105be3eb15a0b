"""Enterprises and their members, as JSON. Phones are masked everywhere, names where strangers see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints

from api.accounts.rules import mask_phone
from api.enterprises.handover.queries import Handover
from api.enterprises.handover.rules import NAMES, Status
from api.enterprises.membership import Member
from api.enterprises.rules import ROLE_NAMES, Permission, Role
from api.enterprises.service import OwnEnterprise
from api.realname.rules import mask_name
from api.wire import Answer, Body

Reason = Annotated[str, StringConstraints(min_length=2, max_length=200)]


class LookupRequest(Body):
    """Name and code of an enterprise; both must fit."""

    name: str = Field(min_length=2, max_length=64, examples=["临沂阳光建设有限公司"])
    credit_code: str = Field(min_length=18, max_length=18, examples=["91371300MA3C0TEQ4M"])


class FoundView(Answer):
    """An enterprise as whoever wants to join it sees it: 王*国, 138****1234."""

    name: str
    credit_code: str
    legal_person: str
    administrator_name: str
    administrator_phone: str


class OwnEnterpriseView(Answer):
    """An enterprise that the person acts for. ``permissions``: an administrator has all."""

    credit_code: str
    name: str
    legal_person: str | None
    role: Role
    role_name: str
    permissions: list[Permission]
    department: str | None
    since: datetime
    administrator_name: str | None = Field(description="Null where nobody administers it at present")
    administrator_phone: str | None

    @classmethod
    def of(cls, own: OwnEnterprise) -> Self:
        """The view of an enterprise."""
        return cls(
            credit_code=own.credit_code,
            name=own.name,
            legal_person=own.legal_person,
            role=own.mine.role,
            role_name=ROLE_NAMES[own.mine.role],
            permissions=_permissions(own.mine),
            department=own.mine.department,
            since=own.mine.since,
            administrator_name=_masked(own.administrator_name, mask_name),
            administrator_phone=_masked(own.administrator_phone, mask_phone),
        )


class MemberView(Answer):
    """Somebody who acts for the enterprise. ``id``: of the membership."""

    id: int
    name: str | None
    phone: str
    role: Role
    role_name: str
    permissions: list[Permission]
    department: str | None
    since: datetime

    @classmethod
    def of(cls, member: Member) -> Self:
        """The view of a membership."""
        return cls(
            id=member.id,
            name=member.person_name,
            phone=mask_phone(member.phone),
            role=member.role,
            role_name=ROLE_NAMES[member.role],
            permissions=_permissions(member),
            department=member.department,
            since=member.since,
        )


class Powers(Body):
    """What a clerk may do from now on."""

    permissions: list[Permission] = Field(max_length=len(Permission), examples=[["login", "seal"]])
    department: str | None = Field(None, min_length=1, max_length=60, examples=["投标部"])


class Removal(Body):
    """Why; the clerk reads it."""

    reason: Reason = Field(examples=["已离职"])


class Offer(Body):
    """Administration for a clerk. ``member``: id of the membership. ``serial``: of the enterprise certificate
    that stamps the letter; ``pin``: its PIN."""

    member: int = Field(ge=1, le=2**31 - 1)
    serial: str = Field(min_length=1, max_length=40)
    pin: SecretStr = Field(max_length=256)


class Refusal(Body):
    """Why, if one wants to say it."""

    reason: Reason | None = None


class HandoverView(Answer):
    """A handover. ``role``: giver or recipient, whichever one is oneself."""

    id: str
    credit_code: str
    role: str
    status: Status
    status_name: str
    letter_sha256: str
    offered_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, known: Handover, person_id: int) -> Self:
        """The view of a handover for one of its parties."""
        shown = cls.model_fields.keys() - {"role", "status_name"}
        role = "recipient" if person_id == known.recipient_id else "giver"
        values = {name: getattr(known, name) for name in shown}
        return cls(**values, role=role, status_name=NAMES[known.status])


class HandoverStatus(Answer):
    """Where a handover stands now."""

    id: str
    status: Status
    status_name: str


def _permissions(member: Member) -> list[Permission]:
    if member.role is Role.ADMINISTRATOR:
        return list(Permission)
    return [Permission(one) for one in member.permissions]


def _masked(told: str | None, mask: Callable[[str], str]) -> str | None:
    return None if told is None else mask(told)
