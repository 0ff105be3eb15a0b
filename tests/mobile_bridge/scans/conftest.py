"""A scan that waits, on a database of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import CreatedScan, Scan, ScanService
from tests.mobile_bridge.conftest import Clock

KEY = bytes(range(32))
URL = "https://ca.example"
ORIGIN = "https://jy.example"
PLATFORM = "platform-1"
HOLDER, OTHER = "person/7", "person/8"
REQUEST: dict[str, Any] = {"kind": "sign", "reason": "中标通知书", "documents": [{"title": "通知书.pdf"}]}
DIGEST = "d1" * 32


@dataclass
class Ended:
    """What was told when scans ended, inside the transaction."""

    scans: list[Scan]
    fault: Exception | None = None

    def __call__(self, tx: Connection, scan: Scan) -> None:
        assert tx.in_transaction()
        self.scans.append(scan)
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def ended() -> Ended:
    return Ended([])


@pytest.fixture
def scans(engine: Engine, clock: Clock, ended: Ended) -> ScanService:
    return ScanService(engine, clock, KEY, URL, ended)


@pytest.fixture
def changed(scans: ScanService) -> list[str]:
    told: list[str] = []
    scans.listen(told.append)
    return told


def make(scans: ScanService, kind: SessionKind = SessionKind.SIGN, **other: Any) -> CreatedScan:
    made: dict[str, Any] = {"platform": PLATFORM, "request": REQUEST, "origin": ORIGIN, "digest": DIGEST}
    made |= {"lifetime": timedelta(seconds=180)}
    return scans.create(kind=kind, **made | other)


@pytest.fixture
def waiting(scans: ScanService) -> CreatedScan:
    return make(scans)


def qr(scans: ScanService, made: CreatedScan, second: int = 0) -> str:
    """What the QR code shows in a second after the creation."""
    standing = scans.store.standing(made.id)
    assert standing is not None
    return scans.frames.text(standing, second)


@pytest.fixture
def claimed(scans: ScanService, waiting: CreatedScan) -> Scan:
    return scans.claim(qr(scans, waiting), HOLDER)


def actions(scans: ScanService, session_id: str) -> list[str]:
    events = scans.events(session_id)
    assert [one.number for one in events] == list(range(1, len(events) + 1))
    return [one.action for one in events]
