"""Sealing over HTTP: how long eight clients wait, and what a large document takes of the server's memory."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench.load import Connection
from bench.report import Line
from bench.sealing_child import peak_mb
from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code
from tests.api.running import Server
from tests.ca.documents.pdfs import padded_pdf, plain_pdf

CLIENTS = 8
GOAL_MB = 150.0
_BOUNDARY = "bench-boundary-7d1f"


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Whose certificate seals. ``path``: where."""

    http: httpx.Client
    path: str

    def stamp(self, pdf: bytes) -> None:
        fields = {"pin": PIN, "page": "0", "x_mm": "100", "y_mm": "150"}
        files = {"file": ("a.pdf", pdf, "application/pdf")}
        answer = self.http.post(self.path, data=fields, files=files)
        assert answer.status_code == 200, answer.text


def run(seconds: float) -> Iterator[Line]:
    """A server set up from nothing, and enterprises that downloaded their certificates.

    There are two: of one certificate no more uses of the PIN are under way at a time than there are tries.
    """
    with tempfile.TemporaryDirectory() as work:
        server = Server(Path(work) / "var", extra={"SEALBRIDGE_ROOT_KEY_KIND": "p-384"})
        server.set_up()
        server.start()
        locks = LockCa()
        locks.publish(server.data / "lock-cas", "old")
        enterprises = [_enterprise(server, locks) for _ in range(2)]
        yield _large(server, enterprises[0])
        for level in ("B-B", "B-LT"):
            requests = [_request(server.url, one, level) for one in enterprises]
            before = _processor_seconds(server)
            waited = _waited(server.url, requests, max(10.0, seconds))
            yield from _told(level, waited, (_processor_seconds(server) - before) / len(waited))
        server.close()


def _processor_seconds(server: Server) -> float:
    """What the server has had of the processors so far."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(level: str, waited: list[float], busy: float) -> Iterator[Line]:
    what = f"sealed over HTTP, {level}, {CLIENTS} clients"
    yield Line(f"{what}, a second", CLIENTS / statistics.mean(waited), 1.0, None)
    yield Line(f"{what}, processor ms each", 1000 * busy, 1.0, None)
    yield Line(f"{what}, median, ms", 1000 * statistics.median(waited), 1.0, None)
    yield Line(f"{what}, p99, ms", 1000 * statistics.quantiles(waited, n=100)[98], 1.0, None)


def _enterprise(server: Server, locks: LockCa) -> Enterprise:
    """As a person gets it: applied for, signed by the company's lock, approved, downloaded."""
    phone, code = Phone(server).sign_in(), a_credit_code()
    application = phone.applied(code)
    Pc(server).sign(phone, application, locks.lock(COMPANY, code))
    assert phone.act(application, "submit").status_code == 200
    assert Desk(server).judge(application, "approve").status_code == 200
    given = phone.act(application, "download", pin=PIN)
    assert given.status_code == 200, given.text
    return Enterprise(phone.http, f"/v1/certificates/{given.json()['serial']}/seals")


def _large(server: Server, enterprise: Enterprise) -> Line:
    """200 MB up and down again, while the server's memory is watched."""
    assert server.process is not None
    process = str(server.process.pid)
    enterprise.stamp(plain_pdf())
    rest = peak_mb(process)
    enterprise.stamp(padded_pdf(200, pages=50))
    above = peak_mb(process) - rest
    return Line("200 MB sealed over HTTP, B-LT, MB above rest", above, GOAL_MB, 1.0, less_is_better=True)


def _waited(url: str, requests: list[bytes], seconds: float) -> list[float]:
    """Seconds from each request to its whole answer, of all clients."""
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    address = where.hostname, where.port
    end = time.perf_counter() + seconds

    def client(request: bytes) -> list[float]:
        connection, waited = Connection(address, lambda: request), []
        while (began := time.perf_counter()) < end:
            connection.ask()
            while not connection.answered():
                pass
            waited.append(time.perf_counter() - began)
        connection.socket.close()
        return waited

    with ThreadPoolExecutor(CLIENTS) as clients:
        told = clients.map(client, requests * (CLIENTS // len(requests)))
        return [one for waited in told for one in waited]


def _request(url: str, enterprise: Enterprise, level: str) -> bytes:
    """The octets of a sealing of one page."""
    authorization = enterprise.http.headers["authorization"]
    fields = {"pin": PIN, "page": "0", "x_mm": "100", "y_mm": "150", "level": level}
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts.append(b'name="file"; filename="a.pdf"\r\ncontent-type: application/pdf\r\n\r\n' + plain_pdf())
    begin = f"--{_BOUNDARY}\r\ncontent-disposition: form-data; ".encode()
    body = b"".join(begin + part + b"\r\n" for part in parts) + f"--{_BOUNDARY}--\r\n".encode()
    head = (
        f"POST {enterprise.path} HTTP/1.1\r\nhost: {urlsplit(url).netloc}\r\n"
        f"authorization: {authorization}\r\ncontent-type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
