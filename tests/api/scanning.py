"""A trading centre that asks, and phones that scan, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from cryptography import x509

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, a_picture
from tests.api.platform_calls import PlatformServer, register
from tests.api.running import Server

KINDS = ["bind", "login", "tool-login", "sign", "generate", "record", "decrypt"]
DUAL = "linyi-enterprise-month-dual"


@dataclass
class Centre:
    """A registered platform with its pages."""

    server: Server
    platform: PlatformServer
    origin: str

    @classmethod
    def opened(cls, server: Server, desk: Desk, **more: Any) -> Centre:
        name = secrets.token_hex(6)
        origin = f"https://{name}.example.cn"
        terms = {
            "name": f"交易中心{name}",
            "domain": f"{name}.example.cn",
            "origins": [origin],
            "scopes": KINDS,
        }
        return cls(server, register(server, desk, **terms | more), origin)

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        content = b"" if body is None else json.dumps(body).encode()
        return self.platform.call(method, f"/platform/v1/{path}", content)

    def ask(self, kind: str, **body: Any) -> httpx.Response:
        return self.call("POST", "scans", {"kind": kind, "nonce": secrets.token_urlsafe(16)} | body)

    def asked(self, kind: str, **body: Any) -> dict[str, Any]:
        """A new scan."""
        made = self.ask(kind, **body)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def state(self, scan: dict[str, Any]) -> dict[str, Any]:
        found = self.call("GET", f"scans/{scan['id']}")
        assert found.status_code == 200, found.text
        return dict(found.json())

    def hint(self, scan: dict[str, Any]) -> str:
        return str(self.state(scan)["hint"])

    def upload(self, pdf: bytes) -> str:
        """The SHA-256 of a document that was uploaded."""
        sent = self.platform.call("POST", "/platform/v1/documents", pdf, media_type="application/pdf")
        assert sent.status_code == 201, sent.text
        assert sent.json()["sha256"] == hashlib.sha256(pdf).hexdigest()
        return str(sent.json()["sha256"])

    def to_sign(self, *pdfs: bytes, x_mm: float = 100, y_mm: float = 200) -> list[dict[str, Any]]:
        """Uploaded documents, each with a place on its first page."""
        place = {"page": 0, "x_mm": x_mm, "y_mm": y_mm}
        return [
            {"sha256": self.upload(pdf), "title": f"文件 {number}", "places": [place]}
            for number, pdf in enumerate(pdfs, 1)
        ]

    def qr(self, scan: dict[str, Any]) -> str:
        """What the page shows now, or showed before the scan was claimed."""
        token = {"Authorization": f"Bearer {scan['wait_token']}", "Origin": self.origin}
        found = self.platform.http.get(scan["wait_url"], headers=token)
        assert found.status_code == 200, found.text
        if frames := found.json()["frames"]:
            scan["shown"] = frames[0]["url"]
        return str(scan["shown"])


@dataclass
class Holder:
    """Somebody with a phone and a certificate of an enterprise."""

    phone: Phone
    serial: str
    credit_code: str
    application: str

    @property
    def http(self) -> httpx.Client:
        return self.phone.http

    def claim(self, centre: Centre, scan: dict[str, Any]) -> httpx.Response:
        return self.http.post("/v1/scans/claims", json={"qr": centre.qr(scan)})

    def claimed(self, centre: Centre, scan: dict[str, Any]) -> dict[str, Any]:
        taken = self.claim(centre, scan)
        assert taken.status_code == 201, taken.text
        return dict(taken.json())

    def approve(self, scan: dict[str, Any], pin: str = PIN, **more: Any) -> httpx.Response:
        body = {"certificate": self.serial, "pin": pin} | more
        return self.http.post(f"/v1/scans/{scan['id']}/approval", json=body)

    def done(self, centre: Centre, scan: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Scan, look, approve; the answer that the platform gets."""
        self.claimed(centre, scan)
        approved = self.approve(scan, **more)
        assert approved.status_code == 200, approved.text
        assert approved.json()["status"] == "complete"
        state = centre.state(scan)
        assert (state["status"], state["hint"]) == ("complete", "complete")
        return dict(state["answer"])

    def bound(self, centre: Centre, user: str | None = None) -> dict[str, Any]:
        """扫码绑定; the binding."""
        asked = centre.asked("bind", user=user or f"u-{secrets.token_hex(4)}", user_name="李晓明")
        return dict(self.done(centre, asked)["binding"])


def founded(server: Server, desk: Desk, lock_ca: LockCa, product: str = DUAL) -> Holder:
    """The administrator of a new enterprise, with a certificate of ``product``."""
    phone, credit_code = Phone(server).sign_in(), a_credit_code()
    application = str(phone.apply(credit_code=credit_code, product=product).json()["id"])
    assert phone.put_licence(application, a_picture()).status_code == 200
    Pc(server).sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    given = phone.act(application, "download", pin=PIN)
    assert given.status_code == 200, given.text
    return Holder(phone, str(given.json()["serial"]), credit_code, application)


def claims_of(token: str, typ: str, root: x509.Certificate) -> tuple[dict[str, Any], x509.Certificate]:
    """What a JWS says, and who: its chain in x5c leads to ``root``."""
    header = jwt.get_unverified_header(token)
    assert header["typ"] == typ
    chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in header["x5c"]]
    for one, issuer in zip(chain, [*chain[1:], root], strict=True):
        one.verify_directly_issued_by(issuer)
    options: Any = {"verify_aud": False}
    said = jwt.decode(token, chain[0].public_key(), algorithms=[header["alg"]], options=options)  # type: ignore[arg-type]
    return dict(said), chain[0]
