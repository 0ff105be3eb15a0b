"""Every kind of scan over HTTP, from the platform's request to the answer that it verifies."""

from __future__ import annotations

import base64
import hashlib
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding

from tests.api.locks import LockCa
from tests.api.people import PIN, Desk, code_of
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, claims_of, founded

STATEMENT, APPROVAL = "sealbridge-statement+jwt", "sealbridge-approval+jwt"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@pytest.fixture(scope="module")
def centre(server: Server, desk: Desk) -> Centre:
    return Centre.opened(server, desk)


@pytest.fixture(scope="module")
def boss(server: Server, desk: Desk, lock_ca: LockCa) -> Holder:
    """An administrator with a dual certificate, bound to nothing yet."""
    return founded(server, desk, lock_ca)


@pytest.fixture(scope="module")
def bound(centre: Centre, boss: Holder) -> dict[str, Any]:
    """The boss as a user of the centre."""
    return boss.bound(centre)


@pytest.fixture(scope="module")
def root(server: Server) -> x509.Certificate:
    return x509.load_der_x509_certificate(server.client().get("/pki/root.cer").content)


def check_statement(
    answer: dict[str, Any], scan: dict[str, Any], centre: Centre, root: x509.Certificate
) -> dict[str, Any]:
    """The service's word for an answer: who it is for, and what it answers."""
    said, signer = claims_of(answer["statement"], STATEMENT, root)
    assert (said["aud"], said["jti"]) == (centre.origin, scan["id"])
    assert said["request_digest"] == scan["request_digest"]
    usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in usage] == ["1.3.6.1.5.5.7.3.37"]
    return said


def check_approval(
    answer: dict[str, Any], scan: dict[str, Any], boss: Holder, root: x509.Certificate
) -> dict[str, Any]:
    """The person's own signature over what was shown."""
    said, signer = claims_of(answer["approval"], APPROVAL, root)
    assert f"{signer.serial_number:x}" == boss.serial
    assert (said["jti"], said["request_digest"]) == (scan["id"], scan["request_digest"])
    assert time.time() - 60 < said["iat"] <= time.time() + 1
    return dict(said["shown"])


def test_a_user_is_bound(centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate) -> None:
    asked = centre.asked("bind", user="u-again", user_name="李晓明", credit_code=boss.credit_code)
    shown = boss.claimed(centre, asked)
    assert (shown["kind_name"], shown["asks_pin"], shown["count"]) == ("绑定平台账号", True, 0)
    assert shown["platform"]["domain"] == centre.origin.removeprefix("https://")
    assert shown["facts"][0] == {"label": "平台账号", "value": "李晓明（u-again）"}
    assert [one["serial"] for one in shown["certificates"]] == [boss.serial]
    assert centre.hint(asked) == "claimed"
    answer = boss.done(centre, asked)
    said = check_statement(answer, asked, centre, root)
    assert said["binding"] == answer["binding"]
    assert answer["binding"]["enterprise"]["credit_code"] == boss.credit_code
    assert answer["binding"]["person"]["name"] == "李*明"
    assert answer["binding"]["permissions"] == ["login", "seal", "bid", "open", "record"]
    assert answer["binding"]["person"]["id"] == bound["person"]["id"]
    assert check_approval(answer, asked, boss, root)["user"] == "u-again"
    given = [x509.load_pem_x509_certificate(one["pem"].encode()) for one in answer["certificates"]]
    assert [one["use"] for one in answer["certificates"]] == ["signing", "encryption"]
    assert [f"{one.serial_number:x}" for one in given] == [one["serial"] for one in said["certificates"]]
    mine = boss.http.get("/v1/bindings").json()["items"]
    assert [one["user"] for one in mine][:2] == ["u-again", bound["user"]]
    assert mine[0]["domain"] == shown["platform"]["domain"]
    assert boss.http.delete(f"/v1/bindings/{answer['binding']['id']}").status_code == 204
    assert code_of(boss.http.delete(f"/v1/bindings/{answer['binding']['id']}")) == (404, "not_found")


def test_a_bound_person_signs_in_without_a_pin(
    centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate
) -> None:
    asked = centre.asked("login", nonce="a-nonce-of-the-centre")
    shown = boss.claimed(centre, asked)
    assert (shown["asks_pin"], shown["certificates"]) == (False, [])
    assert [one["user"] for one in shown["bindings"]] == [bound["user"]]
    approved = boss.http.post(f"/v1/scans/{asked['id']}/approval", json={})
    assert approved.status_code == 200, approved.text
    answer = centre.state(asked)["answer"]
    said = check_statement(answer, asked, centre, root)
    assert said["exp"] - said["iat"] == 300
    assert (said["nonce"], said["user"]) == ("a-nonce-of-the-centre", bound["user"])
    assert (answer["user"], answer["binding"]) == (bound["user"], bound["id"])
    assert "approval" not in answer
    assert "138" not in str(answer["person"])


def test_of_several_users_one_is_chosen(server: Server, desk: Desk, boss: Holder) -> None:
    other = Centre.opened(server, desk)
    users = [boss.bound(other) for _ in range(2)]
    asked = other.asked("login")
    boss.claimed(other, asked)
    path = f"/v1/scans/{asked['id']}/approval"
    assert code_of(boss.http.post(path, json={})) == (422, "binding_needed")
    assert boss.http.post(path, json={"binding": users[0]["id"]}).status_code == 200
    assert other.state(asked)["answer"]["user"] == users[0]["user"]


def test_a_tool_is_authenticated_with_the_pin(
    centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate
) -> None:
    asked = centre.asked("tool-login", tool="投标文件制作工具")
    answer = boss.done(centre, asked)
    assert check_approval(answer, asked, boss, root) == {"title": None, "tool": "投标文件制作工具"}
    assert check_statement(answer, asked, centre, root)["tool"] == "投标文件制作工具"


def test_documents_are_sealed_under_one_pin(
    centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate, a_pdf: bytes, tmp_path: Path
) -> None:
    documents = centre.to_sign(a_pdf, a_pdf + b"\n% another\n")
    documents[0]["places"].append({"page": -1, "x_mm": 60, "y_mm": 60})
    documents[1] |= {
        "places": [{"at": "seam"}, {"at": "keyword", "text": "招标公告", "dx_mm": 60, "dy_mm": 60}]
    }
    documents[1] |= {"certify": 2, "lock": {"kind": "include", "fields": ["报价"]}}
    asked = centre.asked("sign", title="招标文件签章", reason="签署招标文件", documents=documents)
    shown = boss.claimed(centre, asked)
    assert [one["pages"] for one in shown["documents"]] == [2, 2]
    assert shown["documents"][0]["short"] == " ".join(
        documents[0]["sha256"][at : at + 4].upper() for at in range(0, 16, 4)
    )
    assert [one["at"] for one in shown["documents"][1]["places"]] == ["seam", "keyword"]
    assert (shown["documents"][1]["certify"], shown["documents"][1]["lock"]["kind"]) == (2, "include")
    looked = boss.http.get(f"/v1/scans/{asked['id']}/documents/0")
    assert looked.content == a_pdf
    assert code_of(centre.call("GET", f"scans/{asked['id']}/documents/0")) == (409, "scan_unfinished")
    answer = boss.done(centre, asked)
    check_statement(answer, asked, centre, root)
    assert check_approval(answer, asked, boss, root)["documents"] == documents
    for number, (one, seals) in enumerate(zip(answer["documents"], (2, 3), strict=True)):
        sealed = centre.call("GET", one["href"].removeprefix("/platform/v1/")).content
        assert hashlib.sha256(sealed).hexdigest() == one["sealed_sha256"]
        (tmp_path / "sealed.pdf").write_bytes(sealed)
        judged = subprocess.run(["pdfsig", tmp_path / "sealed.pdf"], capture_output=True, text=True)
        assert judged.stdout.count("Signature is Valid.") == seals, (number, judged.stdout)


def test_a_file_is_approved_by_its_digest(
    centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate
) -> None:
    file = {"title": "招标文件", "sha256": hashlib.sha256(b"tender").hexdigest(), "bytes": 6}
    facts = [{"label": "项目编号", "value": "LY-1"}]
    asked = centre.asked("generate", file=file, facts=facts)
    shown = boss.claimed(centre, asked)
    assert shown["facts"][0] == facts[0]
    assert (shown["documents"][0]["title"], shown["documents"][0]["pages"]) == ("招标文件", None)
    answer = boss.done(centre, asked)
    assert check_approval(answer, asked, boss, root) == {"title": None, "file": file, "facts": facts}


def test_the_record_is_given_out(
    centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate
) -> None:
    asked = centre.asked("record")
    answer = boss.done(centre, asked)
    record = answer["record"]
    assert record["enterprise"]["credit_code"] == boss.credit_code
    assert (record["role"], record["legal_person"]) == ("管理员", "王建国")
    assert sorted(one["use"] for one in answer["certificates"]) == ["encryption", "signing"]
    assert check_statement(answer, asked, centre, root)["record"] == record


def encrypted(folder: Path, pem: str, content: bytes, *options: str) -> tuple[str, bytes]:
    """A RecipientInfo in base64, and the whole envelope, by OpenSSL."""
    (folder / "to.pem").write_text(pem)
    (folder / "content").write_bytes(content)
    command = ["openssl", "cms", "-encrypt", "-binary", "-aes-256-cbc", "-in", "content", "-outform", "DER"]
    subprocess.run([*command, "-out", "out", "-recip", "to.pem", *options], cwd=folder, check=True)
    envelope = (folder / "out").read_bytes()
    (recipient,) = cms.ContentInfo.load(envelope)["content"]["recipient_infos"]
    return base64.b64encode(recipient.dump()).decode(), envelope


def decrypted(folder: Path, envelope: bytes, content_key: bytes) -> bytes:
    """OpenSSL decrypts with the content key alone."""
    sealed = cms.ContentInfo.load(envelope)["content"]["encrypted_content_info"]
    iv = sealed["content_encryption_algorithm"].encryption_iv
    (folder / "sealed").write_bytes(sealed["encrypted_content"].native)
    command = ["openssl", "enc", "-d", "-aes-256-cbc", "-K", content_key.hex(), "-iv", iv.hex()]
    done = subprocess.run([*command, "-in", "sealed"], cwd=folder, capture_output=True, check=True)
    return done.stdout


def encryption_pem(holder: Holder) -> str:
    """Of the holder's newest encryption certificate."""
    items = holder.http.get("/v1/certificates").json()["items"]
    serial = next(one["serial"] for one in items if one["purpose"] == "encryption")
    return str(holder.http.get(f"/v1/certificates/{serial}").json()["certificate"])


def test_envelopes_are_opened_each_with_its_own_result(
    server: Server,
    desk: Desk,
    lock_ca: LockCa,
    centre: Centre,
    boss: Holder,
    bound: dict[str, Any],
    root: x509.Certificate,
    tmp_path: Path,
) -> None:
    hall, bid = X25519PrivateKey.generate(), "投标总价".encode()
    mine, envelope = encrypted(tmp_path, encryption_pem(boss), bid)
    stranger = founded(server, desk, lock_ca)
    theirs, _ = encrypted(tmp_path, encryption_pem(stranger), bid)
    foreign = lock_ca.certificate.public_bytes(Encoding.PEM).decode()
    unknown, _ = encrypted(tmp_path, foreign, bid)
    broken = base64.b64encode(base64.b64decode(mine)[:-3]).decode()
    recipients = {"a": mine, "b": theirs, "c": unknown, "d": broken, "e": mine}
    asked = centre.asked(
        "decrypt",
        tender={"title": "道路工程", "number": "LY-1"},
        session_key=base64.b64encode(hall.public_key().public_bytes_raw()).decode(),
        envelopes=[
            {"id": key, "title": f"投标文件 {key}", "recipient": one} for key, one in recipients.items()
        ],
    )
    shown = boss.claimed(centre, asked)
    assert shown["count"] == 5
    assert {"label": "项目编号", "value": "LY-1"} in shown["facts"]
    answer = boss.done(centre, asked)
    results = {one["id"]: one["status"] for one in answer["envelopes"]}
    assert results == {
        "a": "opened",
        "b": "recipient_not_ours",
        "c": "certificate_unknown",
        "d": "recipient_malformed",
        "e": "opened",
    }
    sealed = base64.b64decode(answer["envelopes"][0]["sealed_key"])
    content_key = SUITE.decrypt(sealed, hall, f"{asked['id']}|a".encode())
    assert decrypted(tmp_path, envelope, content_key) == bid
    with pytest.raises(Exception):  # noqa: B017, PT011 - the library's own: the key is for this envelope
        SUITE.decrypt(sealed, hall, f"{asked['id']}|e".encode())
    said = check_statement(answer, asked, centre, root)
    assert {one["id"]: one["status"] for one in said["envelopes"]} == results
    assert "sealed_key" not in str(said)


def test_the_evidence_is_signed(
    centre: Centre, boss: Holder, bound: dict[str, Any], root: x509.Certificate
) -> None:
    asked = centre.asked("login")
    boss.claimed(centre, asked)
    assert boss.http.post(f"/v1/scans/{asked['id']}/approval", json={}).status_code == 200
    told = centre.call("GET", f"scans/{asked['id']}/evidence").json()
    assert [one["action"] for one in told["events"]] == ["create", "claim", "approve", "confirm", "complete"]
    said, _ = claims_of(told["statement"], STATEMENT, root)
    assert [one["number"] for one in said["events"]] == [1, 2, 3, 4, 5]
    assert (said["scan"], said["request_digest"]) == (asked["id"], asked["request_digest"])


def test_a_holder_declines(centre: Centre, boss: Holder, bound: dict[str, Any]) -> None:
    asked = centre.asked("tool-login", tool="工具")
    boss.claimed(centre, asked)
    path = f"/v1/scans/{asked['id']}/refusal"
    assert boss.http.post(path, json={"reason": "不是本人操作"}).json()["status"] == "refused"
    state = centre.state(asked)
    assert (state["status"], state["hint"], state["reason"]) == ("refused", "user_refused", "不是本人操作")
    assert code_of(boss.approve(asked)) == (410, "session_refused")
    assert code_of(boss.http.post(path, json={})) == (410, "session_refused")


def test_a_platform_takes_its_request_back(centre: Centre, boss: Holder, bound: dict[str, Any]) -> None:
    asked = centre.asked("login")
    boss.claimed(centre, asked)
    assert centre.call("DELETE", f"scans/{asked['id']}").status_code == 204
    assert code_of(boss.http.post(f"/v1/scans/{asked['id']}/approval", json={})) == (410, "session_cancelled")
    assert centre.hint(asked) == "cancelled"


def test_a_pin_is_in_no_answer(centre: Centre, boss: Holder, bound: dict[str, Any]) -> None:
    pin = secrets.token_hex(8)
    asked = centre.asked("tool-login", tool="工具")
    boss.claimed(centre, asked)
    refused = boss.approve(asked, pin=pin)
    assert code_of(refused) == (403, "pin_wrong")
    assert pin not in refused.text + str(centre.state(asked)) + centre.server.log.read_text()
    assert boss.approve(asked, pin=PIN).status_code == 200
