"""OFD documents and files beside which a signature is kept: over HTTP, and verified by the command."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from api.cli.verify import command
from tests.api.people import COMPANY, PIN, Phone
from tests.api.running import Server
from tests.ca.judges import run
from tests.ca.ofd.packages import files, packed, with_files

FILE = b"a tender's drawing, of any format\0" * 5000
DIGEST = hashlib.sha256(FILE).hexdigest()


@dataclass
class Holder:
    """Somebody with an enterprise certificate; one for all tests, because the way there is long."""

    phone: Phone
    serial: str

    def signed(self, file: bytes = FILE, **fields: Any) -> httpx.Response:
        path = f"/v1/certificates/{self.serial}/file-signatures"
        return self.phone.http.post(path, data={"pin": PIN} | fields, files={"file": ("drawing.dwg", file)})

    def signed_digest(self, sha256: str) -> httpx.Response:
        path = f"/v1/certificates/{self.serial}/digest-signatures"
        return self.phone.http.post(path, json={"pin": PIN, "sha256": sha256})

    def sealed(self, document: bytes, **fields: Any) -> httpx.Response:
        data = {"pin": PIN, "page": 0, "x_mm": 100, "y_mm": 200} | fields
        path = f"/v1/certificates/{self.serial}/ofd-seals"
        return self.phone.http.post(path, data=data, files={"file": ("a.ofd", document)})


@pytest.fixture(scope="module")
def kept() -> list[Holder]:
    return []


@pytest.fixture
def holder(kept: list[Holder], request: pytest.FixtureRequest) -> Holder:
    if not kept:
        serial = request.getfixturevalue("serial")
        kept.append(Holder(request.getfixturevalue("phone"), serial))
    return kept[0]


def report(server: Server, path: str, sent: dict[str, bytes], **fields: str) -> dict[str, Any]:
    parts: dict[str, Any] = {name: ("x", one) for name, one in sent.items()}
    parts |= {name: (None, one) for name, one in fields.items()}
    with server.client() as http:
        answer = http.post(f"/v1/verifications/{path}", files=parts)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT"])
def test_a_file_is_signed_and_verified(level: str, server: Server, holder: Holder, tmp_path: Path) -> None:
    answer = holder.signed(level=level)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pkcs7-signature"
    told = report(server, "files", {"file": FILE, "signature": answer.content})
    (one,) = told["signatures"]
    assert (told["verdict"], one["level"], one["problems"]) == ("valid", level, [])
    assert one["signer"]["organisation"] == COMPANY
    assert (one["seal"]["name"], one["seal"]["faults"]) == (f"{COMPANY}公章", [])

    (tmp_path / "f.p7s").write_bytes(answer.content)
    (tmp_path / "f").write_bytes(FILE)
    with server.client() as http:
        (tmp_path / "root.cer").write_bytes(http.get("/pki/root.cer").content)
    run("openssl", "x509", "-inform", "DER", "-in", tmp_path / "root.cer", "-out", tmp_path / "root.pem")
    status, said = run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", tmp_path / "f.p7s"),
        *("-content", tmp_path / "f", "-CAfile", tmp_path / "root.pem", "-purpose", "any"),
        *("-out", tmp_path / "out"),
    )
    assert status == 0, said


def test_a_file_that_stays_where_it_is(server: Server, holder: Holder) -> None:
    answer = holder.signed_digest(DIGEST)
    assert answer.status_code == 200, answer.text
    assert report(server, "digests", {"signature": answer.content}, sha256=DIGEST)["verdict"] == "valid"
    assert report(server, "files", {"file": FILE, "signature": answer.content})["verdict"] == "valid"
    changed = report(server, "files", {"file": FILE[1:], "signature": answer.content})
    assert changed["verdict"] == "invalid"
    assert changed["signatures"][0]["problems"][0]["code"] == "digest_differs"


def test_what_is_no_digest_and_no_signature(server: Server, holder: Holder) -> None:
    assert holder.signed_digest("xyz").status_code == 422
    with server.client() as http:
        broken = http.post("/v1/verifications/files", files={"file": FILE, "signature": b"no signature"})
    assert (broken.status_code, broken.json()["code"]) == (422, "signature_unreadable")


def test_a_wrong_pin_signs_nothing(holder: Holder) -> None:
    answer = holder.signed(pin="000000")
    assert answer.json()["code"] == "pin_wrong"
    assert holder.sealed(packed(files()), pin="000000").json()["code"] == "pin_wrong"
    assert holder.signed(level="B-B").status_code == 200


def test_an_ofd_document_is_sealed_and_verified(server: Server, holder: Holder) -> None:
    first = holder.sealed(packed(files()))
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "application/ofd"
    places = json.dumps([{"at": "keyword", "text": "（盖章）"}, {"at": "seam"}])
    second = holder.sealed(first.content, places=places)
    assert second.status_code == 200, second.text
    told = report(server, "ofd", {"file": second.content})
    assert told["verdict"] == "valid", told
    assert [len(one["appearances"]) for one in told["signatures"]] == [1, 3]
    assert all(one["proven_at"] for one in told["signatures"])
    assert told["signatures"][1]["seal"]["name"] == f"{COMPANY}公章"
    spoiled = with_files(second.content, {"Doc_0/Pages/Page_0/Content.xml": b"<x/>"})
    told = report(server, "ofd", {"file": spoiled})
    assert told["verdict"] == "invalid"
    assert told["signatures"][0]["changed_files"] == ["Doc_0/Pages/Page_0/Content.xml"]


def test_what_is_no_ofd_document(server: Server, holder: Holder) -> None:
    for document, code in (
        (b"no archive", "ofd_damaged"),
        (packed({"../x": b""}), "ofd_path_unsafe"),
        (packed({"OFD.xml": b"<!DOCTYPE x><x/>"}), "ofd_xml_invalid"),
    ):
        assert holder.sealed(document).json()["code"] == code
        with server.client() as http:
            answer = http.post("/v1/verifications/ofd", files={"file": document})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    off = holder.sealed(packed(files()), x_mm=5)
    assert (off.status_code, off.json()["code"]) == (422, "seal_off_page")


def test_the_command_verifies_both(
    server: Server, holder: Holder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.client() as http:
        for name in ("root.cer", "issuing.cer"):
            (tmp_path / name).write_bytes(http.get(f"/pki/{name}").content)
    ofd, file, signature = tmp_path / "a.ofd", tmp_path / "f", tmp_path / "f.p7s"
    ofd.write_bytes(holder.sealed(packed(files())).content)
    file.write_bytes(FILE)
    signature.write_bytes(holder.signed().content)
    for told, beside, said in ((ofd, None, "包内 6 个文件"), (file, signature, "可长期验证")):
        with pytest.raises(typer.Exit) as left:
            command(told, beside, root=[tmp_path / "root.cer", tmp_path / "issuing.cer"])
        assert left.value.exit_code in (0, 3)
        shown = capsys.readouterr().out
        assert said in shown
        assert COMPANY in shown
