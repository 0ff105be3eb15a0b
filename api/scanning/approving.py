"""Approving: from the holder's PIN to the answer, by one turn at a time.

What the token does happens with no transaction open; what follows from it is kept in one, together with the
end of the scan. A process that is killed anywhere leaves the scan claimed and nothing of the act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any, Final

from sqlalchemy import Connection

from api.certificates import queries as holdings
from api.certificates.power import require_power
from api.db import Database
from api.errors import NotFound
from api.openings.errors import DepositTooLate, OpeningOver
from api.platforms import registered
from api.platforms.errors import DocumentMissing
from api.platforms.rules import check_standing
from api.realname.access import VerifiedPerson
from api.scanning.acts.outcome import Act, Outcome
from api.scanning.acts.telling import enterprise_told
from api.scanning.bindings import queries as bindings
from api.scanning.choosing import Asked, Choices, Said
from api.scanning.errors import DocumentChanged, NotBound
from api.scanning.holders import Pseudonyms, holder_of
from api.scanning.kinds import heard_as
from api.statements.signing import Statements, sign_approval
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.documents.errors import DocumentRefused
from hsm import SealBridgeError
from mobile_bridge.errors import BridgeError
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import Approval, Scan, ScanService

FOR_GOOD: Final = (DocumentChanged, DocumentMissing, DocumentRefused, DepositTooLate, OpeningOver)
"""What no second try changes: the scan fails."""

AT_ONCE: Final = 8
"""How many acts of a process are at the token at a time. When an opening begins, hundreds come at once: they
wait here for their turn, and none is refused because others kept every session of the token busy."""


class Approvals:
    """Approves and refuses scans. ``acts``: what each kind does."""

    def __init__(
        self,
        db: Database,
        scans: ScanService,
        choices: Choices,
        acts: Mapping[SessionKind, Act],
        statements: Statements,
        pseudonyms: Pseudonyms,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._scans = scans
        self._choices = choices
        self._acts = acts
        self._statements = statements
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._journal = journal
        self._room = BoundedSemaphore(AT_ONCE)

    def approve(self, person: VerifiedPerson, scan_id: str, said: Said) -> Scan:
        """Do what the platform asked for; the scan as it is then.

        Raises SessionNotFound, ApprovalInProgress, why the scan is closed, PlatformSuspended, what
        ``Choices.made`` raises, and what its act does. The waiting page hears of it where its word is a hint.
        """
        try:
            with self._scans.approving(scan_id, holder_of(person)) as approval:
                return self._approved(approval, person, said)
        except FOR_GOOD as refused:
            with suppress(BridgeError):  # ended meanwhile
                self._scans.fail(scan_id, refused.code)
            raise

    def refuse(self, person: VerifiedPerson, scan_id: str, reason: str) -> Scan:
        """Decline. Raises SessionNotFound, or why the scan is closed."""
        holder = holder_of(person)
        self._scans.refuse(scan_id, holder, reason)
        scan = self._scans.of_holder(scan_id, holder)
        detail = {"kind": scan.kind.value, "platform": scan.platform}
        self._journal.record(Event(Action.SCAN_REFUSED, scan.id, detail=detail))
        return scan

    def _approved(self, approval: Approval, person: VerifiedPerson, said: Said) -> Scan:
        try:
            with self._db.read() as tx:
                _check_platform(tx, approval.scan)
            asked = self._choices.made(approval.scan, person, said)
            with self._room:
                outcome = self._acts[asked.scan.kind].perform(asked)
            answer = self._answer(asked, outcome)
            self._choices.check_still(asked)
            with self._db.write() as tx:
                _check_platform(tx, asked.scan)
                _check_power(tx, asked)
                events = outcome.write(tx)
                scan = approval.complete(tx, answer)
                self._journal.append(tx, *events, _told(asked))
        except SealBridgeError as refused:
            approval.hint(heard_as(refused.code))
            raise
        return scan

    def _answer(self, asked: Asked, outcome: Outcome) -> dict[str, Any]:
        about = self._about(asked)
        facts = about | self._who(asked) | dict(outcome.facts)
        answer = {**self._who(asked), **outcome.facts, **outcome.extra}
        if outcome.identity is not None:
            shown = {"title": asked.request.get("title"), **outcome.shown}
            approved = about | {"iat": int(self._clock().timestamp()), "shown": shown}
            answer["approval"] = sign_approval(outcome.identity, approved)
        answer["statement"] = self._statements.sign(facts, asked.rule.statement_lifetime)
        return answer

    @staticmethod
    def _about(asked: Asked) -> dict[str, Any]:
        """What an answer is bound to."""
        scan = asked.scan
        return {
            "aud": scan.origin,
            "jti": scan.id,
            "nonce": scan.request["nonce"],
            "platform": scan.platform,
            "kind": scan.kind.value,
            "request_digest": scan.digest,
        }

    def _who(self, asked: Asked) -> dict[str, Any]:
        binding = asked.binding
        if binding is None:
            return {}
        return {
            "user": binding.platform_user,
            "binding": binding.id,
            "person": self._pseudonyms.told(binding.platform_id, asked.person),
            "enterprise": enterprise_told(binding.enterprise_name, binding.credit_code),
        }


def _check_platform(tx: Connection, scan: Scan) -> None:
    """Whoever holds a request of a platform that was suspended since gives it nothing any more."""
    check_standing(registered.find(tx, scan.platform).standing)


def _check_power(tx: Connection, asked: Asked) -> None:
    """Whoever lost the power, or the binding, while the token worked gives nothing out."""
    if asked.binding is not None:
        try:
            bindings.require(tx, asked.binding.id, hold=True)
        except NotFound:
            raise NotBound("the binding has just ended", scan=asked.scan.id) from None
    require_power(tx, holdings.find(tx, asked.certificate.serial), asked.rule.permission, hold=True)


def _told(asked: Asked) -> Event:
    scan = asked.scan
    detail: dict[str, str | int] = {
        "kind": scan.kind.value,
        "platform": scan.platform,
        "request_digest": scan.digest,
        "person": asked.person.id,
        "serial": asked.certificate.serial,
    }
    if asked.binding is not None:
        detail["binding"] = asked.binding.id
    return Event(Action.SCAN_APPROVED, scan.id, detail=detail)
