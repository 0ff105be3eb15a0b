"""Signing in and out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, insert, select

from api.accounts import operators, sessions
from api.accounts.codes import SmsCodes
from api.accounts.rules import OPERATOR_SESSION, PERSON_SESSION, check_phone, mask_phone
from api.accounts.sessions import Operator, Person, SessionToken
from api.accounts.tables import person
from api.db import Database
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Accounts:
    """登录: persons with a code sent to their phone, operators with a password."""

    def __init__(
        self, db: Database, codes: SmsCodes, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._codes = codes
        self._clock = clock
        self._journal = journal

    def send_code(self, phone: str) -> None:
        """Send a code to a mobile number. Raises PhoneInvalid, SmsTooSoon."""
        self._codes.send(check_phone(phone))

    def sign_in(self, phone: str, code: str) -> SessionToken:
        """A session for the number's owner, who is registered at the first time.

        Raises PhoneInvalid, SmsCodeWrong, SmsCodeExpired.
        """
        number = check_phone(phone)
        self._codes.redeem(number, code)
        now = self._clock()
        with self._db.write() as tx:
            made = sessions.open_session(tx, now, PERSON_SESSION, person_id=_person_id(tx, number, now))
            self._journal.append(tx, Event(Action.PERSON_SIGNED_IN, mask_phone(number)))
        return made

    def sign_in_operator(self, name: str, password: str) -> SessionToken:
        """A session for an operator. Raises OperatorRefused, OperatorPaused."""
        now = self._clock()
        operator_id = operators.check_operator(self._db, name, password, now, self._journal)
        with self._db.write() as tx:
            made = sessions.open_session(tx, now, OPERATOR_SESSION, operator_id=operator_id)
            self._journal.append(tx, Event(Action.OPERATOR_SIGNED_IN, name))
        return made

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._db.write() as tx:
            sessions.close_session(tx, token)

    def person(self, token: str) -> Person:
        """The person whose session it is. Raises NotSignedIn."""
        with self._db.read() as tx:
            return sessions.person_of(tx, token, self._clock())

    def operator(self, token: str) -> Operator:
        """The operator whose session it is. Raises NotSignedIn."""
        with self._db.read() as tx:
            return sessions.operator_of(tx, token, self._clock())


def _person_id(tx: Connection, phone: str, now: datetime) -> int:
    known = tx.execute(select(person.c.id).where(person.c.phone == phone)).scalar_one_or_none()
    if known is not None:
        return int(known)
    made = tx.execute(insert(person).values(phone=phone, created_at=now).returning(person.c.id))
    return int(made.scalar_one())
