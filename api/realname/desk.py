"""What operators decide about identities: who has one, and giving an account free for another person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from api.accounts.operators import set_identity
from api.accounts.persons import forget_owner
from api.accounts.rules import check_phone, mask_phone
from api.accounts.tables import person as account
from api.db import Database
from api.errors import NotFound
from api.realname import queries
from api.realname.granting import free, give_free
from api.realname.id_numbers import IdNumbers
from api.realname.queries import Identity
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.identifiers import check_id_number

EndMemberships = Callable[[Connection, int, str, datetime], list[str]]
"""(transaction, person, reason, now) ends what the person is in enterprises, in the slice above; which."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account and the identity it has. ``identity``: None once it is released or was never verified."""

    person_id: int
    phone: str = field(repr=False)
    identity: Identity | None


class RealNameDesk:
    """The verbs of the slice for operators. An account is named by its phone or by its identity number."""

    def __init__(
        self,
        db: Database,
        id_numbers: IdNumbers,
        clock: Callable[[], datetime],
        journal: Journal,
        end_memberships: EndMemberships,
    ) -> None:
        self._db = db
        self._end_memberships = end_memberships
        self._id_numbers = id_numbers
        self._clock = clock
        self._journal = journal

    def find(self, phone: str | None, id_number: str | None) -> Holder:
        """The account. Raises NotFound, PhoneInvalid, InvalidIdNumber."""
        with self._db.read() as tx:
            return self._find(tx, phone, id_number)

    def release(self, phone: str | None, id_number: str | None, reason: str) -> Holder:
        """End the account's identity; it may become another person's, and the number another account's.

        Whoever comes next finds no session, no password, and no enterprise to act for: memberships and
        administration end, and the certificates for the enterprises are revoked. Personal certificates stay
        as they are: revoke them where the person has lost the account. Raises NotFound, PhoneInvalid,
        InvalidIdNumber.
        """
        with self._db.write() as tx:
            found = self._find(tx, phone, id_number)
            if not free(tx, self._journal, found.person_id, mask_phone(found.phone), reason):
                raise NotFound("this account has no identity to release")
            now = self._clock()
            give_free(tx, found.person_id, now)
            forget_owner(tx, found.person_id)
            for credit_code in self._end_memberships(tx, found.person_id, reason, now):
                detail = {"account": mask_phone(found.phone), "why": reason}
                self._journal.append(tx, Event(Action.MEMBER_REMOVED, credit_code, detail=detail))
            return self._find(tx, found.phone, None)

    def identify_operator(self, name: str, id_number: str) -> None:
        """Write down who an operator is, so that they judge nothing that is their own.

        Raises InvalidIdNumber, OperatorUnknown, OperatorIdentityTaken.
        """
        hashed = self._id_numbers.find_by(check_id_number(id_number))
        set_identity(self._db, name, hashed, self._journal)

    def _find(self, tx: Connection, phone: str | None, id_number: str | None) -> Holder:
        if id_number is not None:
            known = queries.holder_of(tx, self._id_numbers.find_by(check_id_number(id_number)))
            mine = account.c.id == (None if known is None else known.person_id)
        else:
            mine = account.c.phone == check_phone(phone or "")
        found = tx.execute(select(account.c.id, account.c.phone).where(mine)).one_or_none()
        if found is None:
            raise NotFound("no such account")
        return Holder(found.id, found.phone, queries.known_identity(tx, found.id))
