"""开启远程签名: whether a certificate may be used by signing software, as its holder decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.accounts.sessions import Person
from api.certificates.custody import SubscriberKeys
from api.certificates.rules import Custody
from api.certificates.service import Certificates
from api.csc import queries
from api.db import Database
from api.enterprises.rules import Permission
from api.messages.kinds import MessageKind
from api.messages.posting import post
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Switch:
    """Off until the holder switches it on with the PIN; off again at once, without."""

    def __init__(
        self,
        db: Database,
        certificates: Certificates,
        keys: SubscriberKeys,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._keys = keys
        self._clock = clock
        self._journal = journal

    def since(self, person: Person, serial: str) -> datetime | None:
        """Since when it is on, None while it is off. Raises NotFound."""
        held = self._certificates.one_of(person, serial).holding
        with self._db.read() as tx:
            return queries.since(tx, [held.serial]).get(held.serial)

    def turn_on(self, person: Person, serial: str, pin: str) -> None:
        """Raises NotFound, NotPermitted, NoLongerMember, AdministratorNeeded, NotForSigning,
        CertificateUnusable, PinIncorrect with the tries left, PinLocked, PinBusy, HsmError."""
        held = self._certificates.usable(person, serial, Permission.SEAL).holding
        self._keys.open(Custody(held.custody), held.key_label, pin)
        self._turn(person, held.serial, on=True)

    def turn_off(self, person: Person, serial: str) -> None:
        """What was authorised before serves no more. Raises NotFound."""
        held = self._certificates.one_of(person, serial).holding
        self._turn(person, held.serial, on=False)

    def _turn(self, person: Person, serial: str, *, on: bool) -> None:
        now = self._clock()
        kind = MessageKind.REMOTE_SIGNING_ON if on else MessageKind.REMOTE_SIGNING_OFF
        action = Action.REMOTE_SIGNING_ON if on else Action.REMOTE_SIGNING_OFF
        with self._db.write() as tx:
            if not on:
                queries.void(tx, serial)
            if queries.switch(tx, serial, now, on=on):
                post(tx, person.id, kind, now, serial=serial)
                self._journal.append(tx, Event(action, serial))
