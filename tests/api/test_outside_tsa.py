"""Another authority's time stamps over HTTP: our own endpoint, and servers that answer badly."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from api.diagnosis.findings import Level
from api.diagnosis.time_stamps import time_stamps
from api.outside.tsa import OutsideTsa
from api.settings import Settings
from ca.documents.errors import TimeStampMissing
from ca.documents.time_stamping import token_over
from tests.api.running import Server, free_port
from tests.ca.documents.pki import Issuer
from tests.ca.judges import run

REPLY = "application/timestamp-reply"
REFUSED = bytes.fromhex("30053003020102")  # PKIStatusInfo: rejection, and no token


def _issuing(server: Server) -> x509.Certificate:
    return x509.load_pem_x509_certificate((server.data / "pki" / "issuing.pem").read_bytes())


def test_a_stamp_over_http_is_what_openssl_accepts(server: Server, tmp_path: Path) -> None:
    with closing(OutsideTsa(f"{server.url}/tsa", lambda: [_issuing(server)])) as tsa:
        token = token_over(b"what is stamped", tsa.answer)
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "data").write_bytes(b"what is stamped")
    pki = server.data / "pki"
    code, said = run(
        *("openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "token", "-data", tmp_path / "data"),
        *("-CAfile", pki / "root.pem", "-untrusted", pki / "issuing.pem"),
    )
    assert code == 0, said


def test_a_stamper_of_another_ca_is_not_believed(server: Server) -> None:
    tsa = OutsideTsa(f"{server.url}/tsa", lambda: [Issuer("别家").certificate])
    with closing(tsa), pytest.raises(TimeStampMissing, match="another CA"):
        token_over(b"what is stamped", tsa.answer)


@contextmanager
def _answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """A server that answers everything so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


@pytest.mark.parametrize(
    ("status", "kind", "body", "why"),
    [
        (200, "text/html", b"<html>", "text/html"),
        (500, REPLY, b"", "HTTP 500"),
        (302, REPLY, b"", "HTTP 302"),
        (200, REPLY, b"no answer", "Malformed"),
        (200, REPLY, b"", "Malformed"),
        (200, REPLY, bytes(70_000), "more than 65536 bytes"),
        (200, REPLY, REFUSED, "refused with status 2"),
    ],
)
def test_whatever_is_no_stamp_has_one_code(status: int, kind: str, body: bytes, why: str) -> None:
    refused = pytest.raises(TimeStampMissing, match=why)
    with _answering(status, kind, body) as url, closing(OutsideTsa(url, list)) as tsa, refused as missing:
        token_over(b"what is stamped", tsa.answer)
    assert missing.value.code == "time_stamp_missing"


def test_nobody_there() -> None:
    tsa = OutsideTsa(f"http://127.0.0.1:{free_port()}/", list)
    with closing(tsa), pytest.raises(TimeStampMissing, match="ConnectError"):
        token_over(b"what is stamped", tsa.answer)


def test_one_that_does_not_answer_in_time() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as listening:
        impatient = httpx.Client(timeout=0.2)
        tsa = OutsideTsa(f"http://127.0.0.1:{listening.server_port}/", list, impatient)
        with closing(tsa), pytest.raises(TimeStampMissing, match="Timeout"):
            token_over(b"what is stamped", tsa.answer)


def test_the_doctor_asks_for_a_stamp(server: Server, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, tsa_url=f"{server.url}/tsa")
    (unbelieved,) = time_stamps(settings)
    assert unbelieved.level is Level.FAULT
    folder = settings.folder.outside_cas
    folder.mkdir()
    shutil.copy(server.data / "pki" / "issuing.pem", folder)
    (unproved,) = time_stamps(settings)
    assert unproved.level is Level.WARNING
    shutil.copy(server.data / "pki" / "root.crl", folder)
    (fine,) = time_stamps(settings)
    assert fine.level is Level.GOOD
    assert list(time_stamps(Settings(data_dir=tmp_path))) == []
