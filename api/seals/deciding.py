"""印章审核与管理: what operators do with seals. Nobody judges a seal that they applied for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from api.accounts.errors import OperatorIdentityNeeded
from api.accounts.operators import identity_of
from api.accounts.sessions import Operator
from api.certificates import queries as holdings
from api.certificates.queries import Holding
from api.db import Database
from api.errors import NotFound
from api.jobs.queue import enqueue
from api.paging import PageRequest, Part
from api.seals import queries
from api.seals.errors import OwnSeal
from api.seals.queries import By, Pictures, RegisteredSeal
from api.seals.rules import Action, Actor, Status
from api.seals.tables import seal_application
from api.seals.telling import tell
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event, Outcome
from ca.audit.journal import Journal

MAKE: Final = "seals.make"
"""The job that makes an approved seal; payload: seal."""

_IN_JOURNAL: Final = {
    Action.APPROVE: JournalAction.SEAL_APPROVED,
    Action.REJECT: JournalAction.SEAL_REJECTED,
    Action.FILE: JournalAction.SEAL_FILED,
    Action.SUSPEND: JournalAction.SEAL_SUSPENDED,
    Action.RELEASE: JournalAction.SEAL_RELEASED,
    Action.DESTROY: JournalAction.SEAL_DESTROYED,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A seal with the certificate that it is bound to."""

    seal: RegisteredSeal
    held: Holding


@dataclass(frozen=True, slots=True)
class Case:
    """A seal with all that was done with it. ``application``: None for what was made by itself."""

    seal: RegisteredSeal
    held: Holding
    application: RowMapping | None
    history: list[RowMapping]


class Deciding:
    """``identities_required``: whether operators whose identity is not registered judge at all."""

    def __init__(
        self,
        db: Database,
        clock: Callable[[], datetime],
        journal: Journal,
        *,
        identities_required: bool = False,
    ) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal
        self._required = identities_required

    def listed(self, status: Status | None, credit_code: str | None, page: PageRequest) -> Part[Listed]:
        """Seals in a status, or of an enterprise; newest first."""
        with self._db.read() as tx:
            part = queries.page_of(tx, status, credit_code, page)
            return part.map(lambda one: Listed(one, holdings.find(tx, one.serial)))

    def case(self, seal_id: str) -> Case:
        """Raises NotFound."""
        asked = select(seal_application.c.reason, seal_application.c.letter_sha256)
        with self._db.read() as tx:
            known = queries.find(tx, seal_id)
            application = tx.execute(asked.where(seal_application.c.seal_id == seal_id)).mappings().first()
            history = queries.history(tx, seal_id)
            return Case(known, holdings.find(tx, known.serial), application, history)

    def pictures(self, seal_id: str) -> Pictures:
        """Raises NotFound."""
        with self._db.read() as tx:
            return queries.pictures(tx, seal_id)

    def letter(self, seal_id: str) -> bytes:
        """The signed application. Raises NotFound, also for what was made by itself."""
        return self._file(seal_id, seal_application.c.letter)

    def upload(self, seal_id: str) -> bytes:
        """What was uploaded, as it was. Raises NotFound."""
        return self._file(seal_id, seal_application.c.upload)

    def approve(self, operator: Operator, seal_id: str) -> RegisteredSeal:
        """审核通过: it is made by a job. Raises NotFound, OwnSeal, OperatorIdentityNeeded, SealState."""
        return self._move(operator, seal_id, Action.APPROVE)

    def reject(self, operator: Operator, seal_id: str, reason: str) -> RegisteredSeal:
        """审核不通过. Raises as ``approve``."""
        return self._move(operator, seal_id, Action.REJECT, reason)

    def file(self, operator: Operator, seal_id: str, number: str, on: date) -> RegisteredSeal:
        """备案: under which number the authority keeps it, and since when. Raises as ``approve``."""
        return self._move(operator, seal_id, Action.FILE, filed_number=number, filed_on=on)

    def suspend(self, operator: Operator, seal_id: str, reason: str) -> RegisteredSeal:
        """停用. Raises as ``approve``."""
        return self._move(operator, seal_id, Action.SUSPEND, reason)

    def release(self, operator: Operator, seal_id: str) -> RegisteredSeal:
        """恢复使用. Raises as ``approve``."""
        return self._move(operator, seal_id, Action.RELEASE)

    def destroy(self, operator: Operator, seal_id: str, reason: str) -> RegisteredSeal:
        """销毁, for good. Raises as ``approve``."""
        return self._move(operator, seal_id, Action.DESTROY, reason)

    def _move(
        self, operator: Operator, seal_id: str, action: Action, note: str | None = None, **changes: Any
    ) -> RegisteredSeal:
        now, by = self._clock(), By(Actor.OPERATOR, operator.name)
        try:
            with self._db.write() as tx:
                known = queries.find(tx, seal_id)
                self._check_other(tx, operator, known)
                after = queries.advance(tx, known, action, by, now, note, **changes)
                if action is Action.APPROVE:
                    enqueue(tx, MAKE, {"seal": known.id}, run_at=now, key=f"{MAKE}:{known.id}")
                else:
                    tell(tx, after, action, now, note or "")
                self._journal.append(tx, Event(_IN_JOURNAL[action], known.id, detail=_detail(known, note)))
        except (OwnSeal, OperatorIdentityNeeded) as refused:
            self._journal.record(Event(_IN_JOURNAL[action], seal_id, Outcome.REFUSED, refused.code))
            raise
        return after

    def _check_other(self, tx: Connection, operator: Operator, known: RegisteredSeal) -> None:
        mine = identity_of(tx, operator.id)
        if mine is None:
            if self._required:
                raise OperatorIdentityNeeded("the operator's identity number is not registered")
            return
        if mine == holdings.find(tx, known.serial).id_number_hash:
            raise OwnSeal("the operator holds the certificate")

    def _file(self, seal_id: str, column: Any) -> bytes:
        with self._db.read() as tx:
            found = tx.execute(select(column).where(seal_application.c.seal_id == seal_id)).scalar()
        if found is None:
            raise NotFound("no such file")
        return bytes(found)


def _detail(known: RegisteredSeal, note: str | None) -> dict[str, str | int]:
    told: dict[str, str | int] = {"serial": known.serial, "kind": known.kind.value}
    return told if note is None else told | {"reason": note}
