"""Telling a platform how a scan of its ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from api.platforms.webhooks.outbox import webhook
from mobile_bridge.server.scans.model import Scan


def telling_ends(clock: Callable[[], datetime]) -> Callable[[Connection, Scan], None]:
    """What the engine calls in the transaction in which a scan reaches its end."""

    def ended(tx: Connection, scan: Scan) -> None:
        kind, status, hint = scan.kind.value, scan.status.value, scan.hint.value
        webhook(tx, scan.platform, scan.id, kind, status, hint, scan.version, clock())

    return ended
