"""What a running service does for its operators: time stamps, lists on demand and by itself, the journal."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.api.founding import found
from tests.api.people import PIN, Desk, Phone
from tests.api.running import Server


def pem_of(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def command(folder: Path, *parts: str) -> str:
    done = subprocess.run(parts, cwd=folder, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def wait_until(what: object, seconds: float) -> None:
    assert callable(what)
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_openssl_and_curl_get_a_time_stamp(server: Server, phone: Phone, tmp_path: Path) -> None:
    for name, path in (("root.pem", "root.cer"), ("issuing.pem", "issuing.cer")):
        (tmp_path / name).write_bytes(pem_of(phone.http.get(f"/pki/{path}").content))
    (tmp_path / "bid.pdf").write_bytes(b"%PDF-1.7 a bid")
    command(tmp_path, "openssl", "ts", "-query", "-data", "bid.pdf", "-sha256", "-cert", "-out", "q.tsq")
    header = "Content-Type: application/timestamp-query"
    asked = ("curl", "-s", "-H", header, "--data-binary", "@q.tsq", "-o", "a.tsr", "-w", "%{content_type}")
    assert command(tmp_path, *asked, f"{server.url}/tsa") == "application/timestamp-reply"
    judged = ("openssl", "ts", "-verify", "-in", "a.tsr", "-queryfile", "q.tsq", "-CAfile", "root.pem")
    assert "Verification: OK" in command(tmp_path, *judged, "-untrusted", "issuing.pem")


@pytest.mark.parametrize("asked", [b"", b"\x30\x03\x02\x01\x01", bytes(200_000)])
def test_nonsense_is_refused_as_a_time_stamp_response(server: Server, asked: bytes) -> None:
    answer = httpx.post(f"{server.url}/tsa", content=asked)
    assert answer.status_code == 200
    assert answer.content[:2] == b"\x30\x3d" or len(answer.content) < 120


def listed(phone: Phone) -> set[int]:
    content = phone.http.get("/pki/issuing.crl").content
    return {one.serial_number for one in x509.load_der_x509_crl(content)}


def test_an_operator_publishes_a_revocation_at_once(desk: Desk, phone: Phone, serial: str) -> None:
    assert phone.http.post("/v1/operator/lists/publish").status_code == 401
    desk.http.post(f"/v1/operator/certificates/{serial}/revoke", json={"reason": "key_compromise"})
    published = desk.http.post("/v1/operator/lists/publish")
    assert (published.status_code, published.json()) == (200, {"lists": 1})
    assert int(serial, 16) in listed(phone)


def test_a_revocation_is_listed_soon_by_itself(server: Server, desk: Desk, phone: Phone, serial: str) -> None:
    desk.http.post(f"/v1/operator/certificates/{serial}/revoke", json={"reason": "superseded"})
    wait_until(lambda: int(serial, 16) in listed(phone), 30)
    file = server.data / "pki" / "issuing-1.crl"
    wait_until(
        lambda: int(serial, 16) in {one.serial_number for one in x509.load_der_x509_crl(file.read_bytes())},
        10,
    )


def test_the_command_line_publishes_too(server: Server, phone: Phone) -> None:
    before = x509.load_der_x509_crl(phone.http.get("/pki/issuing.crl").content)
    done = server.command("crl", "publish")
    assert done.returncode == 0, done.stderr
    time.sleep(0.6)
    after = x509.load_der_x509_crl(phone.http.get("/pki/issuing.crl").content)
    numbers = [
        one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in (before, after)
    ]
    assert numbers[1] > numbers[0]


def test_the_metrics_count_signatures_of_subscribers_without_naming_them(
    server: Server, phone: Phone, approved: str, serial: str, a_pdf: bytes
) -> None:
    assert phone.stamp(serial, a_pdf).status_code == 200
    token = (server.data / "secrets" / "metrics.token").read_text().strip()
    text = httpx.get(f"{server.url}/metrics", headers={"authorization": f"Bearer {token}"}).text
    assert re.search(r'signature_seconds_count\{key="wrapped"\} [1-9]', text)
    assert approved not in text
    assert serial not in text


def test_the_metrics_tell_status_and_stamp_requests_from_unknown_addresses(server: Server) -> None:
    http = server.client()
    http.post("/pki/ocsp", content=b"")
    http.get("/pki/ocsp/bm9uc2Vuc2U=")
    http.post("/tsa", content=b"")
    http.get("/nowhere")
    token = (server.data / "secrets" / "metrics.token").read_text().strip()
    text = http.get("/metrics", headers={"authorization": f"Bearer {token}"}).text
    for method, route, status in (
        ("POST", "/pki/ocsp", 200),
        ("GET", "/pki/ocsp/{encoded:path}", 200),
        ("POST", "/tsa", 200),
        ("GET", "(none)", 404),
    ):
        assert f'_count{{method="{method}",route="{route}",status="{status}"}}' in text


def test_the_metrics_tell_what_waits_and_what_ends(server: Server, submitted: str) -> None:
    token = (server.data / "secrets" / "metrics.token").read_text().strip()
    text = httpx.get(f"{server.url}/metrics", headers={"authorization": f"Bearer {token}"}).text
    told = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line[0] != "#"
    }
    assert told['sealbridge_applications_waiting{status="submitted"}'] >= 1
    assert told["sealbridge_intents_unsettled"] == 0
    assert 0 <= told['sealbridge_list_age_seconds{list="issuing-1"}'] < 24 * 3600
    names = {"root", "root list", "issuing-1", "list issuing-1", "ocsp-issuing-1-1", "tsa-issuing-1-1"}
    for name in names | {"audit-issuing-1-1"}:
        assert told[f'sealbridge_ends_seconds{{name="{name}"}}'] > 24 * 3600


def test_the_journal_tells_the_story_without_secrets(
    server: Server, desk: Desk, phone: Phone, serial: str, tmp_path: Path
) -> None:
    desk.http.post(f"/v1/operator/certificates/{serial}/suspend")
    done = server.command("audit", "export", tmp_path / "journal.jsonl")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "journal.jsonl").read_text()
    entries = [json.loads(line) for line in text.splitlines() if not line.startswith('{"checkpoint"')]
    (suspended,) = [
        one for one in entries if (one["action"], one["subject"]) == ("certificate.suspended", serial)
    ]
    assert suspended["who"] == {"kind": "operator", "name": "operator"}
    assert suspended["from"] == "127.0.0.1"
    (issued,) = [one for one in entries if (one["action"], one["subject"]) == ("certificate.issued", serial)]
    assert issued["who"]["kind"] == "person"
    assert {"operator.added", "service.started", "person.signed_in", "application.approved"} <= {
        one["action"] for one in entries
    }
    assert phone.number not in text
    assert PIN not in text
    assert server.operator_password() not in text
    for path in (server.data / "secrets").iterdir():
        assert path.read_text().strip() not in text


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation whose database may be damaged."""
    fast = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    running = Server(tmp_path_factory.mktemp("other") / "var", extra=fast)
    found(running)
    running.start()
    yield running
    running.close()


def test_the_journal_is_checked_by_the_command_line(other: Server, tmp_path: Path) -> None:
    database = next(other.data.glob("*.db"))

    def checkpoints() -> int:
        with sqlite3.connect(database) as raw:
            return int(
                raw.execute("SELECT count(*) FROM ca_audit_checkpoint WHERE stamp IS NOT NULL").fetchone()[0]
            )

    wait_until(checkpoints, 20)
    whole = other.command("audit", "verify")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "日志完整" in whole.stdout
    assert "已加时间戳到 0" not in whole.stdout
    noted = next(line.split()[1] for line in whole.stdout.splitlines() if line.startswith("末端"))

    exported = tmp_path / "journal.jsonl"
    assert other.command("audit", "export", exported).returncode == 0
    assert exported.stat().st_mode & 0o077 == 0
    assert other.command("audit", "export", exported).returncode != 0  # nothing is overwritten
    (tmp_path / "ca.pem").write_bytes(pem_of(httpx.get(f"{other.url}/pki/issuing.cer").content))
    offline = ("audit", "verify", "--file", exported, "--ca", tmp_path / "ca.pem", "--head", noted)
    assert other.command(*offline).returncode == 0
    exported.write_text(exported.read_text().replace("operator", "somebody", 1))
    assert other.command(*offline).returncode == 1

    assert other.stop() == 0
    with sqlite3.connect(database) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.execute("UPDATE ca_audit_entry SET line = replace(line, 'operator', 'somebody') WHERE seq = 1")
    damaged = other.command("audit", "verify")
    assert damaged.returncode == 1
    assert "✗ main" in damaged.stdout


def test_the_doctor_finds_nothing_due(server: Server) -> None:
    done = server.command("doctor")
    assert "到期：CA 证书、服务证书和吊销列表都在有效期内" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["verify", "--file", "missing.jsonl"], "file_unusable"),
        (["verify", "--ca", "missing.pem"], "file_unusable"),
        (["verify", "--ca", __file__], "不是 PEM 证书"),
        (["export", "missing/journal.jsonl"], "file_unusable"),
    ],
)
def test_a_file_that_is_not_there_is_named_without_a_traceback(
    server: Server, arguments: list[str], code: str
) -> None:
    done = server.command("audit", *arguments)
    assert done.returncode != 0
    assert code in done.stderr
    assert "Traceback" not in done.stderr
