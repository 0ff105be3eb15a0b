"""发送到电脑: the applicant sends the form to a PC with the company's lock, and watches."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import queries
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.outward import CertificatesAtHand
from api.applications.rules import Action, Actor, WrongMove, move
from api.db import Database
from api.errors import NotFound
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.service import BridgeService, CreatedSession, SessionState

_KIND: Final = SessionKind.LOCK_SIGNATURE


class SendToComputer:
    """Sessions of the bridge, by the person whose application they carry."""

    def __init__(self, db: Database, bridge: BridgeService, certificates: CertificatesAtHand) -> None:
        self._db = db
        self._certificates = certificates
        self._bridge = bridge

    def send(self, person: Person, application_id: str) -> CreatedSession:
        """A new address; an earlier one that was not answered is void. Raises NotFound, WrongMove."""
        with self._db.read() as tx:
            known = queries.find_own(tx, application_id, person.id)
            move(known.kind, known.status, Action.SIGN, Actor.LOCK)
            self._check_renewable(tx, known)
        return self._bridge.create(_KIND, known.id, _owner(person))

    def _check_renewable(self, tx: Connection, known: Application) -> None:
        """A renewal is signed with the certificate itself: by a lock if it is on one, else by its PIN."""
        renews = known.kind is ApplicationKind.RENEWAL
        if renews and not self._certificates.find(tx, known.serial or "").on_lock:
            raise WrongMove("the certificate is on no lock: its PIN seals the form", status=known.status)

    def state(self, person: Person, application_id: str) -> SessionState:
        """Where the newest session stands. Raises NotFound."""
        with self._db.read() as tx:
            known = queries.find_own(tx, application_id, person.id)
        state = self._bridge.latest(_KIND, known.id, _owner(person))
        if state is None:
            raise NotFound("the form was not sent to a computer yet")
        return state

    def confirm_pc(self, person: Person, application_id: str, number: str) -> SessionState:
        """Say yes to the PC that opened the newest address. Raises NotFound, PcDiffers, why it is closed."""
        state = self.state(person, application_id)
        self._bridge.confirm_pc(state.id, _owner(person), number)
        return self._bridge.status(state.id, _owner(person))

    def cancel(self, person: Person, application_id: str) -> SessionState:
        """Take the newest address back. Raises NotFound, or why it is closed."""
        state = self.state(person, application_id)
        self._bridge.cancel(state.id, _owner(person))
        return self._bridge.status(state.id, _owner(person))


def _owner(person: Person) -> str:
    return f"person/{person.id}"
