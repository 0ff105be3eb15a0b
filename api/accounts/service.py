"""Who is asking, for every route, and the services that let people in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from api.accounts import known_devices, operators, pacing, persons, sessions
from api.accounts.codes import SmsCodes
from api.accounts.credentials import Credentials
from api.accounts.errors import PasskeyRequired
from api.accounts.news import AccountNews, Silence
from api.accounts.operator_policy import OperatorPolicy
from api.accounts.pacing import Pacing
from api.accounts.passkeys import Asked, Passkeys
from api.accounts.rules import Scope
from api.accounts.sessions import Device, OpenSession, Operator, Person, SessionToken
from api.accounts.signing_in import SigningIn
from api.accounts.tables import passkey_challenge, session, sms_code
from api.db import Database
from api.errors import NotFound
from api.outside.sms import SmsSender
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Accounts:
    """Sessions of persons and operators. ``key``: the server's secret; the tables tell nothing without it."""

    def __init__(
        self,
        db: Database,
        sender: SmsSender,
        key: bytes,
        clock: Callable[[], datetime],
        journal: Journal,
        policy: OperatorPolicy | None = None,
        news: AccountNews | None = None,
    ) -> None:
        news = news or Silence()
        self._db = db
        self._clock = clock
        self._journal = journal
        self._policy = policy or OperatorPolicy()
        self.passkeys = Passkeys(db, self._policy, clock, journal)
        self._pacing = Pacing(key)
        codes = SmsCodes(db, sender, self._pacing, clock)
        self.signing_in = SigningIn(db, codes, self._pacing, clock, journal, news)
        self.credentials = Credentials(db, self.signing_in, clock, journal, news)

    def sign_in_operator(
        self, name: str, password: str, device: Device | None = None
    ) -> SessionToken | Asked:
        """A session for an operator, or the question for a passkey of one who has some.

        Raises OperatorRefused, OperatorPaused.
        """
        address = "" if device is None else device.address
        operator_id = operators.check_operator(
            self._db, self._pacing, name, password, address, self._clock(), self._journal
        )
        return self.passkeys.begin_sign_in(operator_id) or self._open(operator_id, name, device, False)

    def sign_in_with_passkey(
        self, ticket: str, credential: dict[str, Any], device: Device | None = None
    ) -> SessionToken:
        """The second half: the answer of a passkey. Raises PasskeyRefused."""
        operator_id, name = self.passkeys.check(ticket, credential)
        return self._open(operator_id, name, device, True)

    def check_second_factor(self, who: Operator) -> None:
        """Raises PasskeyRequired for a session without, where one is required."""
        if self._policy.passkey_required and not who.has_second_factor:
            raise PasskeyRequired("add a passkey, or sign in with one")

    def sign_out(self, token: str) -> None:
        """End a session, a person's or an operator's."""
        with self._db.write() as tx:
            sessions.close_session(tx, token)

    def devices(self, owner: Person) -> list[OpenSession]:
        """Where the person is signed in, the device seen last first."""
        with self._db.read() as tx:
            return sessions.sessions_of(tx, owner.id, self._clock())

    def revoke(self, owner: Person, token: str, scope: Scope) -> bool:
        """Void a token of the owner's in this scope; False when it is none."""
        with self._db.write() as tx:
            return sessions.revoke(tx, token, owner.id, scope, self._clock())

    def sign_out_device(self, owner: Person, session_id: str) -> None:
        """End one of the person's sessions. Raises NotFound."""
        with self._db.write() as tx:
            if not sessions.end(tx, session.c.id == session_id, session.c.person_id == owner.id):
                raise NotFound("no such session")

    def sign_out_others(self, owner: Person) -> None:
        """End all of the person's sessions but this one."""
        with self._db.write() as tx:
            sessions.end_others(tx, owner.id, owner.session_id)

    def person(self, token: str, address: str = "", scope: Scope = Scope.APP) -> Person:
        """The person whose session of this scope it is. Raises NotSignedIn."""
        with self._db.read() as tx:
            found, is_due = sessions.person_of(tx, token, self._clock(), scope)
        self._seen(found.session_id, address, is_due)
        return found

    def operator(self, token: str, address: str = "") -> Operator:
        """The operator whose session it is. Raises NotSignedIn."""
        with self._db.read() as tx:
            found, is_due = sessions.operator_of(tx, token, self._clock(), self._policy.idle)
        self._seen(found.session_id, address, is_due)
        return found

    def forget(self) -> None:
        """Clear away what has ended: a chore."""
        now = self._clock()
        for work in (
            sessions.forget_ended,
            pacing.forget_old,
            persons.forget_addresses,
            known_devices.forget,
        ):
            with self._db.write() as tx:
                work(tx, now)
        with self._db.write() as tx:
            tx.execute(passkey_challenge.delete().where(passkey_challenge.c.expires_at <= now))
            tx.execute(sms_code.delete().where(sms_code.c.expires_at <= now - timedelta(hours=1)))

    def _open(self, operator_id: int, name: str, device: Device | None, with_passkey: bool) -> SessionToken:
        with self._db.write() as tx:
            made = sessions.open_operator_session(
                tx, self._clock(), operator_id, device or Device(), second_factor=with_passkey
            )
            told = {"passkey": "yes" if with_passkey else "no"}
            self._journal.append(tx, Event(Action.OPERATOR_SIGNED_IN, name, detail=told))
        return made

    def _seen(self, session_id: str, address: str, is_due: bool) -> None:
        if is_due:
            with self._db.write() as tx:
                sessions.seen(tx, session_id, self._clock(), address)
