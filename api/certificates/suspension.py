"""挂失 and 解除挂失: at once, without review, by the holder or by the enterprise's administrator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from api.accounts.sessions import Person
from api.catalogue.rules import CertificateKind
from api.certificates import queries
from api.certificates.custody import SubscriberKeys
from api.certificates.queries import Holding
from api.certificates.rules import CertificateState, Custody, NotSuspendedByYou, SuspendedBy, state
from api.certificates.tables import holding
from api.db import Database
from api.enterprises.access import require_administrator
from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.posting import post
from ca.errors import StatusConflict
from ca.ledger import InTransaction, Ledger
from ca.revocation import Revoker

_Act = Callable[[int, InTransaction | None], object]
_REASONS: Final = {SuspendedBy.HOLDER: "持有人挂失", SuspendedBy.ADMINISTRATOR: "企业管理员冻结"}


class Suspensions:
    """Both halves of a dual certificate together. Cut short, an act is finished by asking again."""

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        revoker: Revoker,
        keys: SubscriberKeys,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._revoker = revoker
        self._keys = keys
        self._clock = clock

    def suspend(self, person: Person, serial: str) -> None:
        """挂失 by the holder. Raises NotFound, StatusConflict (suspended by another, or revoked)."""
        with self._db.read() as tx:
            held = queries.find_own(tx, serial, person.id)
        self._suspend(held, SuspendedBy.HOLDER)

    def release(self, person: Person, serial: str, pin: str) -> None:
        """By the holder's PIN, if the holder suspended it.

        Raises NotFound, NotSuspendedByYou, PinIncorrect with the tries left, PinLocked, HsmError.
        """
        with self._db.read() as tx:
            held = queries.find_own(tx, serial, person.id)
        self._check_suspended_by(held, SuspendedBy.HOLDER)
        self._keys.open(Custody(held.custody), held.key_label, pin)
        self._release(held, SuspendedBy.HOLDER)

    def suspend_clerks(self, administrator: Person, credit_code: str, serial: str) -> None:
        """A clerk's, by the administrator. Raises NotFound, AdministratorNeeded, StatusConflict."""
        self._suspend(self._clerks(administrator, credit_code, serial), SuspendedBy.ADMINISTRATOR)

    def release_clerks(self, administrator: Person, credit_code: str, serial: str) -> None:
        """What an administrator suspended. Raises NotFound, AdministratorNeeded, NotSuspendedByYou."""
        held = self._clerks(administrator, credit_code, serial)
        self._check_suspended_by(held, SuspendedBy.ADMINISTRATOR)
        self._release(held, SuspendedBy.ADMINISTRATOR)

    def _clerks(self, administrator: Person, credit_code: str, serial: str) -> Holding:
        with self._db.read() as tx:
            require_administrator(tx, administrator.id, credit_code)
            held = queries.find(tx, serial)
        if held.credit_code != credit_code or held.kind is not CertificateKind.CLERK:
            raise NotFound("no such certificate")
        return held

    def _suspend(self, held: Holding, by: SuspendedBy) -> None:
        """Who it was is written down first: a suspension that nobody is named for is an operator's."""
        if self._stands(held) and held.suspended_by is not by:
            raise StatusConflict("it is suspended by somebody else")
        with self._db.write() as tx:
            _name(tx, held, None, by)
        tell = self._teller(held, MessageKind.CERTIFICATE_SUSPENDED, _REASONS[by])
        if not self._each(held, self._revoker.suspend, tell):
            with self._db.read() as tx:
                if queries.find(tx, held.serial).suspended_by is by and self._stands(held):
                    return
            raise StatusConflict("it is suspended by somebody else, or revoked")

    def _release(self, held: Holding, by: SuspendedBy) -> None:
        with self._db.read() as tx:  # opening the key took its time: an operator may have taken over
            self._check_suspended_by(queries.find(tx, held.serial), by)
        self._each(held, self._revoker.release, self._teller(held, MessageKind.CERTIFICATE_RELEASED, ""))
        with self._db.write() as tx:
            _name(tx, held, by, None)

    def _each(self, held: Holding, act: _Act, tell: InTransaction) -> bool:
        """Do it to both halves; whether to any. The holder is told with the first that it is done to."""
        done = False
        for serial in self._halves(held):
            with suppress(StatusConflict):  # done before a crash, or the other half is revoked
                act(int(serial, 16), None if done else tell)
                done = True
        return done

    def _halves(self, held: Holding) -> list[str]:
        with self._db.read() as tx:
            return [one.serial for one in queries.of_application(tx, held.application_id)]

    def _stands(self, held: Holding) -> bool:
        entry = self._ledger.find(int(held.serial, 16))
        return state(entry.not_after, entry.revocation, self._clock()) is CertificateState.SUSPENDED

    def _check_suspended_by(self, held: Holding, by: SuspendedBy) -> None:
        if held.suspended_by is not by or not self._stands(held):
            raise NotSuspendedByYou("it is not suspended, or by somebody else")

    def _teller(self, held: Holding, kind: MessageKind, reason: str) -> InTransaction:
        facts = {"enterprise": held.enterprise_name or "", "reason": reason}

        def tell(tx: Connection) -> None:
            post(tx, held.person_id, kind, self._clock(), serial=held.serial, facts=facts)

        return tell


def take_over(tx: Connection, serial: str) -> bool:
    """An operator suspended it: no PIN releases it any more. Whether holder or administrator could before."""
    known = select(holding.c.suspended_by).where(_mine(serial))
    before = tx.execute(known).scalar_one_or_none()
    tx.execute(update(holding).where(_mine(serial)).values(suspended_by=SuspendedBy.OPERATOR))
    return before in (SuspendedBy.HOLDER, SuspendedBy.ADMINISTRATOR)


def forget(tx: Connection, serial: str) -> None:
    """An operator released it."""
    tx.execute(update(holding).where(_mine(serial)).values(suspended_by=None))


def _mine(serial: str) -> ColumnElement[bool]:
    return (holding.c.serial == serial) | (holding.c.encryption_serial == serial)


def _name(tx: Connection, held: Holding, before: SuspendedBy | None, after: SuspendedBy | None) -> None:
    """Unless somebody else is named by now."""
    mine = (
        holding.c.application_id == held.application_id,
        holding.c.suspended_by.is_not_distinct_from(before),
    )
    tx.execute(update(holding).where(*mine).values(suspended_by=after))
