"""What the service does with seals by itself: makes the approved ones, and ends those whose time is over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, literal, or_, select

from api.catalogue.rules import CertificateKind
from api.certificates import queries as holdings
from api.certificates.tables import holding
from api.db import Database
from api.enterprises.tables import enterprise
from api.errors import NotFound
from api.jobs.queue import Job
from api.seals import queries
from api.seals.errors import SealState
from api.seals.faces import kept
from api.seals.making import MadeSeal, SealMaker
from api.seals.queries import SYSTEM, RegisteredSeal
from api.seals.rules import IN_HAND, WAITING, Action, Status
from api.seals.tables import seal
from api.seals.telling import tell
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.ledger import Ledger
from ca.seals.errors import SealOrderRefused
from ca.seals.picture import OF_LEGAL_PERSON
from ca.seals.rules import SealKind
from ca.status import HOLD, Standing, standing
from ca.tables import certificate

_AT_ONCE: Final = 200
_ENDED: Final = "印章所绑定的证书已失效"
_OTHER_PERSON: Final = "法定代表人已变更"
_OPEN: Final = IN_HAND | WAITING


class Finishing:
    """Interrupted anywhere, it is done again: a seal is made once it is written down."""

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        maker: SealMaker,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._maker = maker
        self._clock = clock
        self._journal = journal

    def make(self, job: Job) -> None:
        """制章: the approved seal, for the certificate that goes on where another was downloaded meanwhile.

        Raises HsmError: the job is tried again.
        """
        with self._db.read() as tx:
            known = queries.find(tx, job.text("seal"))
            if known.status is not Status.APPROVED:
                return
            serial = _latest(tx, known.serial)
            face = kept(known, queries.pictures(tx, known.id))
        try:
            made = self._maker.make(known.id, known.kind, known.name, serial, face.picture)
        except SealOrderRefused:
            self._end(known, Action.FAIL, _ENDED)
            return
        with suppress(SealState):  # another worker was faster
            self._keep(known, serial, made)

    def end_overdue(self) -> int:
        """Seals whose certificates ended or were revoked, or whose legal representative is another by now;
        returns how many. A sweep does it."""
        now = self._clock()
        ended = sum(self._end_one(one, now) for one in self._overdue(now))
        return ended + sum(self._end(one, Action.DESTROY, _OTHER_PERSON) for one in self._of_former())

    def _keep(self, known: RegisteredSeal, serial: str, made: MadeSeal) -> None:
        """The one that it takes the place of ends in the same transaction."""
        with self._db.write() as tx:
            for former in queries.of_certificate(tx, serial):
                if former.status in IN_HAND and (former.kind, former.name) == (known.kind, known.name):
                    queries.advance(tx, former, Action.REPLACE, SYSTEM, made.made_at, replaced_by=known.id)
                    self._journal.append(tx, Event(JournalAction.SEAL_REPLACED, former.id))
            after = queries.advance(
                tx, known, Action.MAKE, SYSTEM, made.made_at, serial=serial, **made.columns
            )
            tell(tx, after, Action.MAKE, made.made_at)
            detail = {"serial": serial, "kind": known.kind.value}
            self._journal.append(tx, Event(JournalAction.SEAL_MADE, known.id, detail=detail))

    def _overdue(self, now: datetime) -> list[RegisteredSeal]:
        # A suspended certificate may come back.
        revoked = certificate.c.revoked_at.is_not(None) & (certificate.c.reason != HOLD)
        over = or_(certificate.c.not_after < now, revoked)
        asked = select(seal.c.id).join(certificate, certificate.c.serial == seal.c.serial)
        asked = asked.where(seal.c.status.in_(sorted(_OPEN)), over).order_by(seal.c.id).limit(_AT_ONCE)
        with self._db.read() as tx:
            return [queries.find(tx, one) for one in tx.execute(asked).scalars()]

    def _of_former(self) -> list[RegisteredSeal]:
        """An enterprise's seals in the name of who represented it before."""
        present = enterprise.c.legal_person + literal(OF_LEGAL_PERSON)
        asked = select(seal.c.id).join(holding, holding.c.serial == seal.c.serial)
        asked = asked.join(enterprise, enterprise.c.credit_code == seal.c.credit_code).where(
            seal.c.kind == SealKind.LEGAL_PERSON,
            holding.c.kind == CertificateKind.ENTERPRISE,
            seal.c.status.in_(sorted(IN_HAND)),
            seal.c.name != present,
        )
        with self._db.read() as tx:
            found = tx.execute(asked.order_by(seal.c.id).limit(_AT_ONCE)).scalars()
            return [queries.find(tx, one) for one in found]

    def _end_one(self, known: RegisteredSeal, now: datetime) -> bool:
        entry = self._ledger.find(int(known.serial, 16))
        revoked = standing(entry.revocation) is Standing.REVOKED
        if not revoked and entry.not_after >= now:
            return False  # suspended: it may come back
        if known.status in WAITING:
            with self._db.read() as tx:
                if _latest(tx, known.serial) != known.serial:
                    return False  # it will be made for the certificate that follows
            return self._end(known, Action.FAIL, _ENDED)
        if known.replaced_by is not None:
            return self._end(known, Action.REPLACE, None)
        return self._end(known, Action.DESTROY if revoked else Action.EXPIRE, _ENDED if revoked else None)

    def _end(self, known: RegisteredSeal, action: Action, note: str | None) -> bool:
        now = self._clock()
        try:
            with self._db.write() as tx:
                queries.advance(tx, known, action, SYSTEM, now, note)
                if action is Action.FAIL:
                    tell(tx, known, action, now, note or "")
                self._journal.append(
                    tx, Event(_IN_JOURNAL[action], known.id, detail={"serial": known.serial})
                )
        except SealState:  # somebody was faster
            return False
        return True


_IN_JOURNAL: Final = {
    Action.FAIL: JournalAction.SEAL_REJECTED,
    Action.REPLACE: JournalAction.SEAL_REPLACED,
    Action.DESTROY: JournalAction.SEAL_DESTROYED,
    Action.EXPIRE: JournalAction.SEAL_EXPIRED,
}


def _latest(tx: Connection, serial: str) -> str:
    """The certificate that goes on: the last one that was downloaded in its place."""
    with suppress(NotFound):
        while (held := holdings.find(tx, serial)).replaced_by is not None:
            serial = held.replaced_by
    return serial
