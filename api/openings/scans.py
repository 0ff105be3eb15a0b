"""What happens to the scans of an opening, into its log: each in the very transaction in which it happens."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert

from api.db import Database
from api.openings import log, queries
from api.openings.deposits import keys_of
from api.openings.rules import check_deposit, check_open
from api.openings.tables import opening_scan
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.scans.model import Scan, Standing
from mobile_bridge.server.scans.store import Stepped

KINDS: Final = frozenset({SessionKind.DEPOSIT, SessionKind.DECRYPT})

_WHAT: Final = {
    "create": "scan-made",
    "claim": "claimed",
    "second-claim": "claimed-again",
    "approve": "approval-begun",
    "approve-ended": "approval-ended",
    "approve-lapsed": "approval-lapsed",
    "complete": "completed",
    "refuse": "refused",
    "expire": "expired",
    "cancel": "cancelled",
    "fail": "failed",
}
"""Steps of the engine, as the log names them. A confirmation is a part of the completion."""

_SHOWN: Final = "code-shown"
_logger: Final = logging.getLogger(__name__)

PersonTold = Callable[[str, int], str]
"""The number by which a platform (its id) knows a person (their id)."""


class ScanLog:
    """Listens to the engine of scans."""

    def __init__(self, db: Database, clock: Callable[[], datetime], person_told: PersonTold) -> None:
        self._db = db
        self._clock = clock
        self._person_told = person_told

    def step(self, tx: Connection, stepped: Stepped) -> None:
        """A step was written in ``tx``."""
        what = _WHAT.get(stepped.step.action)
        if stepped.kind not in KINDS or what is None:
            return
        opening_id = queries.of_scan(tx, stepped.session_id)
        scan = stepped.read()
        if opening_id is None and stepped.step.action == "create":
            opening_id = _begun(tx, scan)
        if opening_id is None:
            return
        person_id = None if scan.holder is None else int(scan.holder.rpartition("/")[2])
        facts, now = _facts(stepped, scan), self._clock()
        if person_id is not None:
            facts = {"person": self._person_told(scan.platform, person_id)} | facts
        log.append(tx, opening_id, now, what, facts, scan_id=scan.id, person_id=person_id)
        if stepped.step.after is Status.COMPLETE:
            _check_in_time(tx, opening_id, scan.kind, now)

    def shown(self, standing: Standing) -> None:
        """A page got the first codes of a scan to show. Nothing that goes wrong here keeps it from that."""
        if standing.kind not in KINDS:
            return
        try:
            with self._db.write() as tx:
                opening_id = queries.of_scan(tx, standing.id)
                if opening_id is not None and not log.has(tx, standing.id, _SHOWN):
                    log.append(tx, opening_id, self._clock(), _SHOWN, {}, scan_id=standing.id)
        except Exception:
            _logger.exception("a shown code is not in the log of its opening")


def _check_in_time(tx: Connection, opening_id: str, kind: SessionKind, now: datetime) -> None:
    """The last word, at the moment that the log tells: the opening's row is locked, so nobody changes its
    window meanwhile. Raises OpeningNotBegun, OpeningOver, DepositTooLate: nothing of the answer is kept."""
    window = queries.of_id(tx, opening_id).window
    if kind is SessionKind.DEPOSIT:
        check_deposit(window, now)
    else:
        check_open(window, now)


def _begun(tx: Connection, scan: Scan) -> str | None:
    known = queries.find(tx, scan.platform, scan.request["tender"]["number"])
    if known is None:
        return None
    tx.execute(insert(opening_scan).values(scan_id=scan.id, opening_id=known.id))
    return known.id


def _facts(stepped: Stepped, scan: Scan) -> dict[str, Any]:
    step = stepped.step
    facts: dict[str, Any] = {} if step.code is None else {"code": step.code}
    if step.action == "create":
        facts |= {"kind": scan.kind.value, "request": scan.digest}
    if step.after is Status.COMPLETE and scan.answer is not None:
        facts |= _completed(scan, scan.answer)
    return facts


def _completed(scan: Scan, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The PIN was right, or there is no answer. No key, sealed or not, is told."""
    keys = keys_of(scan.request["envelopes"])
    results = answer["deposit"]["envelopes"] if scan.kind is SessionKind.DEPOSIT else answer["envelopes"]
    told = [
        {name: value for name, value in one.items() if name != "sealed_key"}
        | ({"key": keys[one["id"]]} if one["id"] in keys else {})
        for one in results
    ]
    facts: dict[str, Any] = {"pin": "right", "kind": scan.kind.value, "envelopes": told}
    for name in ("enterprise", "user"):
        if answer.get(name) is not None:
            facts[name] = answer[name]
    with suppress(KeyError):
        facts["person_name"] = answer["person"]["name"]
    if "approval" in answer:
        facts["approval_sha256"] = hashlib.sha256(answer["approval"].encode()).hexdigest()
    if "receipt" in answer:
        facts["receipt_sha256"] = hashlib.sha256(answer["receipt"].encode()).hexdigest()
    return facts
