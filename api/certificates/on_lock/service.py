"""下载到 CA 锁, the phone's side: send to a computer, watch, compare, confirm."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.accounts.sessions import Person
from api.applications.rules import Status
from api.certificates.issuing import Approved, Downloaded
from api.certificates.on_lock import queries
from api.certificates.on_lock.issuance import LockIssuing
from api.certificates.on_lock.queries import LockKeys
from api.certificates.on_lock.rules import EnrolmentChanged, KeysNotProven, Step, step
from api.db import Database
from api.errors import NotFound
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.rules import Status as SessionStatus
from mobile_bridge.server.service import BridgeService, CreatedSession, SessionState

_KIND = SessionKind.LOCK_ENROLMENT


@dataclass(frozen=True, slots=True)
class EnrolmentState:
    """Where it stands. ``offered``: the keys and their lock, None before any. ``serial``: once issued."""

    session: SessionState
    step: Step
    offered: LockKeys | None
    serial: str | None


class LockDownload:
    """Brings the certificates of an approved application onto the applicant's own lock."""

    def __init__(
        self,
        db: Database,
        bridge: BridgeService,
        issuing: LockIssuing,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._bridge = bridge
        self._issuing = issuing
        self._clock = clock
        self._journal = journal

    def send(self, person: Person, application_id: str) -> CreatedSession:
        """A new address and code; an earlier one is void. Also after the download, to fetch it once more.

        Raises NotFound, CustodyNotLock, WrongMove, and what ``check_entitled`` raises.
        """
        approved = self._issuing.of_person(person.id, application_id)
        if approved.known.status is not Status.ISSUED:
            self._issuing.require_due(approved)
        return self._bridge.create(_KIND, application_id, _owner(person))

    def state(self, person: Person, application_id: str) -> EnrolmentState:
        """Where the newest session stands, and the enrolment with it. Raises NotFound."""
        approved = self._issuing.of_person(person.id, application_id)
        session = self._bridge.latest(_KIND, application_id, _owner(person))
        if session is None:
            raise NotFound("the download was not sent to a computer yet")
        return self._state(approved, session)

    def confirm(self, person: Person, application_id: str, digest: str) -> Downloaded:
        """The person compared the numbers: certify these keys. May be repeated.

        ``digest``: of the keys that the phone showed. Raises NotFound, KeysNotProven, EnrolmentChanged,
        WrongMove, and what ``LockIssuing.issue`` raises.
        """
        approved = self._issuing.of_person(person.id, application_id)
        with self._db.read() as tx:
            offered = queries.find(tx, application_id)
        if offered is None or offered.proved_at is None:
            raise KeysNotProven("no proven keys were offered")
        if not hmac.compare_digest(offered.keys.digest, digest.lower()):
            raise EnrolmentChanged("other keys than the phone showed")
        if offered.confirmed_at is None:
            self._confirm(person, approved, offered)
        return self._issuing.issue(approved, offered)

    def cancel(self, person: Person, application_id: str) -> None:
        """Take the newest session back; keys stay where they are. Raises NotFound, or why it is closed."""
        self._issuing.of_person(person.id, application_id)
        session = self._bridge.latest(_KIND, application_id, _owner(person))
        if session is None:
            raise NotFound("the download was not sent to a computer yet")
        self._bridge.cancel(session.id, _owner(person))

    def _confirm(self, person: Person, approved: Approved, offered: LockKeys) -> None:
        """Only what the session of this moment brought: its address and code were this person's to give."""
        self._issuing.require_due(approved)
        session = self._bridge.latest(_KIND, approved.known.id, _owner(person))
        is_its = session is not None and session.id == offered.session_id
        if session is None or not is_its or session.status is not SessionStatus.CLAIMED:
            raise KeysNotProven("the keys are of a session that is over")
        with self._db.write() as tx:
            if not queries.confirm(tx, offered, self._clock()):
                raise EnrolmentChanged("other keys were offered at this moment")
            detail = {"keys": offered.keys.digest, "lock": offered.lock_serial}
            self._journal.append(tx, Event(Action.LOCK_KEYS_CONFIRMED, offered.application_id, detail=detail))

    def _state(self, approved: Approved, session: SessionState) -> EnrolmentState:
        with self._db.read() as tx:
            found = queries.find(tx, approved.known.id)
        issued = approved.known.status is Status.ISSUED
        # Keys of an earlier session are not to be confirmed any more: the agent offers them again.
        stale = found is not None and found.confirmed_at is None and found.session_id != session.id
        offered = None if stale else found
        stands = step(
            proved=offered.proved_at if offered else None,
            confirmed=offered.confirmed_at if offered else None,
            issued=issued,
            written=offered.written_at if offered else None,
        )
        serial = approved.given[0].serial if issued and approved.given else None
        return EnrolmentState(session, stands, offered, serial)


def _owner(person: Person) -> str:
    return f"person/{person.id}"
