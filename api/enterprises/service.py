"""What members do: see their enterprises and each other; the administrator decides who may do what."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from api.accounts.sessions import Person
from api.accounts.tables import person as person_table
from api.db import Database
from api.enterprises import membership as members
from api.enterprises.access import lock, require_administrator
from api.enterprises.administration import administrator_of
from api.enterprises.errors import AdministratorCannotLeave, AdministratorHasAll
from api.enterprises.handover import queries as handovers
from api.enterprises.membership import End, Member
from api.enterprises.rules import Ending, Permission, Role, permission_text, sorted_permissions
from api.enterprises.tables import enterprise, membership
from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.paging import PageRequest, Part, fetch
from api.realname.rules import mask_name
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class OwnEnterprise:
    """An enterprise with what the person is in it. ``administrator_…``: of whoever administers it now, None
    where nobody does."""

    credit_code: str
    name: str
    legal_person: str | None
    mine: Member
    administrator_name: str | None
    administrator_phone: str | None


class Enterprises:
    """A person's enterprises. Somebody else's is NotFound."""

    def __init__(self, db: Database, clock: Callable[[], datetime], journal: Journal) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal

    def all_of(self, person: Person) -> list[OwnEnterprise]:
        """Every enterprise that the person acts for, the newest membership first."""
        with self._db.read() as tx:
            mine = membership.c.person_id == person.id
            asked = select(membership.c.credit_code).where(mine, membership.c.until.is_(None))
            codes = tx.execute(asked.order_by(membership.c.id.desc())).scalars().all()
            return [_own(tx, person, code) for code in codes]

    def one_of(self, person: Person, credit_code: str) -> OwnEnterprise:
        """One of them. Raises NotFound."""
        with self._db.read() as tx:
            return _own(tx, person, credit_code)

    def members(self, person: Person, credit_code: str, page: PageRequest) -> Part[Member]:
        """Who acts for the enterprise, the newest first. Raises NotFound, AdministratorNeeded."""
        with self._db.read() as tx:
            require_administrator(tx, person.id, credit_code)
            here = (membership.c.credit_code == credit_code) & membership.c.until.is_(None)
            return fetch(tx, members.selection.where(here), page, [membership.c.id]).map(members.read)

    def change(
        self,
        person: Person,
        credit_code: str,
        membership_id: int,
        permissions: Collection[Permission],
        department: str | None,
    ) -> Member:
        """Give a clerk just these permissions, from now on. Raises NotFound, AdministratorNeeded,
        AdministratorHasAll."""
        now, granted = self._clock(), sorted_permissions(permissions)
        with self._db.write() as tx:
            clerk = self._clerk(tx, person, credit_code, membership_id)
            if clerk.role is Role.ADMINISTRATOR:
                raise AdministratorHasAll("an administrator has every permission")
            values = {"permissions": granted, "department": department, "granted_at": now}
            tx.execute(update(membership).where(membership.c.id == clerk.id).values(values))
            facts = {"enterprise": _name(tx, credit_code), "permissions": permission_text(granted)}
            kind = MessageKind.PERMISSIONS_CHANGED
            post(tx, clerk.person_id, kind, now, credit_code=credit_code, facts=facts)
            changed = members.of_enterprise(tx, credit_code, membership_id)
            detail: dict[str, str | int] = {"membership": clerk.id, "permissions": " ".join(granted)}
            self._journal.append(tx, Event(Action.MEMBER_CHANGED, credit_code, detail=detail))
        return changed

    def remove(self, person: Person, credit_code: str, membership_id: int, reason: str) -> None:
        """Put a clerk out: power is gone at once, certificates are revoked. Raises NotFound,
        AdministratorNeeded, AdministratorCannotLeave."""
        now = self._clock()
        with self._db.write() as tx:
            clerk = self._clerk(tx, person, credit_code, membership_id)
            if clerk.role is Role.ADMINISTRATOR:
                raise AdministratorCannotLeave("an administrator hands over first")
            members.end(tx, clerk, End(Ending.REMOVED, now, by=person.id, reason=reason))
            handovers.void(tx, credit_code, now, recipient_id=clerk.person_id)
            facts = {"enterprise": _name(tx, credit_code), "reason": reason}
            kind = MessageKind.REMOVED_FROM_ENTERPRISE
            post(tx, clerk.person_id, kind, now, facts=facts)
            told = Event(Action.MEMBER_REMOVED, credit_code, detail={"membership": clerk.id})
            self._journal.append(tx, told)

    def leave(self, person: Person, credit_code: str) -> None:
        """A clerk leaves. Raises NotFound, AdministratorCannotLeave."""
        now = self._clock()
        with self._db.write() as tx:
            lock(tx, credit_code)
            mine = members.in_force(tx, person.id, credit_code)
            if mine is None:
                raise NotFound("no such enterprise")
            if mine.role is Role.ADMINISTRATOR:
                raise AdministratorCannotLeave("an administrator hands over first")
            members.end(tx, mine, End(Ending.LEFT, now, by=person.id))
            handovers.void(tx, credit_code, now, recipient_id=person.id)
            facts = {"enterprise": _name(tx, credit_code), "applicant": mask_name(mine.person_name or "")}
            kind, to = MessageKind.MEMBER_LEFT, administrator_of(tx, credit_code)
            if to is not None:
                post(tx, to, kind, now, credit_code=credit_code, facts=facts)
            told = Event(Action.MEMBER_LEFT, credit_code, detail={"membership": mine.id})
            self._journal.append(tx, told)

    def _clerk(self, tx: Connection, person: Person, credit_code: str, membership_id: int) -> Member:
        lock(tx, credit_code)
        require_administrator(tx, person.id, credit_code)
        return members.of_enterprise(tx, credit_code, membership_id)


def _own(tx: Connection, person: Person, credit_code: str) -> OwnEnterprise:
    mine = members.in_force(tx, person.id, credit_code)
    if mine is None:
        raise NotFound("no such enterprise")
    asked = (
        select(enterprise.c.name, enterprise.c.legal_person, person_table.c.phone, membership.c.person_name)
        .outerjoin(
            membership,
            (membership.c.credit_code == enterprise.c.credit_code)
            & (membership.c.role == Role.ADMINISTRATOR)
            & membership.c.until.is_(None),
        )
        .outerjoin(person_table, person_table.c.id == membership.c.person_id)
    )
    row = tx.execute(asked.where(enterprise.c.credit_code == credit_code)).one()
    return OwnEnterprise(credit_code, row.name, row.legal_person, mine, row.person_name, row.phone)


def _name(tx: Connection, credit_code: str) -> str:
    asked = select(enterprise.c.name).where(enterprise.c.credit_code == credit_code)
    return str(tx.execute(asked).scalar_one())
