"""What is done later, or again and again, by one of the processes that share the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.applications.consequences import CARRY_OUT, CHECK
from api.applications.service import Applications
from api.certificates.endings import EndedMemberships
from api.certificates.reminding import Reminders
from api.certificates.revoking import REVOKE, Revoking
from api.db import Database
from api.enterprises.handover.service import Handovers
from api.enterprises.membership import REVOKE_JOB
from api.idempotency.calls import Calls
from api.jobs import queue
from api.jobs.handlers import Handlers
from api.payments import orders
from api.payments.settling import Settling
from api.realname.reminding import RealNameReminders
from api.review.service import Review
from mobile_bridge.server.scans import ScanService
from mobile_bridge.server.service import BridgeService

_HOUR: Final = 3600
_SCANS_SECONDS: Final = 10
_ADDRESSES_SECONDS: Final = 60


def job_handlers(
    db: Database,
    clock: Callable[[], datetime],
    calls: Calls,
    applications: Applications,
    memberships: EndedMemberships,
    handovers: Handovers,
    settling: Settling,
    reminders: Reminders,
    revoking: Revoking,
    scans: ScanService,
    bridge: BridgeService,
) -> Handlers:
    """The work of every job and sweep."""
    handlers = Handlers()

    def clear_jobs() -> None:
        with db.write() as tx:
            queue.clear(tx, clock())

    handlers.every("jobs.clear", _HOUR, clear_jobs)
    handlers.every("idempotency.clear", _HOUR, calls.clear)
    handlers.outside(REVOKE_JOB, lambda job: memberships.revoke(job.number("membership")))
    handlers.every("handovers.expire", _HOUR, handovers.expire_overdue)
    handlers.outside(CARRY_OUT, lambda job: applications.carrying_out.carry_out(job.text("application")))
    handlers.every("applications.expire", _HOUR, applications.expiry.sweep)
    handlers.every("applications.remind", _HOUR, applications.expiry_reminders.sweep)
    handlers.every("realname.remind", _HOUR, RealNameReminders(db, clock).sweep)
    handlers.every("certificates.remind", _HOUR, reminders.sweep)
    handlers.outside(REVOKE, revoking.do)
    handlers.every("certificates.orphans", _HOUR, revoking.revoke_orphans)

    def end_scans() -> None:
        scans.expire_overdue()
        scans.free_lapsed()

    handlers.every("scans.expire", _SCANS_SECONDS, end_scans)
    handlers.every("addresses.expire", _ADDRESSES_SECONDS, bridge.expire_overdue)
    handlers.outside(orders.LOOK, settling.look)
    handlers.outside(orders.CLOSE, settling.close)
    handlers.outside(orders.REFUND, settling.refund)
    return handlers


def slow_handlers(review: Review) -> Handlers:
    """Work that takes seconds of a processor: it has threads of its own, and keeps nothing else waiting."""
    handlers = Handlers()
    handlers.outside(CHECK, review.checking.run)
    return handlers
