"""OCSP over HTTP, by the processor time that the server spends and by the clock."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bench.load import asked, http_request
from bench.memory import serving
from bench.report import Line
from bench.setting import best, per_second
from bench.signing import raw_loop
from examples.demo.service import running
from hsm import KeyKind, Token, TokenKeys

CLIENTS = 4
ROUNDS = 3
NONCE = 16
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
    with tempfile.TemporaryDirectory() as work, running(Path(work) / "data", Path(work) / "log") as url:
        (process,) = (int(one.name) for one in serving(work))
        plain, with_nonce = _requests(Path(work) / "data", url)
        if with_ready:
            yield _ready(process, url, plain, seconds)
        signed, made = [], []
        asked(url, with_nonce, CLIENTS, seconds)  # handles found, memories filled
        for _ in range(ROUNDS):
            signed.append(_rates(os.getpid(), lambda: per_second(raw, 2, seconds) * seconds, seconds))
            made.append(_rates(process, lambda: asked(url, with_nonce, CLIENTS, seconds), seconds))
        for name, rates, ceilings in zip(
            ("a CPU second", "wall clock"), _bests(made), _bests(signed), strict=True
        ):
            yield Line(f"OCSP {kind} with nonce, {name}, beside raw", rates, ceilings, 0.60)
    del os.environ["SEALBRIDGE_OWN_KEY_KIND"]


def _ready(process: int, url: str, plain: bytes, seconds: float) -> Line:
    posted = http_request(url, "POST", "/pki/ocsp", plain)
    nothing = http_request(url, "GET", EMPTY, b"")
    ready, empty = [], []
    for _ in range(ROUNDS):
        ready.append(_rates(process, lambda: asked(url, lambda: posted, CLIENTS, seconds), seconds)[0])
        empty.append(_rates(process, lambda: asked(url, lambda: nothing, CLIENTS, seconds), seconds)[0])
    return Line("OCSP ready, a CPU second, beside an empty route", best(ready), best(empty), 0.60)


def _rates(process: int, work: Callable[[], float], seconds: float) -> tuple[float, float]:
    """What ``work`` counts, by the second of the process's time and by the second of the clock."""
    before = _cpu_seconds(process)
    count = work()
    return count / (_cpu_seconds(process) - before), count / seconds


def _bests(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return best([one[0] for one in rounds]), best([one[1] for one in rounds])


def _requests(data: Path, url: str) -> tuple[bytes, Callable[[], bytes]]:
    """A request for one of the server's own certificates, and a maker of HTTP requests with fresh nonces."""
    issuer = x509.load_der_x509_certificate(httpx.get(f"{url}/pki/issuing.cer").content)
    certificate = None
    while certificate is None:
        with sqlite3.connect(data / "sealbridge.db") as raw:
            row = raw.execute("SELECT der FROM ca_certificate WHERE state = 'issued'").fetchone()
        certificate = None if row is None else x509.load_der_x509_certificate(row[0])
        time.sleep(0.2)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())

    nonce = x509.OCSPNonce(bytes(NONCE))
    asking = builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)
    beginning = http_request(url, "POST", "/pki/ocsp", asking)[:-NONCE]  # the nonce is what it ends with
    return builder.build().public_bytes(Encoding.DER), lambda: beginning + os.urandom(NONCE)


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
