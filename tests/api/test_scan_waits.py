"""Waiting for a scan at the whole server: through every layer, changed by another process, at its stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.db import make_engine
from api.settings import Settings
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import CreatedScan, ScanService
from tests.api.running import Server
from tests.journeys.app import until
from tests.mobile_bridge.scans.page import Page

ORIGIN = "https://jy.example"


@pytest.fixture
def scans(server: Server) -> Iterator[ScanService]:
    """Another process of the same installation: this one."""
    settings = Settings(data_dir=server.data, public_url=server.url)
    engine = make_engine(settings.database)
    yield ScanService(engine, lambda: datetime.now(UTC), settings.server_secret(), settings.public_url)
    engine.dispose()


def _make(scans: ScanService) -> CreatedScan:
    return scans.create(
        "platform-1",
        SessionKind.LOGIN,
        {"kind": "login"},
        origin=ORIGIN,
        digest="d1" * 32,
        lifetime=timedelta(seconds=60),
    )


@pytest.fixture
def page(server: Server, scans: ScanService) -> Iterator[Page]:
    page = Page(server.url, _make(scans))
    yield page
    page.http.close()


def test_events_pass_every_layer_at_once(page: Page, scans: ScanService, server: Server) -> None:
    with page.events() as states:
        first = next(states)
        token = (server.data / "secrets" / "metrics.token").read_text().strip()
        told = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {token}"}).text
        assert "sealbridge_pages_waiting 1.0" in told
        frame = first["frames"][0]["url"]
        scans.claim(frame, "person/7")
        began = time.monotonic()
        assert next(states)["hint"] == "claimed"
        assert time.monotonic() - began < 2


def test_answers_carry_what_every_answer_has(page: Page, server: Server) -> None:
    answer = page.wait()
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    preflight = httpx.options(server.url + page.path, headers={"Origin": ORIGIN})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert preflight.headers["x-request-id"]


def test_codes_and_tokens_are_not_logged(page: Page, server: Server, scans: ScanService) -> None:
    frame = page.wait().json()["frames"][0]["url"]
    assert httpx.get(frame).status_code == 200
    log = until(lambda: found if "/q/{frame}" in (found := server.log.read_text()) else None, "a log line")
    assert frame.rpartition(".")[2] not in log
    assert page.http.headers["authorization"].partition(" ")[2] not in log


def test_a_server_stops_soon_though_pages_wait(page: Page, server: Server) -> None:
    """It goes on afterwards, and so do the pages."""
    with page.events() as states:
        next(states)
        began = time.monotonic()
        assert server.stop(signal.SIGTERM) is not None
        assert time.monotonic() - began < 8
        assert list(states) == []
    server.start()
    assert page.wait().json()["status"] == "created"
