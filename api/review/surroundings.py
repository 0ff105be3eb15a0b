"""What is known around a case: the applicant's identity, the enterprise, other applications, certificates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, desc, select

from api.accounts.rules import mask_phone
from api.applications import queries
from api.applications.model import Application
from api.applications.outward import CertificatesAtHand, HeldCertificate
from api.applications.tables import application
from api.certificates import queries as holdings
from api.certificates.queries import Holding
from api.certificates.rules import Purpose
from api.enterprises import membership
from api.enterprises.membership import Member
from api.enterprises.tables import enterprise
from api.enterprises.tables import membership as member_table
from api.realname import queries as identities

_MOST: Final = 20  # of each; the whole is found by searching


@dataclass(frozen=True, slots=True)
class RealName:
    """The real-name check that holds for the applicant's account. ``matches``: name and number are those of
    the application. ``answer_digest``: SHA-256 of what the provider answered."""

    method: str
    provider: str | None
    reference: str | None
    answer_digest: str | None
    verified_at: datetime
    expires_at: datetime
    matches: bool


@dataclass(frozen=True, slots=True)
class EnterpriseRecord:
    """The enterprise as it is registered here, with its members in force, phones masked."""

    credit_code: str
    name: str
    legal_person: str | None
    administrator_id: int
    since: datetime
    members: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CertificateNearby:
    """A certificate of the same enterprise or person."""

    serial: str
    application_id: str
    enterprise_name: str | None
    issued_at: datetime
    usable: bool
    revoked: bool


def real_name_of(
    tx: Connection, known: Application, holder_id: str, find_by: Callable[[str], str], now: datetime
) -> RealName | None:
    """``find_by``: what a number is found by. None while no check holds."""
    found = identities.identity_of(tx, known.person_id, now)
    if found is None:
        return None
    made = identities.find(tx, found.check_id)
    return RealName(
        method=found.method,
        provider=None if made is None else made.provider,
        reference=None if made is None else made.reference,
        answer_digest=None if made is None else made.answer_digest,
        verified_at=found.verified_at,
        expires_at=found.expires_at,
        matches=(found.name, found.id_number_hash) == (known.holder_name, find_by(holder_id)),
    )


def record_of(tx: Connection, credit_code: str | None) -> EnterpriseRecord | None:
    """The enterprise, None while it has no certificate."""
    row = tx.execute(select(enterprise).where(enterprise.c.credit_code == credit_code)).one_or_none()
    if row is None:
        return None
    mine = (member_table.c.credit_code == credit_code) & member_table.c.until.is_(None)
    some = membership.selection.where(mine).order_by(member_table.c.id).limit(_MOST)
    members = [_shown(membership.read(one)) for one in tx.execute(some)]
    columns = ("credit_code", "name", "legal_person", "administrator_id", "since")
    return EnterpriseRecord(**{name: row._mapping[name] for name in columns}, members=members)


def applications_near(tx: Connection, known: Application) -> list[Application]:
    """Others of the same person or enterprise, the newest of each."""
    ids = _newest(tx, application.c.person_id == known.person_id, application.c.created_at)
    if known.credit_code is not None:
        ids += _newest(tx, application.c.credit_code == known.credit_code, application.c.updated_at)
    return queries.of_ids(tx, [one for one in dict.fromkeys(ids) if one != known.id])


def certificates_near(
    tx: Connection, known: Application, at_hand: CertificatesAtHand
) -> list[CertificateNearby]:
    """Of the same person or enterprise, the newest of each."""
    held = holdings.of_person(tx, known.person_id)[:_MOST]
    if known.credit_code is not None:
        held += holdings.of_enterprise(tx, known.credit_code)[:_MOST]
    signing = {one.serial: one for one in held if one.purpose is Purpose.SIGNING}
    return [_nearby(one, at_hand.find(tx, one.serial)) for one in signing.values()]


def _newest(tx: Connection, condition: ColumnElement[bool], order: ColumnElement[Any]) -> list[str]:
    asked = select(application.c.id).where(condition).order_by(desc(order), desc(application.c.id))
    return [str(row.id) for row in tx.execute(asked.limit(_MOST))]


def _nearby(one: Holding, held: HeldCertificate) -> CertificateNearby:
    return CertificateNearby(
        one.serial, one.application_id, held.enterprise_name, one.issued_at, held.usable, held.revoked
    )


def _shown(member: Member) -> dict[str, Any]:
    told = {name: getattr(member, name) for name in ("person_id", "person_name", "role", "since")}
    return told | {"phone": mask_phone(member.phone), "permissions": list(member.permissions)}
