"""紧急恢复: whose PIN must be there before the next opening of their bids ends, the nearest first.

Both ways back are in one list: recoveries of an encryption key, and resets of a PIN that keep that key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.applications.kinds import ApplicationKind
from api.applications.rules import Status as ApplicationStatus
from api.applications.tables import application
from api.certificates.tables import holding
from api.openings.deposits import Waiting, waiting
from api.recovery.tables import recovery

_RESETS: Final = (ApplicationStatus.SUBMITTED, ApplicationStatus.ENDORSED, ApplicationStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class Urgent:
    """A recovery, or a PIN reset, for which bids wait. ``serial``: of the encryption certificate.

    One of ``recovery``, ``application`` is its id. ``status``: as that slice names it.
    """

    serial: str
    recovery: str | None
    application: str | None
    status: str
    holder: str
    enterprise: str | None
    waiting: Waiting


def urgent(tx: Connection, now: datetime) -> list[Urgent]:
    """All of them: there are as many as people who lost a PIN and have bids waiting."""
    named = holding.c.person_name, holding.c.enterprise_name, holding.c.encryption_serial
    asked = (
        select(recovery.c.id, recovery.c.status, *named)
        .join(holding, holding.c.encryption_serial == recovery.c.serial)
        .where(recovery.c.under_way.is_not(None))
    )
    resets = (
        select(application.c.id, application.c.status, *named)
        .join(holding, holding.c.serial == application.c.serial)
        .where(
            application.c.kind == ApplicationKind.PIN_RESET,
            application.c.status.in_(_RESETS),
            holding.c.encryption_serial.is_not(None),
        )
    )
    found = [(True, row) for row in tx.execute(asked)] + [(False, row) for row in tx.execute(resets)]
    bids = waiting(tx, {str(row.encryption_serial) for _, row in found}, now)
    listed = [
        Urgent(
            serial=row.encryption_serial,
            recovery=row.id if is_recovery else None,
            application=None if is_recovery else row.id,
            status=row.status,
            holder=row.person_name,
            enterprise=row.enterprise_name,
            waiting=bids[row.encryption_serial],
        )
        for is_recovery, row in found
        if row.encryption_serial in bids
    ]
    return _nearest_first(listed)


def _nearest_first(listed: Iterable[Urgent]) -> list[Urgent]:
    return sorted(listed, key=lambda one: (one.waiting.closes_at, one.serial))
