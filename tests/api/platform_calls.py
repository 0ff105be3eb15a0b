"""A trading platform's own signer, written from RFC 9421 without any library of it: two must agree."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_p256
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.platforms.public_keys import CallKey
from tests.api.conformity import check
from tests.api.people import Desk
from tests.api.running import Server

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
COVERED = ("@method", "@authority", "@path", "@query")


def new_key(kind: str = "ed25519") -> PrivateKey:
    return Ed25519PrivateKey.generate() if kind == "ed25519" else generate_p256(SECP256R1())


def pem_of(key: PrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def id_of(key: PrivateKey) -> str:
    return CallKey(key.public_key()).id


@dataclass(frozen=True)
class Signer:
    """``said``: parameters that are to be other than usual; None leaves one out."""

    key: PrivateKey
    covered: Sequence[str] = COVERED
    label: str = "sig1"
    said: dict[str, Any] = field(default_factory=dict)

    def sign(self, method: str, url: str, body: bytes = b"") -> dict[str, str]:
        """The fields that a call needs."""
        headers = {}
        covered = list(self.covered)
        if body:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            headers["Content-Digest"] = f"sha-256=:{digest}:"
            covered.append("content-digest")
        parameters = self._parameters(covered)
        base = self._base(covered, method, url, headers, parameters)
        signature = base64.b64encode(self._signature(base.encode())).decode()
        signed = {"Signature-Input": f"{self.label}={parameters}", "Signature": f"{self.label}=:{signature}:"}
        return headers | signed

    def _parameters(self, covered: Sequence[str]) -> str:
        usual = {"created": int(time.time()), "nonce": secrets.token_urlsafe(16), "keyid": id_of(self.key)}
        said = usual | {"tag": "sealbridge"} | self.said
        told = (f";{name}={_written(value)}" for name, value in said.items() if value is not None)
        return "(" + " ".join(f'"{one}"' for one in covered) + ")" + "".join(told)

    def _base(
        self, covered: Sequence[str], method: str, url: str, headers: dict[str, str], parameters: str
    ) -> str:
        parts = urlsplit(url)
        values = {
            "@method": method,
            "@authority": parts.netloc.lower(),
            "@path": parts.path or "/",
            "@query": f"?{parts.query}",
        } | {name.lower(): value for name, value in headers.items()}
        lines = [f'"{one}": {values[one]}' for one in covered]
        return "\n".join([*lines, f'"@signature-params": {parameters}'])

    def _signature(self, base: bytes) -> bytes:
        if isinstance(self.key, Ed25519PrivateKey):
            return self.key.sign(base)
        r, s = decode_dss_signature(self.key.sign(base, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _written(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


class PlatformServer:
    """A registered platform, calling."""

    def __init__(self, server: Server, platform_id: str, key: PrivateKey) -> None:
        self.id = platform_id
        self.key, self.key_id = key, id_of(key)
        self.url = server.url
        self.http = server.client()
        self.http.event_hooks["response"].append(check)

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        signer: Signer | None = None,
        media_type: str = "application/json",
    ) -> httpx.Response:
        signed = (signer or Signer(self.key)).sign(method, self.url + path, body)
        return self.send(method, path, body, signed, media_type)

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        signed: dict[str, str],
        media_type: str = "application/json",
    ) -> httpx.Response:
        kind = {"Content-Type": media_type} if body else {}
        return self.http.request(method, path, content=body, headers=signed | kind)


def register(server: Server, desk: Desk, key: PrivateKey | None = None, **more: Any) -> PlatformServer:
    """A platform of its own for a test."""
    key, name = key or new_key(), secrets.token_hex(6)
    terms = {
        "name": f"交易中心 {name}",
        "domain": f"{name}.example.cn",
        "origins": [f"https://{name}.example.cn"],
    }
    terms |= {"scopes": ["bind", "login", "sign"], "callback_url": None}
    made = desk.http.post("/v1/operator/platforms", json=terms | more)
    assert made.status_code == 201, made.text
    platform_id = str(made.json()["id"])
    added = desk.http.post(f"/v1/operator/platforms/{platform_id}/keys", json={"pem": pem_of(key)})
    assert added.status_code == 201, added.text
    assert added.json()["id"] == id_of(key)
    return PlatformServer(server, platform_id, key)
