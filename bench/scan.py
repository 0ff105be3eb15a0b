"""扫码: thousands of pages that wait at one process, how soon they know, races, whole sessions a second."""

from __future__ import annotations

import json
import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select, text

from api import migrations
from api.db import Database, make_engine
from bench.report import Line
from bench.scan_server import claim, complete, make
from bench.setting import FOLDER, best, per_second
from examples.demo.service import program
from mobile_bridge.errors import SessionClaimed
from mobile_bridge.server import tables
from mobile_bridge.server.scans import ScanService
from tests.api.running import free_port
from tests.support import postgres

BROWSERS, PHONES = 2_000, 1_000
MEMORY_MB, KNOWN_MS = 400.0, 150.0
_COMMITS = 4  # of a session: made, claimed, the turn to approve, completed


def run(seconds: float) -> Iterator[Line]:
    """The server with its waiting pages first, then the engine alone on SQLite and PostgreSQL."""
    folder = FOLDER / "scan"
    folder.mkdir()
    yield from _waiting(folder)
    yield from _engine("SQLite", f"sqlite:///{folder}/scans.db", seconds)
    if postgres.missing() is None:
        home = folder / "postgresql"
        FOLDER.chmod(0o755)
        folder.chmod(0o755)
        home.mkdir()
        with postgres.cluster(home) as url:
            yield from _engine("PostgreSQL", postgres.create_database(url, "scans"), seconds)
        shutil.rmtree(home, ignore_errors=True)


_BARE = "import socket, sys, time\nsent = socket.socket(fileno=int(sys.argv[1]))\nwhile True:\n"
_BARE += "    time.sleep(0.03)\n    sent.sendall(b'%.6f\\n' % time.monotonic())\n"


class _Pages:
    """Browsers that wait by Server-Sent Events, in one thread. ``known``: when each saw that all is done."""

    def __init__(self, port: int, made: list[list[str]]) -> None:
        self.known: dict[str, float] = {}
        self._selector = selectors.DefaultSelector()
        self.heard: set[str] = set()
        self.bare_lags: list[float] = []
        ours, theirs = socket.socketpair()
        self._selector.register(ours, selectors.EVENT_READ, None)
        with theirs:  # a peer that says when it spoke: what two processes on this machine take at the least
            told = [sys.executable, "-c", _BARE, str(theirs.fileno())]
            self._peer = subprocess.Popen(told, pass_fds=[theirs.fileno()])
        for scan_id, token in made:
            connection = socket.create_connection(("127.0.0.1", port))
            path = f"/scan/v1/sessions/{scan_id}/events"
            head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n"
            connection.sendall(head.encode())
            self._selector.register(connection, selectors.EVENT_READ, scan_id)

    def listen(self, until: Callable[[], bool]) -> None:
        while not until():
            for key, _ in self._selector.select(0.1):
                got = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if key.data is None:
                    self.bare_lags += [time.monotonic() - float(one) for one in got.split()]
                    continue
                if b'"status":' in got:
                    self.heard.add(key.data)
                if b'"status":"complete"' in got:
                    self.known[key.data] = time.monotonic()
                if not got:
                    self._selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]

    def close(self) -> None:
        self._peer.kill()
        self._peer.wait()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    kinds = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOFTHSM2_")} | kinds
    with (folder / "server.log").open("wb") as log:
        command = [program("sealbridge"), "setup", "--data", str(folder / "data")]
        subprocess.run(command, env=kept, stdout=log, stderr=log, check=True)
        server = [sys.executable, "-m", "bench.scan_server", str(folder / "data"), str(port)]
        with subprocess.Popen(
            server, env=kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process:
            try:
                yield process
            finally:
                process.terminate()


def _ask(process: subprocess.Popen[str], order: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{order}\n")
    process.stdin.flush()
    return process.stdout.readline()


def _waiting(folder: Path) -> Iterator[Line]:
    port = free_port()
    with _serving(folder, port) as process:
        made = json.loads(_ask(process, f"make {BROWSERS}"))
        pages = _Pages(port, made)
        pages.listen(lambda: len(pages.heard) == BROWSERS)
        began, spent = time.monotonic(), _processor_seconds(process.pid)
        pages.listen(lambda: time.monotonic() - began > 12)
        busy = (_processor_seconds(process.pid) - spent) / (time.monotonic() - began)
        used = _resident_mb(process.pid)
        yield Line(
            f"memory with {BROWSERS:,} browsers waiting, MB", used, MEMORY_MB, 1.0, less_is_better=True
        )
        yield Line(f"{BROWSERS:,} browsers waiting, % of a core", 100 * busy, 100, None, less_is_better=True)
        committed: dict[str, float] = {}
        pages.bare_lags.clear()
        phone = threading.Thread(target=lambda: committed.update(json.loads(_ask(process, "complete 0.03"))))
        phone.start()
        pages.listen(lambda: not phone.is_alive() and len(pages.known) >= BROWSERS)
        lags = sorted(1000 * (pages.known[one] - when) for one, when in committed.items())
        bare = sorted(1000 * one for one in pages.bare_lags)
        what = "completion to the browser's knowledge"
        yield Line(f"{what}, p99, ms", _part(lags, 0.99), KNOWN_MS, 1.0, less_is_better=True)
        for name, part in (("median", 0.5), ("p99", 0.99)):
            beside = f"{what}, {name}, ms: beside a bare message"
            yield Line(beside, _part(lags, part), _part(bare, part), None, less_is_better=True)
        pages.close()


def _part(lags: list[float], part: float) -> float:
    return lags[int(len(lags) * part)]


def _resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _engine(name: str, url: str, seconds: float) -> Iterator[Line]:
    engine = make_engine(url)
    migrations.upgrade(engine)
    scans = ScanService(engine, lambda: datetime.now(UTC), bytes(range(32)), "https://ca.example")
    db = Database(engine)
    yield _race(name, scans)
    sessions, bare = list[float](), list[float]()
    for _ in range(2):
        sessions.append(per_second(lambda: partial(_session, scans, db), 2, seconds))
        bare.append(per_second(lambda: partial(_bare, db, make(scans).id), 2, seconds) / _COMMITS)
    yield Line(f"scan sessions, 2 threads, {name}", best(sessions), best(bare), 0.5)
    engine.dispose()


def _race(name: str, scans: ScanService) -> Line:
    """Claims a second while a thousand phones fight for one session, beside bare reads of its row."""
    made = make(scans)

    def scan(number: int) -> bool:
        try:
            claim(scans, made.id, f"person/{number}")
        except SessionClaimed:
            return False
        return True

    def read(_: int) -> None:
        with scans.store.engine.connect() as connection:
            row = select(tables.session.join(tables.scan)).where(tables.session.c.id == made.id)
            connection.execute(row).one()

    with ThreadPoolExecutor(32) as phones:
        began = time.perf_counter()
        winners = sum(phones.map(scan, range(PHONES)))
        claims = PHONES / (time.perf_counter() - began)
        began = time.perf_counter()
        list(phones.map(read, range(PHONES)))
        reads = PHONES / (time.perf_counter() - began)
    assert winners == 1, f"{winners} phones claimed one session"
    return Line(f"{PHONES:,} phones claim one session (1 wins), {name}", claims, reads, None)


def _session(scans: ScanService, db: Database) -> None:
    made, holder = make(scans), "person/1"
    claim(scans, made.id, holder)
    complete(scans, db, made.id, holder)


def _bare(db: Database, scan_id: str) -> None:
    """A durable transaction that changes one row: SQLite writes nothing where nothing is different."""
    with db.write() as tx:
        tx.execute(text("UPDATE bridge_session SET events = events + 1 WHERE id = :id"), {"id": scan_id})
