"""Signing software that speaks the CSC API to a real server."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code
from tests.api.running import Server

PASSWORD = "Shan-Dong-2026"
SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
INVALID_SAD = (400, "invalid_request", "Invalid parameter SAD")


def hash_of(text: str) -> str:
    """A SHA-256 in base64."""
    return b64encode(sha256(text.encode()).digest()).decode()


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, error and its description, of an answer that is CSC's own JSON."""
    assert answer.headers["content-type"] == "application/json", answer.text
    told = answer.json()
    return answer.status_code, told["error"], told["error_description"]


@dataclass
class Software:
    """Signing software on a PC: it has the number, the password and the PIN of a person."""

    http: httpx.Client
    number: str
    version: int = 1

    @classmethod
    def of(cls, server: Server, phone: Phone, version: int = 1) -> Software:
        """Logged in for the person of ``phone``, whose password is set on the way."""
        put = phone.http.put("/v1/account/password", json={"password": PASSWORD})
        assert put.status_code in (204, 403), put.text
        made = cls(server.client(f"/csc/v{version}"), phone.number, version)
        opened = made.log_in()
        assert opened.status_code == 200, opened.text
        made.http.headers["Authorization"] = f"Bearer {opened.json()['access_token']}"
        return made

    def log_in(self, password: str = PASSWORD, **body: Any) -> httpx.Response:
        return self.http.post("/auth/login", json=body, auth=(self.number, password))

    def call(self, method: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/{method}", json=body)

    def authorize(self, serial: str, *hashes: str, pin: str = PIN, **changes: Any) -> httpx.Response:
        named: dict[str, Any] = {"credentialID": serial, "numSignatures": len(hashes)}
        if self.version == 1:
            named |= {"hash": list(hashes), "PIN": pin}
        else:
            named |= {"hashes": list(hashes), "hashAlgorithmOID": SHA256}
            named |= {"authData": [{"id": "PIN", "value": pin}]}
        return self.call("credentials/authorize", **(named | changes))

    def sad(self, serial: str, *hashes: str) -> str:
        granted = self.authorize(serial, *hashes)
        assert granted.status_code == 200, granted.text
        return str(granted.json()["SAD"])

    def sign(self, serial: str, sad: str, *hashes: str, **changes: Any) -> httpx.Response:
        name = "hash" if self.version == 1 else "hashes"
        named = {"credentialID": serial, "SAD": sad, name: list(hashes), "signAlgo": ECDSA_SHA256}
        return self.call("signatures/signHash", **(named | changes))

    def signature(self, serial: str, sad: str, text: str, **changes: Any) -> bytes:
        made = self.sign(serial, sad, text, **changes)
        assert made.status_code == 200, made.text
        return b64decode(made.json()["signatures"][0])


def switch_on(phone: Phone, serial: str, pin: str = PIN) -> httpx.Response:
    return phone.http.put(f"/v1/certificates/{serial}/remote-signing", json={"pin": pin})


@dataclass
class Signer:
    """A person with a certificate that signing software may use."""

    phone: Phone
    serial: str


def a_signer(server: Server, desk: Desk, lock_ca: LockCa, **terms: Any) -> Signer:
    """An administrator whose enterprise certificate has remote signing on. ``terms``: of its product."""
    phone, credit_code = Phone(server).sign_in(), a_credit_code()
    product = desk.product(f"remote-{'-'.join(terms.values())}", **terms)
    application = phone.applied(credit_code, product)
    Pc(server).sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    downloaded = phone.act(application, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    serial = str(downloaded.json()["serial"])
    assert switch_on(phone, serial).status_code == 204
    return Signer(phone, serial)
