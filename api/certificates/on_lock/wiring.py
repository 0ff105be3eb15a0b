"""The parts of 下载到 CA 锁, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.certificates.issuing import Issuing
from api.certificates.on_lock.issuance import LockIssuing
from api.certificates.on_lock.service import LockDownload
from api.certificates.on_lock.tasks import LockEnrolments
from api.db import Database
from ca.audit.journal import Journal
from mobile_bridge.server.enrolling import Enrolments
from mobile_bridge.server.service import BridgeService


@dataclass(frozen=True, slots=True)
class OnLock:
    """``download``: the phone's side. ``enrolments``: the agent's."""

    download: LockDownload
    enrolments: Enrolments


def on_lock(
    db: Database,
    bridge: BridgeService,
    issuing: Issuing,
    clock: Callable[[], datetime],
    journal: Journal,
    site: str,
) -> OnLock:
    """Both sides."""
    locks = LockIssuing(db, issuing, clock)
    tasks = LockEnrolments(db, locks, journal, site)
    return OnLock(LockDownload(db, bridge, locks, clock, journal), Enrolments(db.engine, clock, tasks))
