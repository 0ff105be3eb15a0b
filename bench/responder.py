"""OCSP over HTTP, by the processor time that the server spends: the client shares its machine."""

from __future__ import annotations

import http.client
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bench.memory import serving
from bench.report import Line
from bench.setting import best, per_second
from bench.signing import raw_loop
from examples.demo.service import running
from hsm import KeyKind, Token, TokenKeys

CLIENTS = 4
EMPTY = "/pki/ocsp/!"  # no base64: a constant comes back, and nothing is looked up


def run(token: Token, seconds: float) -> Iterator[Line]:
    """Answers that are ready beside an empty route; answers with a nonce beside the raw RSA signature."""
    yield from _measured(token, KeyKind.RSA_2048, seconds, with_ready=True)
    yield from _measured(token, KeyKind.RSA_3072, seconds, with_ready=False)


def _measured(token: Token, kind: KeyKind, seconds: float, with_ready: bool) -> Iterator[Line]:
    os.environ["SEALBRIDGE_OWN_KEY_KIND"] = kind
    label = f"bench-ocsp-{kind}"
    TokenKeys(token).generate(label, kind)
    raw = raw_loop(token, label, kind)
    ceiling = best([per_second(raw, 2, seconds) for _ in range(2)])
    with tempfile.TemporaryDirectory() as work, running(Path(work) / "data", Path(work) / "log") as url:
        (process,) = serving(work)
        plain, nonces = _requests(Path(work) / "data", url)
        ready, empty = [], []
        for _ in range(3 if with_ready else 0):
            ready.append(_per_cpu_second(process, url, "POST", "/pki/ocsp", lambda: plain, seconds))
            empty.append(_per_cpu_second(process, url, "GET", EMPTY, lambda: b"", seconds))
        if with_ready:
            yield Line("OCSP ready, a CPU second, beside an empty route", best(ready), best(empty), 0.60)
        made = best([_per_second(url, "POST", "/pki/ocsp", nonces, seconds) for _ in range(2)])
        yield Line(f"OCSP {kind} with nonce, beside raw signing", made, ceiling, 0.60)
    del os.environ["SEALBRIDGE_OWN_KEY_KIND"]


def _requests(data: Path, url: str) -> tuple[bytes, Callable[[], bytes]]:
    """A request for one of the server's own certificates, and a maker of such with fresh nonces."""
    issuer = x509.load_der_x509_certificate(httpx.get(f"{url}/pki/issuing.cer").content)
    certificate = None
    while certificate is None:
        with sqlite3.connect(data / "sealbridge.db") as raw:
            row = raw.execute("SELECT der FROM ca_certificate WHERE state = 'issued'").fetchone()
        certificate = None if row is None else x509.load_der_x509_certificate(row[0])
        time.sleep(0.2)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())

    def with_nonce() -> bytes:
        nonce = x509.OCSPNonce(os.urandom(16))
        return builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)

    return builder.build().public_bytes(Encoding.DER), with_nonce


def _per_second(url: str, method: str, path: str, body: Callable[[], bytes], seconds: float) -> float:
    """Requests a second by several clients, each on one connection."""
    return _asked(url, method, path, body, seconds) / seconds


def _per_cpu_second(
    process: Path, url: str, method: str, path: str, body: Callable[[], bytes], seconds: float
) -> float:
    before = _cpu_seconds(process)
    count = _asked(url, method, path, body, seconds)
    return count / (_cpu_seconds(process) - before)


def _asked(url: str, method: str, path: str, body: Callable[[], bytes], seconds: float) -> int:
    counts: list[int] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        done, connection = 0, http.client.HTTPConnection(urlsplit(url).netloc)
        while time.perf_counter() < end:
            connection.request(method, path, body())
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == 200, content
            done += 1
        counts.append(done)

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _cpu_seconds(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
