"""修改 PIN 码: the blob of a key is sealed again under another PIN; and how a PIN stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.accounts.sessions import Person
from api.certificates import blobs, queries
from api.certificates.blobs import NewKeyBlobs
from api.certificates.custody import SubscriberKeys
from api.certificates.pins import PinStatus, PinTries
from api.certificates.queries import Holding
from api.certificates.rules import (
    KEPT_FOR_OWN_PIN,
    Custody,
    PinBusy,
    PinChanging,
    check_pin,
    require_kept_here,
)
from api.db import Database
from api.messages.kinds import MessageKind
from api.messages.posting import post
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from hsm.errors import KeyNotFound, PinIncorrect, PinLocked


@dataclass(frozen=True, slots=True)
class _Resealed:
    """A key's blob before and after."""

    held: Holding
    old: bytes
    new: bytes


class PinChanges:
    """One PIN guards both halves of a dual certificate, unless a recovery gave one of them another."""

    def __init__(
        self,
        db: Database,
        keys: SubscriberKeys,
        tries: PinTries,
        kept: NewKeyBlobs,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._keys = keys
        self._tries = tries
        self._kept = kept
        self._clock = clock
        self._journal = journal

    def status(self, person: Person, serial: str) -> PinStatus:
        """Tries left, and whether it is locked. Raises NotFound, CustodyIsLock."""
        with self._db.read() as tx:
            held = queries.find_own(tx, serial, person.id)
            require_kept_here(held.custody)
            return self._tries.status(tx, held.key_label)

    def change(self, person: Person, serial: str, pin: str, new_pin: str) -> list[str]:
        """Put ``new_pin`` in the place of ``pin``, in one transaction; returns the serials it guards now.

        The other half of a dual certificate follows when the same PIN opens it, which is a try of its own,
        and is not made when few are left. Suspended, expired and
        revoked certificates have their PINs too: what was encrypted to them is still opened. Raises NotFound,
        CustodyIsLock, PinWeak, PinIncorrect with the tries left, PinLocked, PinBusy, PinChanging, HsmError.
        """
        check_pin(new_pin)
        with self._db.read() as tx:
            held = queries.find_own(tx, serial, person.id)
            require_kept_here(held.custody)
            halves = queries.of_application(tx, held.application_id)
        with self._tries.counted(held.key_label):
            changed = [self._resealed(held, pin, new_pin)]
        for other in halves:
            if other.serial != held.serial and (also := self._follows(other, pin, new_pin)):
                changed.append(also)
        self._keep(person, changed)
        return [one.held.serial for one in changed]

    def _resealed(self, held: Holding, pin: str, new_pin: str) -> _Resealed:
        blob = self._kept.get(held.key_label)
        if blob is None:
            raise KeyNotFound(f"no key {held.key_label!r}")
        new = self._keys.resealed(Custody(held.custody), held.key_label, blob, pin, new_pin)
        return _Resealed(held, blob, new)

    def _follows(self, other: Holding, pin: str, new_pin: str) -> _Resealed | None:
        """Counted: a half with a PIN of its own could be guessed at by changing the first again and again.

        The last tries are left to its own PIN, so that changing this one never locks it.
        """
        with self._db.read() as tx:
            if self._tries.status(tx, other.key_label).left <= KEPT_FOR_OWN_PIN:
                return None
        try:
            with self._tries.counted(other.key_label):
                return self._resealed(other, pin, new_pin)
        except (PinIncorrect, PinLocked, PinBusy):
            return None

    def _keep(self, person: Person, changed: list[_Resealed]) -> None:
        now = self._clock()
        with self._db.write() as tx:
            for one in changed:
                if not blobs.exchange(tx, one.held.key_label, one.old, one.new):
                    raise PinChanging("another change was faster")
            serial = changed[0].held.serial
            post(tx, person.id, MessageKind.PIN_CHANGED, now, serial=serial)
            self._journal.append(tx, *(Event(Action.PIN_CHANGED, one.held.serial) for one in changed))
