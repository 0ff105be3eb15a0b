"""The people of the story, each with a device that speaks HTTP."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from base64 import b64encode
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from PIL import Image

from ca.documents.cms_making import SigningIdentity, sign_cms
from ca.documents.hole import find_hole
from ca.errors import CaError
from ca.identifiers import check_credit_code, check_id_number
from tests.api.locks import Lock
from tests.api.running import Server

PRODUCT = "linyi-enterprise-month"
PIN = "8642-Seal"
COMPANY = "临沂阳光建设有限公司"


def completed(stem: str, check: Any) -> str:
    """``stem`` with the check characters that make it valid."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    tails = [""]
    for _ in range(18 - len(stem)):
        tails = [tail + one for tail in tails for one in alphabet]
    for tail in tails:
        try:
            return str(check(stem + tail))
        except CaError:
            continue
    raise AssertionError(stem)


def a_credit_code() -> str:
    """A valid code that no other test has."""
    body = "".join(secrets.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    return completed(f"91371300MA{body}"[:16], check_credit_code)


def an_id_number(place: str = "371300") -> str:
    """A valid number; among six million, so that two tests do not meet in one (one person, one account)."""
    born = date(1960, 1, 1) + timedelta(days=secrets.randbelow(18 * 365))
    return completed(f"{place}{born:%Y%m%d}{secrets.randbelow(1000):03d}", check_id_number)


def a_phone() -> str:
    return f"138{secrets.randbelow(10**8):08d}"


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (800, 600)) -> bytes:
    output = BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(output, kind)
    return output.getvalue()


def later(server: Server) -> None:
    """As if hours had passed since codes were sent."""
    with sqlite3.connect(server.data / "sealbridge.db", timeout=15) as db:
        db.executescript("DELETE FROM account_pace; DELETE FROM account_sms_code")


class Phone:
    """The mobile app of one person."""

    def __init__(self, server: Server, number: str | None = None) -> None:
        self.number = number or a_phone()
        self.holder = {"name": "李晓明", "id_number": an_id_number()}
        self.http = server.client()

    def sign_in(self) -> Phone:
        """Sign in and pass the real-name check, as every act but the check itself needs."""
        return self.enter().verified()

    def enter(self) -> Phone:
        """Sign in by SMS code."""
        assert self.http.post("/v1/sms-codes", json={"phone": self.number}).status_code == 202
        inbox = self.http.get("/dev/inbox", params={"format": "json"}).json()
        code = next(one["code"] for one in inbox if one["phone"] == self.number)
        opened = self.http.post("/v1/sessions", json={"phone": self.number, "code": code})
        assert opened.status_code == 201, opened.text
        self.http.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        return self

    def verified(self, name: str | None = None, id_number: str | None = None) -> Phone:
        """Pass the face check, unless it was passed before."""
        named = {"name": name, "id_number": id_number}
        self.holder |= {key: value for key, value in named.items() if value is not None}
        if not self.http.get("/v1/realname").json()["verified"]:
            started = self.start_check(**self.holder)
            assert started.status_code == 201, started.text
            Browser(self.http).choose(started.json()["page"], "pass")
            ended = self.http.get(f"/v1/realname/checks/{started.json()['id']}").json()
            assert ended["status"] == "passed", ended
        return self

    def start_check(self, method: str = "alipay-face", **body: str) -> httpx.Response:
        return self.http.post("/v1/realname/checks", json={"method": method} | body)

    def apply(self, **changes: str) -> httpx.Response:
        """``changes``: of the enterprise's fields, or ``product``, ``administrator_id``."""
        return self.http.post("/v1/applications", json=self.claim(**changes))

    def claim(self, **changes: str) -> dict[str, Any]:
        """What is sent to claim an enterprise; ``changes`` as above."""
        enterprise = {
            "name": COMPANY,
            "credit_code": a_credit_code(),
            "legal_person": "王建国",
            "legal_person_id": an_id_number(),
        }
        administrator = self.holder | {"id_number": changes.pop("administrator_id", self.holder["id_number"])}
        product = changes.pop("product", PRODUCT)
        return {"enterprise": enterprise | changes, "administrator": administrator, "product": product}

    def applied(self, credit_code: str, product: str = PRODUCT) -> str:
        """An application with its licence; its id."""
        made = self.apply(credit_code=credit_code, product=product)
        assert made.status_code == 201, made.text
        number = str(made.json()["id"])
        assert self.put_licence(number, a_picture()).status_code == 200
        return number

    def put_licence(self, application: str, picture: bytes, kind: str = "image/jpeg") -> httpx.Response:
        path = f"/v1/applications/{application}/licence"
        return self.http.put(path, content=picture, headers={"Content-Type": kind})

    def put_paper(self, application: str, picture: bytes) -> httpx.Response:
        path = f"/v1/applications/{application}/paper-form"
        return self.http.put(path, content=picture, headers={"Content-Type": "image/jpeg"})

    def send_to_computer(self, application: str) -> tuple[str, str]:
        """Address and code."""
        sent = self.http.post(f"/v1/applications/{application}/send-to-computer")
        assert sent.status_code == 201, sent.text
        return sent.json()["address"], sent.json()["code"]

    def confirm_pc(self, application: str) -> None:
        """Say yes to the PC that claims, as soon as it has."""
        path = f"/v1/applications/{application}/send-to-computer"
        for _ in range(300):
            pc = self.http.get(path).json()["pc"]
            if pc is not None:
                break
            time.sleep(0.1)
        done = self.http.post(f"{path}/confirmation", json={"number": pc["number"]})
        assert done.status_code == 200, done.text

    def act(self, application: str, action: str, **body: Any) -> httpx.Response:
        path = f"/v1/applications/{application}/{action}"
        return self.http.post(path, json=body) if body else self.http.post(path)

    def stamp(self, serial: str, pdf: bytes, pin: str = PIN, **places: Any) -> httpx.Response:
        fields = {"pin": pin, "page": 0, "x_mm": 100, "y_mm": 200} | places
        path = f"/v1/certificates/{serial}/seals"
        return self.http.post(path, data=fields, files={"file": ("a.pdf", pdf, "application/pdf")})

    def stamp_many(
        self, serial: str, pdfs: Sequence[bytes], pin: str = PIN, documents: Any = None, **fields: Any
    ) -> httpx.Response:
        """``documents``: how each is sealed; at one place unless given."""
        how = documents or [{"places": [{"page": 0, "x_mm": 100, "y_mm": 200}]}]
        files = [("files", (f"{number}.pdf", pdf, "application/pdf")) for number, pdf in enumerate(pdfs)]
        said = {"pin": pin, "documents": json.dumps(how)} | fields
        return self.http.post(f"/v1/certificates/{serial}/seals/batch", data=said, files=files)


class Browser:
    """The phone's browser on a provider's page."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def choose(self, page: str, choice: str) -> httpx.Response:
        """Open the page, press a button and follow to wherever that leads."""
        shown = self.http.get(page, headers={"Authorization": ""}, follow_redirects=True)
        assert shown.status_code == 200, shown.text
        assert f'value="{choice}"' in shown.text
        pressed = self.http.post(
            str(shown.url), data={"choice": choice}, headers={"Authorization": ""}, follow_redirects=True
        )
        assert pressed.status_code == 200, pressed.text
        return pressed


class Desk:
    """The operator's console."""

    def __init__(self, server: Server, name: str = "operator", password: str | None = None) -> None:
        self.http, self.name = server.client(), name
        login = {"name": name, "password": password or server.operator_password()}
        opened = self.http.post("/v1/operator/sessions", json=login)
        assert opened.status_code == 201, opened.text
        self.http.headers["Authorization"] = f"Bearer {opened.json()['token']}"

    def product(self, code: str, **changes: Any) -> str:
        """An enterprise product like the usual one, with ``changes``; its code."""
        path = f"/v1/operator/catalogue/products/{code}"
        terms = {
            "kind": "enterprise",
            "name": "企业数字证书",
            "platform": "linyi",
            "authority": "sealbridge",
            "profile": "enterprise-signing",
            "validity_days": 30,
            "fee_fen": 0,
            "scope": "电子签章",
        }
        known = self.http.get(path)
        version = known.json()["version"] if known.status_code == 200 else 0
        put = self.http.put(path, json=terms | changes | {"replaces": version})
        assert put.status_code == 200, put.text
        return code

    def judge(self, application: str, verdict: str, **body: Any) -> httpx.Response:
        """Claim the case and decide; what refuses the claim refuses the decision too."""
        path = f"/v1/review/applications/{application}"
        self.http.post(f"{path}/claim")
        return self.http.post(f"{path}/{verdict}", json=body) if body else self.http.post(f"{path}/{verdict}")


class Pc:
    """What the agent says to the server, with a software key in place of the lock."""

    def __init__(self, server: Server) -> None:
        self.http = server.client("/bridge/v1")

    def claim(self, address: str, code: str) -> httpx.Response:
        claimed = self.http.post("/claims", json={"address": address.rpartition("/")[2], "code": code})
        if claimed.status_code == 201:
            self.http.headers["Authorization"] = f"Bearer {claimed.json()['task_token']}"
        return claimed

    def offer(self, lock: Lock) -> httpx.Response:
        return self.http.post("/task/certificate", json={"certificate": b64encode(lock.der).decode()})

    def answer(self, lock: Lock, document: bytes | None = None) -> httpx.Response:
        """Sign the prepared document (or another) and post the answer."""
        return self.http.post("/task/answer", json=self.signed(lock, document or self.document()))

    def document(self) -> bytes:
        return self.http.get("/task/document").content

    @staticmethod
    def signed(lock: Lock, document: bytes) -> dict[str, str]:
        digest = find_hole(document).digest(document, hashes.SHA256())
        cms = sign_cms(SigningIdentity(lock.key, lock.certificate), digest, hashes.SHA256())
        return {"cms": b64encode(cms).decode()}

    def sign(self, phone: Phone, application: str, lock: Lock) -> None:
        """The whole of 发送到电脑."""
        assert self.claim(*phone.send_to_computer(application)).status_code == 201
        phone.confirm_pc(application)
        offered = self.offer(lock)
        assert offered.status_code == 204, offered.text
        answered = self.answer(lock)
        assert answered.status_code == 200, answered.text


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and stable code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
