"""Who acts for an enterprise: whom the registration authority approved, and who is put out by that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.enterprises import membership as members
from api.enterprises.access import lock
from api.enterprises.errors import DecisionOvertaken, NoLongerMember
from api.enterprises.handover import queries as handovers
from api.enterprises.membership import End
from api.enterprises.rules import Ending, Permission, Role, sorted_permissions
from api.enterprises.tables import enterprise, membership
from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.realname.rules import mask_name

_TOLD: Final = {
    Ending.HANDED_OVER: MessageKind.ADMINISTRATION_GIVEN,
    Ending.REPLACED: MessageKind.ADMINISTRATOR_REPLACED,
}


@dataclass(frozen=True, slots=True)
class Approved:
    """What the registration authority approved beside code and name; None where it is not told.

    ``legal_person_id``: sealed, bound to ``legal_person_binding``. ``person_name``: the administrator's.
    """

    legal_person: str | None = None
    legal_person_id: bytes | None = None
    person_name: str | None = None


def legal_person_binding(credit_code: str) -> str:
    """What the sealed identity number of an enterprise's legal person is bound to."""
    return f"{credit_code} legal person"


def appoint(
    tx: Connection,
    credit_code: str,
    name: str,
    person_id: int,
    now: datetime,
    approved: Approved | None = None,
    *,
    decided_at: datetime | None = None,
) -> int | None:
    """Make a person the administrator; the registration authority has approved it (seed, section 六).

    It replaces an earlier administrator, as the form signed by the enterprise says: the former one is told,
    loses power with this transaction, and their certificates are revoked. Returns that person's id, None when
    nobody was replaced. ``decided_at``: when it was approved, which may be long ago; raises DecisionOvertaken
    when somebody else was decided on after that.
    """
    told = approved or Approved()
    facts = {"name": name} | _told(told)
    if _is_first(tx, credit_code, person_id, now, facts | {"decided_at": decided_at or now}):
        members.begin(tx, credit_code, person_id, Role.ADMINISTRATOR, now, name=told.person_name)
        return None
    lock(tx, credit_code)
    mine = enterprise.c.credit_code == credit_code
    known = tx.execute(select(enterprise).where(mine)).one()
    former = int(known.administrator_id)
    if decided_at is not None:
        check_decision(tx, credit_code, person_id, decided_at)
    tx.execute(update(enterprise).where(mine).values(facts))
    if former == person_id:
        newest = max(known.decided_at or known.since, decided_at or now)
        tx.execute(update(enterprise).where(mine).values(decided_at=newest))
        if members.in_force(tx, person_id, credit_code) is None:  # it ended when the account was given free
            members.begin(tx, credit_code, person_id, Role.ADMINISTRATOR, now, name=told.person_name)
        return None
    replace(tx, credit_code, person_id, now, Ending.REPLACED, ended_by=None, name=told.person_name)
    tx.execute(update(enterprise).where(mine).values(decided_at=decided_at or now))
    return former


def check_decision(tx: Connection, credit_code: str, person_id: int, decided_at: datetime) -> None:
    """Whether an approval of that time still makes this person the administrator. Raises DecisionOvertaken
    when somebody else became it after that."""
    known = tx.execute(select(enterprise).where(enterprise.c.credit_code == credit_code)).one_or_none()
    if known is None or known.administrator_id == person_id:
        return
    if (known.decided_at or known.since) > decided_at:
        raise DecisionOvertaken("another administrator was decided on since")


def _told(approved: Approved) -> dict[str, Any]:
    told = {"legal_person": approved.legal_person, "legal_person_id": approved.legal_person_id}
    return {column: value for column, value in told.items() if value is not None}


def _is_first(tx: Connection, credit_code: str, person_id: int, now: datetime, facts: dict[str, Any]) -> bool:
    """Register an enterprise that is not there yet; of two who do so at the same moment, one is the first."""
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = {"credit_code": credit_code, "administrator_id": person_id, "since": now} | facts
    made = begin(enterprise).values(row).on_conflict_do_nothing().returning(enterprise.c.credit_code)
    return tx.execute(made).first() is not None


def replace(
    tx: Connection,
    credit_code: str,
    successor: int,
    now: datetime,
    how: Ending,
    *,
    ended_by: int | None,
    name: str | None = None,
) -> None:
    """Put ``successor`` in the administrator's place, in the caller's locked transaction."""
    mine = enterprise.c.credit_code == credit_code
    known = tx.execute(select(enterprise).where(mine)).one()
    handovers.void(tx, credit_code, now)
    former = members.in_force(tx, known.administrator_id, credit_code)
    if former is not None:
        members.end(tx, former, End(how, now, by=ended_by))
    clerk = members.in_force(tx, successor, credit_code)
    if clerk is not None:
        members.end(tx, clerk, End(Ending.PROMOTED, now, by=ended_by))
        name = name or clerk.person_name
    members.begin(tx, credit_code, successor, Role.ADMINISTRATOR, now, name=name)
    tx.execute(update(enterprise).where(mine).values(administrator_id=successor, since=now, decided_at=now))
    if former is not None:
        facts = {"enterprise": known.name, "administrator": mask_name(name or "")}
        # Without a link: the enterprise is not this person's to see any more.
        post(tx, known.administrator_id, _TOLD[how], now, facts=facts)


def admit(
    tx: Connection,
    credit_code: str,
    person_id: int,
    permissions: Collection[Permission],
    now: datetime,
    *,
    department: str | None = None,
    person_name: str | None = None,
    agreed_at: datetime | None = None,
) -> None:
    """Make a person a clerk with these permissions; administrator and registration authority agreed.

    ``agreed_at``: when the administrator did, if not just now. Whoever is one already has these permissions
    from now on, unless the administrator decided on others since then. An administrator stays what they are.
    Raises NotFound (no such enterprise).
    """
    lock(tx, credit_code)
    if tx.execute(select(enterprise.c.name).where(enterprise.c.credit_code == credit_code)).first() is None:
        raise NotFound("no such enterprise")
    granted = sorted_permissions(permissions)
    known = members.in_force(tx, person_id, credit_code)
    if known is None:
        members.begin(
            tx,
            credit_code,
            person_id,
            Role.CLERK,
            now,
            name=person_name,
            permissions=granted,
            department=department,
            granted_at=agreed_at,
        )
    elif known.role is Role.CLERK and known.granted_at <= (agreed_at or now):
        values = {
            "permissions": granted,
            "department": department or known.department,
            "granted_at": agreed_at or now,
        }
        tx.execute(update(membership).where(membership.c.id == known.id).values(values))


def check_agreed(tx: Connection, credit_code: str, person_id: int, agreed_at: datetime) -> None:
    """Whether what the administrator agreed to then still lets this person in. Raises NoLongerMember when the
    person was put out, or left, after that."""
    mine = (membership.c.person_id == person_id) & (membership.c.credit_code == credit_code)
    ended = (membership.c.until > agreed_at) & (membership.c.ended_how != Ending.PROMOTED)
    if tx.execute(select(membership.c.id).where(mine, ended).limit(1)).first() is not None:
        raise NoLongerMember("the membership ended after the administrator had agreed")


def administrator_of(tx: Connection, credit_code: str) -> int | None:
    """The administrator's person id, None of an enterprise that is not here or has none at present."""
    administers = membership.c.role == Role.ADMINISTRATOR, membership.c.until.is_(None)
    asked = select(membership.c.person_id).where(membership.c.credit_code == credit_code, *administers)
    return tx.execute(asked).scalar_one_or_none()
