"""Who is asking, for every route, and the services that let people in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from api.accounts import operators, pacing, persons, sessions
from api.accounts.codes import SmsCodes
from api.accounts.credentials import Credentials
from api.accounts.pacing import Pacing
from api.accounts.sessions import Device, OpenSession, Operator, Person, SessionToken
from api.accounts.signing_in import SigningIn
from api.accounts.tables import session, sms_code
from api.db import Database
from api.errors import NotFound
from api.outside.sms import SmsSender
from ca.audit.event import Action, Event
from ca.audit.journal import Journal

OPERATOR_IDLE = timedelta(minutes=30)


class Accounts:
    """Sessions of persons and operators. ``key``: the server's secret, without which the tables tell nothing.

    ``operator_idle``: how long an operator's session lives while nothing is done.
    """

    def __init__(
        self,
        db: Database,
        sender: SmsSender,
        key: bytes,
        clock: Callable[[], datetime],
        journal: Journal,
        operator_idle: timedelta = OPERATOR_IDLE,
    ) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal
        self._idle = operator_idle
        paces = Pacing(key)
        self.signing_in = SigningIn(db, SmsCodes(db, sender, paces, clock), paces, clock, journal)
        self.credentials = Credentials(db, self.signing_in, clock, journal)

    def sign_in_operator(self, name: str, password: str, device: Device | None = None) -> SessionToken:
        """A session for an operator. Raises OperatorRefused, OperatorPaused."""
        now = self._clock()
        operator_id = operators.check_operator(self._db, name, password, now, self._journal)
        with self._db.write() as tx:
            made = sessions.open_operator_session(tx, now, operator_id, device or Device())
            self._journal.append(tx, Event(Action.OPERATOR_SIGNED_IN, name))
        return made

    def sign_out(self, token: str) -> None:
        """End a session, a person's or an operator's."""
        with self._db.write() as tx:
            sessions.close_session(tx, token)

    def devices(self, owner: Person) -> list[OpenSession]:
        """Where the person is signed in, the device seen last first."""
        with self._db.read() as tx:
            return sessions.sessions_of(tx, owner.id, self._clock())

    def sign_out_device(self, owner: Person, session_id: str) -> None:
        """End one of the person's sessions. Raises NotFound."""
        with self._db.write() as tx:
            if not sessions.end(tx, session.c.id == session_id, session.c.person_id == owner.id):
                raise NotFound("no such session")

    def sign_out_others(self, owner: Person) -> None:
        """End all of the person's sessions but this one."""
        with self._db.write() as tx:
            sessions.end_others(tx, owner.id, owner.session_id)

    def person(self, token: str, address: str = "") -> Person:
        """The person whose session it is. Raises NotSignedIn."""
        with self._db.read() as tx:
            found, is_due = sessions.person_of(tx, token, self._clock())
        self._seen(found.session_id, address, is_due)
        return found

    def operator(self, token: str, address: str = "") -> Operator:
        """The operator whose session it is. Raises NotSignedIn."""
        with self._db.read() as tx:
            found, is_due = sessions.operator_of(tx, token, self._clock(), self._idle)
        self._seen(found.session_id, address, is_due)
        return found

    def forget(self) -> None:
        """Clear away what has ended: a chore."""
        now = self._clock()
        for work in (sessions.forget_ended, pacing.forget_old, persons.forget_addresses):
            with self._db.write() as tx:
                work(tx, now)
        with self._db.write() as tx:
            tx.execute(sms_code.delete().where(sms_code.c.expires_at <= now - timedelta(hours=1)))

    def _seen(self, session_id: str, address: str, is_due: bool) -> None:
        if is_due:
            with self._db.write() as tx:
                sessions.seen(tx, session_id, self._clock(), address)
