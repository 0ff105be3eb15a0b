"""A process that takes the turn to approve, and is killed: ``URL SCAN signing|writing TIME``."""

from __future__ import annotations

import sys
import time
from datetime import datetime

from api.db import Database, make_engine
from mobile_bridge.server.scans import ScanService
from tests.mobile_bridge.scans.conftest import HOLDER, KEY, URL


def main(database_url: str, scan_id: str, moment: str, now: str) -> None:
    db = Database(make_engine(database_url))
    scans = ScanService(db.engine, lambda: datetime.fromisoformat(now), KEY, URL)
    with scans.approving(scan_id, HOLDER) as approval:
        if moment == "writing":
            with db.write() as tx:
                approval.complete(tx, {"statement": "never committed"})
                _wait(moment)
        _wait(moment)


def _wait(moment: str) -> None:
    print(moment, flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
