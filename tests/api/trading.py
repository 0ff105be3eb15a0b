"""The sample trading centre in a process of its own, a browser on its pages, and phones before the screen."""

from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mobile_bridge.sdk import PlatformClient, PlatformKey
from tests.api.people import PIN
from tests.api.running import Server, clean_environment
from tests.api.scanning import Holder
from tests.support.browser import codes_seen

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "yi-meng-shan-8"


@dataclass
class TradingCentre:
    """A running centre, registered at ``server``."""

    server: Server
    url: str
    key: PlatformKey
    id: str
    folder: Path

    def notices(self, scan: str) -> list[tuple[str, int]]:
        """Status and version of the webhooks about a scan that the centre took."""
        with closing(sqlite3.connect(self.folder / "centre" / "centre.db", timeout=20)) as database:
            query = "SELECT status, version FROM notice WHERE scan = ?"
            return database.execute(query, (scan,)).fetchall()

    def client(self) -> PlatformClient:
        """A program of the platform's own, such as a bidding tool."""
        return PlatformClient(self.server.url, self.key, origin=self.url)


@contextmanager
def trading_centre(server: Server, folder: Path) -> Iterator[TradingCentre]:
    """Register a platform by the command line and serve its centre."""
    url, key = server.extra["SEALBRIDGE_WEBHOOK_ORIGINS"], PlatformKey.new()  # where webhooks may go
    port = url.rpartition(":")[2]
    (folder / "platform.key").write_bytes(key.pem())
    (folder / "platform.pub").write_bytes(key.public_pem())
    registered = server.command(
        *("platform", "add", f"交易中心{secrets.token_hex(3)}", "--domain", "127.0.0.1", "--origin", url),
        *("--callback", f"{url}/sealbridge/webhook", "--key", folder / "platform.pub"),
    )
    assert registered.returncode == 0, registered.stderr
    command = [sys.executable, "-m", "examples.trading_centre", "--service", server.url, "--port", port]
    command += ["--key", str(folder / "platform.key"), "--data", str(folder / "centre")]
    log = folder / "centre.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=output, stderr=output)
    try:
        _await(url, process, log)
        yield TradingCentre(server, url, key, registered.stdout.split()[0], folder)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@dataclass
class Screen:
    """One browser of its own in front of one person. ``complaints``: what its console said."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, browser: Browser, url: str, **looks: Any) -> Screen:
        """A fresh window without cookies."""
        context: BrowserContext = browser.new_context(viewport={"width": 1100, "height": 800}, **looks)
        context.set_default_timeout(20_000)
        screen = cls(context.new_page(), url)
        screen.page.on("console", lambda said: screen.complaints.append(said.text))
        screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        return screen

    def open(self, path: str) -> Screen:
        self.page.goto(self.url + path)
        return self

    def press(self, name: str) -> Screen:
        """A button or a link by its words."""
        self.page.locator("button, a.button").filter(has_text=name).first.click()
        return self

    def says(self, *words: str) -> None:
        for one in words:
            expect(self.page.get_by_text(one).first).to_be_visible(timeout=20_000)

    def fill(self, **fields: str) -> Screen:
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").fill(value)
        return self

    def code(self) -> str:
        """What a phone's camera would read from the screen now."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if found := codes_seen(self.page):
                return found[0]
            self.page.wait_for_timeout(100)
        raise AssertionError(f"no code on the screen: {self.page.inner_text('body')}")

    def register(self, role: str, credit_code: str, name: str) -> Screen:
        """企业注册; signed in afterwards."""
        self.open("/register")
        self.page.locator("[name=role]").select_option(role)
        user = f"{role}-{credit_code[-6:].lower()}"
        self.fill(name=name, credit_code=credit_code, user=user, password=PASSWORD).press("注册")
        self.says("手机证书", "诚信库")
        return self

    def close(self) -> None:
        self.page.context.close()


def scan(holder: Holder, code: str) -> dict[str, Any]:
    """The phone claims what its camera read."""
    claimed = holder.http.post("/v1/scans/claims", json={"qr": code})
    assert claimed.status_code == 201, claimed.text
    return dict(claimed.json())


def approve(holder: Holder, shown: dict[str, Any], pin: str | None = PIN) -> None:
    """The person agrees to what the phone shows."""
    body = {"certificate": holder.serial, "pin": pin} if shown["asks_pin"] else {}
    approved = holder.http.post(f"/v1/scans/{shown['id']}/approval", json=body)
    assert approved.status_code == 200, approved.text


def by_phone(holder: Holder, screen: Screen) -> dict[str, Any]:
    """Scan what the screen shows, and approve it; what the phone showed."""
    shown = scan(holder, screen.code())
    screen.says("请在手机上核对并确认")
    approve(holder, shown)
    return shown
