"""扫码, rows B1 to B8 of the mission: a tender from its file to the opening, on both databases.

Judges: Poppler for seals, PyJWT for what is signed, OpenSSL for chains and for bids.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from tests.api.people import PIN, code_of
from tests.api.running import Server
from tests.api.scanning import DUAL, Centre, Holder
from tests.api.test_scans import decrypted, encrypted
from tests.journeys.app import good
from tests.journeys.conftest import founded, staffed
from tests.journeys.judges import Public, pem_of, ran
from tests.journeys.papers import bid_letter

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Judge:
    """Reads what the service and persons signed, as somebody with nothing but the root does.

    ``signer``: whose signature was read last.
    """

    signer: x509.Certificate

    def __init__(self, public: Public) -> None:
        self.public = public

    def claims(self, token: str, typ: str, scan: dict[str, Any], audience: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        assert header["typ"] == typ
        leaf, *between = (x509.load_der_x509_certificate(base64.b64decode(one)) for one in header["x5c"])
        files = {"root": [self.public.certificate("root")], "between": between, "leaf": [leaf]}
        paths = {
            name: self.public.file(f"{name}.pem", "".join(map(pem_of, some))) for name, some in files.items()
        }
        trust: list[str | Path] = ["-CAfile", paths["root"], "-untrusted", paths["between"]]
        ran("openssl", "verify", "-x509_strict", "-purpose", "any", *trust, paths["leaf"])
        key: Any = leaf.public_key()
        said = jwt.decode(token, key, algorithms=[header["alg"]], audience=audience)
        assert (said["jti"], said["request_digest"]) == (scan["id"], scan["request_digest"])
        self.signer = leaf
        return dict(said)

    def answer(self, answer: dict[str, Any], scan: dict[str, Any], centre: Centre) -> dict[str, Any]:
        """The statement's claims; an approval holds too, and is by a subscriber."""
        if "approval" in answer:
            self.claims(answer["approval"], "sealbridge-approval+jwt", scan, centre.origin)
            assert "O=临沂阳光建设有限公司" in self.signer.subject.rfc4514_string()
        return self.claims(answer["statement"], "sealbridge-statement+jwt", scan, centre.origin)


@pytest.fixture
def judge(each_server: Server, tmp_path: Path) -> Judge:
    return Judge(Public(each_server.client(), tmp_path))


def test_a_tender_from_its_file_to_the_opening(each_server: Server, judge: Judge, tmp_path: Path) -> None:
    office = staffed(each_server)
    centre = Centre.opened(each_server, office.first)
    enterprise = founded(office, DUAL)
    boss = Holder(enterprise.boss, enterprise.serial, enterprise.credit_code, "")

    # B1 扫码绑定. Nobody is let in before.
    early = centre.asked("login")
    assert code_of(boss.claim(centre, early)) == (403, "not_bound")
    binding = centre.asked("bind", user="u-7", user_name="王建国", credit_code=boss.credit_code)
    answer = boss.done(centre, binding)
    said = judge.answer(answer, binding, centre)
    assert said["binding"]["enterprise"]["credit_code"] == boss.credit_code
    pems = {one["use"]: one["pem"] for one in answer["certificates"]}
    assert set(pems) == {"signing", "encryption"}

    # B2 扫码登录, without a PIN.
    entering = centre.asked("login")
    boss.claimed(centre, entering)
    good(boss.http.post(f"/v1/scans/{entering['id']}/approval", json={}))
    said = judge.answer(centre.state(entering)["answer"], entering, centre)
    assert (said["user"], said["enterprise"]["credit_code"]) == ("u-7", boss.credit_code)

    # B3 扫码签章: the tender file, at the place that the centre chose.
    tender = bid_letter()
    sealing = centre.asked("sign", reason="招标文件签章", documents=centre.to_sign(tender))
    said = judge.answer(boss.done(centre, sealing), sealing, centre)
    sealed = centre.call("GET", f"scans/{sealing['id']}/documents/0").content
    assert sealed.startswith(tender)
    assert hashlib.sha256(sealed).hexdigest() == said["documents"][0]["sealed_sha256"]
    judge.public.check_sealed(sealed, enterprise.name)

    # B4 扫码生成招标文件: the sealed file is answered for.
    file = {"title": "招标文件", "sha256": hashlib.sha256(sealed).hexdigest(), "bytes": len(sealed)}
    generating = centre.asked("generate", file=file, facts=[{"label": "项目编号", "value": "LY-7"}])
    assert judge.answer(boss.done(centre, generating), generating, centre)["file"] == file

    # B5 投标工具 CA 认证 and 同步诚信库.
    tool = centre.asked("tool-login", tool="投标文件制作工具")
    assert judge.answer(boss.done(centre, tool), tool, centre)["tool"] == "投标文件制作工具"
    recording = centre.asked("record")
    record = judge.answer(boss.done(centre, recording), recording, centre)["record"]
    assert (record["enterprise"]["name"], record["role"]) == (enterprise.name, "管理员")

    # B6 扫码生成投标文件: sealed by scanning, encrypted on the bidder's PC to the certificate from B1.
    bid = bid_letter()
    bidding = centre.asked("sign", reason="投标文件签章", documents=centre.to_sign(bid, x_mm=60))
    boss.done(centre, bidding)
    sealed_bid = centre.call("GET", f"scans/{bidding['id']}/documents/0").content
    recipient, envelope = encrypted(tmp_path, pems["encryption"], sealed_bid)
    statement, opening = encrypted(tmp_path, pems["encryption"], "唱标信息：三百万元".encode())

    # B7, B8 开标 and 评标: both envelopes by one scan; the hall decrypts with what comes sealed to it alone.
    hall = X25519PrivateKey.generate()
    decrypting = centre.asked(
        "decrypt",
        tender={"title": "道路工程", "number": "LY-7"},
        session_key=base64.b64encode(hall.public_key().public_bytes_raw()).decode(),
        envelopes=[
            {"id": "statement", "title": "唱标信息", "recipient": statement},
            {"id": "bid", "title": "投标文件", "recipient": recipient},
        ],
    )
    answer = boss.done(centre, decrypting)
    judge.answer(answer, decrypting, centre)
    keys = {
        one["id"]: SUITE.decrypt(
            base64.b64decode(one["sealed_key"]), hall, f"{decrypting['id']}|{one['id']}".encode()
        )
        for one in answer["envelopes"]
    }
    assert decrypted(tmp_path, opening, keys["statement"]).decode() == "唱标信息：三百万元"
    opened = decrypted(tmp_path, envelope, keys["bid"])
    assert opened == sealed_bid
    judge.public.check_sealed(opened, enterprise.name)

    # Years later: what happened, in order, by the service's word.
    told = centre.call("GET", f"scans/{decrypting['id']}/evidence").json()
    header = jwt.get_unverified_header(told["statement"])
    leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    key: Any = leaf.public_key()
    evidence = jwt.decode(told["statement"], key, algorithms=[header["alg"]], audience=centre.origin)
    assert [one["action"] for one in evidence["events"]] == [
        "create",
        "claim",
        "approve",
        "confirm",
        "complete",
    ]

    # The person ends it, and is nobody at the centre from now on.
    (mine, *_) = boss.http.get("/v1/bindings").json()["items"]
    assert (mine["user"], mine["ended_at"]) == ("u-7", None)
    good(boss.http.delete(f"/v1/bindings/{mine['id']}"))
    assert code_of(boss.claim(centre, centre.asked("login"))) == (403, "not_bound")
    assert centre.call("GET", "bindings?user=u-7").json()["items"][0]["ended_by"] == "person"


def test_a_right_pin_after_wrong_ones(each_server: Server) -> None:
    office = staffed(each_server)
    centre = Centre.opened(each_server, office.first)
    enterprise = founded(office)
    boss = Holder(enterprise.boss, enterprise.serial, enterprise.credit_code, "")
    boss.bound(centre)
    asked = centre.asked("record")
    boss.claimed(centre, asked)
    for left in (4, 3):
        refused = boss.approve(asked, pin="Wrong-Pin-1")
        assert (code_of(refused), refused.json()["tries_left"]) == ((403, "pin_wrong"), left)
        assert centre.hint(asked) == "pin_wrong"
    good(boss.approve(asked, pin=PIN))
    status = boss.http.get(f"/v1/certificates/{boss.serial}/pin").json()
    assert (status["tries_left"], status["locked"]) == (5, False)
