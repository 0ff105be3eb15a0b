"""What operators and holders do to bring an encryption key back.

The key itself is never seen by anybody: two operators agree that its holder has lost the PIN, and the holder
sets a new one. A signing key has no copy; who forgets its PIN gets a new certificate.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.accounts.sessions import Operator, Person
from api.applications.rules import SameOperator
from api.certificates import blobs, queries
from api.certificates.restoring import EscrowedKeys
from api.certificates.rules import check_pin
from api.db import Database
from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.openings.deposits import Waiting, waiting
from api.recovery import queries as recoveries
from api.recovery.queries import Recovery
from api.recovery.rules import APPROVAL_LASTS, RecoveryUnderWay, Status, require
from api.recovery.urgent import Urgent, urgent
from api.timezone import CHINA
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal


class Recoveries:
    """密钥恢复. Every step is in the journal, the refused ones too."""

    def __init__(
        self,
        db: Database,
        escrowed: EscrowedKeys,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._escrowed = escrowed
        self._clock = clock
        self._journal = journal

    def ask(self, operator: Operator, serial: str, reason: str) -> Recovery:
        """First operator: the holder of ``serial`` has shown to be the holder, and has lost the PIN.

        Raises NotFound, NotEscrowed, RecoveryUnderWay.
        """
        now = self._clock()
        with self._db.read() as tx:
            held = queries.find(tx, serial)
        self._escrowed.check(held)
        asked = Recovery(
            id=secrets.token_hex(8),
            serial=held.serial,
            status=Status.ASKED,
            reason=reason,
            asked_by=operator.name,
            asked_at=now,
            judged_by=None,
            judged_at=None,
            closed_at=None,
        )
        try:
            with self._db.write() as tx:
                self._close_expired(tx, held.serial, now)
                recoveries.add(tx, asked)
                self._tell(tx, Action.RECOVERY_ASKED, asked)
        except IntegrityError:
            raise RecoveryUnderWay("this key has a recovery under way") from None
        return asked

    def approve(self, operator: Operator, recovery_id: str) -> Recovery:
        """Second operator: agrees. Raises NotFound, SameOperator, RecoveryState."""
        now = self._clock()
        with self._db.write() as tx:
            known = recoveries.find(tx, recovery_id, now)
            require(known.status, Status.ASKED)
            if known.asked_by != operator.name:
                approved = recoveries.move(
                    tx, known, Status.APPROVED, now, judged_by=operator.name, judged_at=now
                )
                self._tell(tx, Action.RECOVERY_APPROVED, known)
                _tell_holder(tx, known.serial, now)
                return approved
        error = SameOperator("who asked for the recovery cannot approve it")
        self._journal.record(
            Event(Action.RECOVERY_APPROVED, known.serial, Outcome.REFUSED, error.code, {"recovery": known.id})
        )
        raise error

    def refuse(self, operator: Operator, recovery_id: str) -> Recovery:
        """Any operator, at any time before it is done. Raises NotFound, RecoveryState."""
        now = self._clock()
        with self._db.write() as tx:
            known = recoveries.find(tx, recovery_id, now)
            require(known.status, Status.ASKED, Status.APPROVED)
            refused = recoveries.move(tx, known, Status.REFUSED, now, judged_by=operator.name, judged_at=now)
            self._tell(tx, Action.RECOVERY_REFUSED, known)
        return refused

    def newest(self, status: Status | None, limit: int) -> list[Recovery]:
        """Recoveries in a status (all when None): those first whose bids are opened next."""
        with self._db.read() as tx:
            return recoveries.newest(tx, status, self._clock(), limit)

    def urgent(self) -> list[Urgent]:
        """Recoveries and PIN resets for which bids wait, the nearest opening first."""
        with self._db.read() as tx:
            return urgent(tx, self._clock())

    def bids(self, found: Iterable[Recovery]) -> dict[str, Waiting]:
        """The bids that wait for these recoveries, by their serials."""
        with self._db.read() as tx:
            return waiting(tx, {one.serial for one in found}, self._clock())

    def now(self) -> datetime:
        """The service's time, for what is still left."""
        return self._clock()

    def of_own(self, person: Person, serial: str) -> Recovery:
        """The newest recovery of one's own key. Raises NotFound."""
        with self._db.read() as tx:
            return recoveries.newest_of(tx, queries.find_own(tx, serial, person.id).serial, self._clock())

    def finish(self, person: Person, serial: str, pin: str) -> Recovery:
        """The holder sets the new PIN; the old one opens nothing any more.

        Raises NotFound, PinWeak, RecoveryState, NotEscrowed, KeyDamaged, HsmError.
        """
        check_pin(pin)
        now = self._clock()
        with self._db.read() as tx:
            held = queries.find_own(tx, serial, person.id)
            known = recoveries.newest_of(tx, held.serial, now)
        require(known.status, Status.APPROVED)
        blob = self._escrowed.restored(held, pin)
        with self._db.write() as tx:
            done = recoveries.move(tx, known, Status.DONE, now)
            blobs.replace(tx, held.key_label, blob, now)
            self._tell(tx, Action.RECOVERY_DONE, known)
        return done

    def _close_expired(self, tx: Connection, serial: str, now: datetime) -> None:
        with suppress(NotFound):
            last = recoveries.newest_of(tx, serial, now)
            if last.status is Status.EXPIRED:
                recoveries.close_expired(tx, last, now)

    def _tell(self, tx: Connection, action: Action, about: Recovery) -> None:
        self._journal.append(tx, Event(action, about.serial, detail={"recovery": about.id}))


def _tell_holder(tx: Connection, serial: str, now: datetime) -> None:
    """An opening may be under way: the holder hears at once that a new PIN can be set."""
    held = queries.find(tx, serial)
    deadline = f"{(now + APPROVAL_LASTS).astimezone(CHINA):%Y年%m月%d日 %H:%M}"
    post(tx, held.person_id, MessageKind.RECOVERY_APPROVED, now, serial=serial, facts={"deadline": deadline})
