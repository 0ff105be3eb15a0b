"""印章管理: what a holder sees of the seals of their certificates, and does with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.accounts.sessions import Person
from api.certificates import queries as holdings
from api.certificates.power import require_power
from api.certificates.service import Certificates
from api.db import Database
from api.enterprises.rules import Permission
from api.seals import queries
from api.seals.applying import by_holder
from api.seals.own import OwnSeals
from api.seals.queries import Pictures, RegisteredSeal
from api.seals.rules import Action, Actor, move
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal

_IN_JOURNAL: Final = {
    Action.SUSPEND: JournalAction.SEAL_SUSPENDED,
    Action.RELEASE: JournalAction.SEAL_RELEASED,
    Action.DESTROY: JournalAction.SEAL_DESTROYED,
}


class Keeping:
    """A holder's seals. Somebody else's is NotFound."""

    def __init__(
        self,
        db: Database,
        certificates: Certificates,
        own: OwnSeals,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._own = own
        self._clock = clock
        self._journal = journal

    def all_of(self, person: Person, serial: str) -> list[RegisteredSeal]:
        """The seals of a certificate, the newest first; what it has by itself is made if need be.

        Raises NotFound, HsmError.
        """
        with self._db.read() as tx:
            held = holdings.find_own(tx, serial, person.id)
        self._own.ensure_if_possible(held.serial)
        with self._db.read() as tx:
            return queries.of_certificate(tx, held.serial)

    def one_of(self, person: Person, seal_id: str) -> RegisteredSeal:
        """Raises NotFound."""
        with self._db.read() as tx:
            return queries.find_of(tx, seal_id, person.id)

    def pictures(self, person: Person, seal_id: str) -> Pictures:
        """Raises NotFound."""
        with self._db.read() as tx:
            return queries.pictures(tx, queries.find_of(tx, seal_id, person.id).id)

    def suspend(self, person: Person, seal_id: str, reason: str) -> RegisteredSeal:
        """停用; no PIN, as it may be what was lost. Raises NotFound, SealState."""
        return self._move(person, seal_id, Action.SUSPEND, reason)

    def release(self, person: Person, seal_id: str, pin: str) -> RegisteredSeal:
        """恢复使用, by the certificate's PIN. Raises NotFound, SealState, CertificateUnusable, what a lost
        power does, PinIncorrect, PinLocked, HsmError."""
        self._approved(person, seal_id, pin, Action.RELEASE)
        return self._move(person, seal_id, Action.RELEASE, None)

    def destroy(self, person: Person, seal_id: str, pin: str, reason: str) -> RegisteredSeal:
        """销毁, for good, by the certificate's PIN. Raises as ``release``."""
        self._approved(person, seal_id, pin, Action.DESTROY)
        return self._move(person, seal_id, Action.DESTROY, reason)

    def _approved(self, person: Person, seal_id: str, pin: str, action: Action) -> None:
        with self._db.read() as tx:
            known = queries.find_of(tx, seal_id, person.id)
        move(known.status, action, Actor.HOLDER, known.suspended_by)
        self._certificates.open(person, known.serial, pin, Permission.SEAL)

    def _move(self, person: Person, seal_id: str, action: Action, note: str | None) -> RegisteredSeal:
        now = self._clock()
        with self._db.write() as tx:
            known = queries.find_of(tx, seal_id, person.id)
            if action is not Action.SUSPEND:
                require_power(tx, holdings.find(tx, known.serial), Permission.SEAL, hold=True)
            after = queries.advance(tx, known, action, by_holder(person), now, note)
            self._journal.append(tx, Event(_IN_JOURNAL[action], known.id, detail={"serial": known.serial}))
        return after
