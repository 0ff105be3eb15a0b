"""``python -m bench.scan_server DATA PORT``: the whole server, and a phone inside it that stdin commands.

``make N`` makes N scans and prints ``[[id, wait token], …]``; ``complete SECONDS`` claims and completes them
one after the other, so many seconds apart, and prints ``{id: when}``: the monotonic clock, which all
processes share, at the moment after the commit.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api import logs
from api.app import create_app
from api.cli.options import settings_of
from api.db import Database
from api.http import BoundedHttp
from api.serving import serve
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import CreatedScan, ScanService
from mobile_bridge.server.scans.telling import now_shown

LIFETIME = timedelta(seconds=600)
REQUEST = {"kind": "sign", "reason": "基准", "documents": [{"title": "招标文件.pdf", "sha256": "ab" * 32}]}
ANSWER = {"statement": "e" * 2000, "documents": [{"sealed_sha256": "cd" * 32}]}


def make(scans: ScanService) -> CreatedScan:
    origin, digest = "https://jy.example", "d1" * 32
    return scans.create("bench", SessionKind.SIGN, REQUEST, origin=origin, digest=digest, lifetime=LIFETIME)


def claim(scans: ScanService, scan_id: str, holder: str) -> None:
    standing = scans.store.standing(scan_id)
    assert standing is not None
    scans.claim(now_shown(standing, scans.frames, datetime.now(UTC)), holder)


def complete(scans: ScanService, db: Database, scan_id: str, holder: str) -> float:
    """When the completion was committed."""
    with scans.approving(scan_id, holder) as approval:
        with db.write() as tx:
            approval.complete(tx, ANSWER)
        return time.monotonic()


def _obey(scans: ScanService, db: Database) -> None:
    made: list[CreatedScan] = []
    for line in sys.stdin:
        order, _, number = line.strip().partition(" ")
        if order == "make":
            made += [make(scans) for _ in range(int(number))]
            print(json.dumps([(one.id, one.wait_token) for one in made]), flush=True)
        else:
            print(json.dumps(_complete_all(scans, db, made, float(number))), flush=True)


def _complete_all(
    scans: ScanService, db: Database, made: list[CreatedScan], pause: float
) -> dict[str, float]:
    committed = {}
    for one in made:
        claim(scans, one.id, "person/1")
        committed[one.id] = complete(scans, db, one.id, "person/1")
        time.sleep(pause)
    return committed


def main(data: Path, port: int) -> None:
    logs.configure()
    app = create_app(settings_of(data, public_url=f"http://127.0.0.1:{port}"))
    services = app.state.services
    threading.Thread(target=_obey, args=(services.scans, services.db), daemon=True).start()
    serve(
        app,
        services.waiting.close,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        http=BoundedHttp,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
