"""Verifying documents over HTTP, on the page and on the command line: one report in three forms."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from api.accounts.pacing import Pacing
from api.db import Database
from api.verification.errors import VerificationLimit
from api.verification.service import FROM_ADDRESS, Verifier
from ca.documents.verification import Trust
from ca.documents.verification.errors import NotAPdf
from tests.api.people import COMPANY, Phone, code_of
from tests.api.running import Server
from tests.api.trading import Screen
from tests.ca.documents.pdfs import plain_pdf, scribbled
from tests.support.browser import CHROMIUM, chromium


def verified(server: Server, pdf: bytes) -> dict[str, Any]:
    with server.client() as http:
        answer = http.post("/v1/verifications", files={"file": ("x.pdf", pdf, "application/pdf")})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return {}


@pytest.fixture
def sealed(made: dict[str, bytes], request: pytest.FixtureRequest, a_pdf: bytes) -> bytes:
    """One document for all tests: who seals has a long way to the certificate."""
    if not made:
        serial: str = request.getfixturevalue("serial")
        phone: Phone = request.getfixturevalue("phone")
        made["pdf"] = phone.stamp(serial, a_pdf).content
    return made["pdf"]


def test_what_we_sealed_is_good_to_everybody(server: Server, sealed: bytes) -> None:
    report = verified(server, sealed)
    assert (report["verdict"], report["warnings"]) == ("valid", []), report
    (one,) = report["signatures"]
    assert (one["problems"], one["intact"], one["level"]) == ([], True, "B-LT")
    assert {change["kind"] for change in one["changes_since"]} <= {"validation_data", "metadata"}
    assert one["signer"]["organisation"] == COMPANY
    assert (one["seal"]["name"], one["seal"]["faults"]) == (f"{COMPANY}公章", [])
    assert one["certificate_now"]["standing"] == "in_force"
    with Image.open(BytesIO(b64decode(one["seal"]["picture"]))) as picture:
        assert picture.format == "PNG"


def test_a_changed_document_is_called_out(server: Server, sealed: bytes) -> None:
    report = verified(server, scribbled(sealed))
    (one,) = report["signatures"]
    assert report["verdict"] == "invalid"
    assert [problem["code"] for problem in one["problems"]] == ["modified_since"]
    assert "page_content" in [change["kind"] for change in one["changes_since"]]


def test_what_cannot_be_verified_is_said(server: Server) -> None:
    with server.client() as http:
        for content, code in ((b"GIF89a", "verification_pdf_damaged"), (b"", "verification_pdf_damaged")):
            answer = http.post("/v1/verifications", files={"file": ("x.pdf", content)})
            assert code_of(answer) == (422, code)
        page = http.post("/verify", files={"file": ("<b>.pdf", b"GIF89a")})
        assert page.status_code == 422
        assert "文件不是 PDF 或已损坏，无法验证" in page.text
        assert "&lt;b&gt;.pdf" in page.text
        assert http.post("/verify").status_code == 422


def test_one_address_does_not_take_all_the_places(each_database: Database) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    verifier = Verifier(each_database, Pacing(b"secret" * 6), lambda: now, Trust)
    for _ in range(FROM_ADDRESS.burst):
        verifier._count("203.0.113.7")
    with pytest.raises(VerificationLimit) as refused:
        verifier.verify(plain_pdf(), "203.0.113.7")
    assert refused.value.facts["wait_seconds"] > 0
    with pytest.raises(NotAPdf):
        verifier.verify(b"none", "203.0.113.8")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_reads_the_page_without_script(
    server: Server, sealed: bytes, tmp_path: Path, scheme: str
) -> None:
    file = tmp_path / "合同.pdf"
    file.write_bytes(sealed)
    with chromium() as browser:
        screen = Screen.of(browser, server.url, java_script_enabled=False, color_scheme=scheme)
        screen.open("/").page.get_by_text("验证签名").first.click()
        screen.page.set_input_files("#file", file)
        screen.press("验证").says("签名有效", COMPANY, "合同.pdf", "没有改动内容")
        assert screen.page.locator(".seal img").is_visible()
        phone = Screen.of(browser, server.url, color_scheme=scheme)
        phone.page.set_viewport_size({"width": 390, "height": 844})
        phone.open("/verify").page.set_input_files("#file", file)
        phone.press("验证").says("签名有效")
        wide = phone.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide
        assert screen.complaints + phone.complaints == []


def test_the_command_says_the_same(server: Server, sealed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    done = server.command("verify", file)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "签名有效"), done.stdout + done.stderr
    told = json.loads(server.command("verify", file, "--json").stdout)
    assert told["signatures"][0]["signer"]["organisation"] == COMPANY
    file.write_bytes(scribbled(sealed))
    done = server.command("verify", file)
    assert done.returncode == 5
    assert "签名之后文件被改动（modified_since）" in done.stdout
    file.write_bytes(plain_pdf())
    assert server.command("verify", file).returncode == 6
    file.write_bytes(b"no PDF")
    done = server.command("verify", file)
    assert done.returncode == 1
    assert "verification_pdf_damaged" in done.stderr


def test_the_command_trusts_whom_it_is_told_to(server: Server, sealed: bytes, tmp_path: Path) -> None:
    file, nobody = tmp_path / "sealed.pdf", tmp_path / "nobody"
    file.write_bytes(sealed)
    nobody.mkdir()
    assert server.command("verify", file, "--root", nobody).returncode == 4
    assert server.command("verify", file, "--root", server.data / "pki").returncode == 0
    (nobody / "wrong.pem").write_text("no certificate")
    assert server.command("verify", file, "--root", nobody).returncode == 2
