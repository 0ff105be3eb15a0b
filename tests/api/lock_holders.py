"""What the lock agent says to the server in 下载到 CA 锁, with software keys in place of a lock."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID

from mobile_bridge.possession import EnrolledKeys, open_challenge, proof_of, spki
from tests.api.people import Phone
from tests.api.running import Server


def a_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request_by(key: Any, nonce: str) -> bytes:
    """A PKCS#10 for one session."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, nonce.encode())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass
class Holder:
    """A PC with a lock. ``signing``, ``encryption``: its keys."""

    server: Server
    signing: Any = field(default_factory=a_key)
    encryption: Any = None

    def __post_init__(self) -> None:
        self.http = self.server.client("/bridge/v1")

    def claim(self, phone: Phone, application: str) -> Holder:
        """The phone sends, this PC claims."""
        sent = phone.http.post(f"/v1/applications/{application}/enrolment")
        assert sent.status_code == 201, sent.text
        body = {"address": sent.json()["address"].rpartition("/")[2], "code": sent.json()["code"]}
        claimed = self.http.post("/claims", json=body)
        assert claimed.status_code == 201, claimed.text
        self.http.headers["Authorization"] = f"Bearer {claimed.json()['task_token']}"
        return self

    def facts(self) -> dict[str, str]:
        """What is wanted."""
        told = self.http.get("/task/enrolment")
        assert told.status_code == 200, told.text
        found: dict[str, str] = told.json()
        return found

    def offer(self, request: bytes | None = None, **changes: str) -> httpx.Response:
        """The keys, with a good request unless another is given."""
        made = request or request_by(self.signing, self.facts()["nonce"])
        second = b64encode(spki(self.encryption.public_key())).decode() if self.encryption else ""
        body = {"signing_request": b64encode(made).decode(), "encryption_key": second}
        body |= {"lock_label": "阳光建设的锁", "lock_serial": "0123456789"}
        return self.http.post("/task/enrolment/keys", json=body | changes)

    def prove(self, challenge: str, spoil: Callable[[str], str] = lambda proof: proof) -> httpx.Response:
        """Open the challenge, and answer."""
        proof = proof_of(open_challenge(self.encryption, b64decode(challenge)), self.keys())
        return self.http.post("/task/enrolment/proof", json={"proof": spoil(proof)})

    def keys(self) -> EnrolledKeys:
        second = spki(self.encryption.public_key()) if self.encryption else b""
        return EnrolledKeys(self.facts()["reference"], spki(self.signing.public_key()), second)

    def offer_all(self) -> Holder:
        """Keys and proof."""
        offered = self.offer()
        assert offered.status_code == 200, offered.text
        if offered.json()["challenge"]:
            proven = self.prove(offered.json()["challenge"])
            assert proven.status_code == 204, proven.text
        return self

    def certificates(self) -> dict[str, str]:
        told = self.http.get("/task/enrolment/certificates")
        assert told.status_code == 200, told.text
        found: dict[str, str] = told.json()
        return found

    def written(self, **changes: str) -> httpx.Response:
        """Say that they are on the lock."""
        given = self.certificates()
        body = {
            f"{one}_sha256": fingerprint(given[f"{one}_certificate"]) for one in ("signing", "encryption")
        }
        return self.http.post("/task/enrolment/written", json=body | changes)


def fingerprint(packed: str) -> str:
    if not packed:
        return ""
    return x509.load_der_x509_certificate(b64decode(packed)).fingerprint(hashes.SHA256()).hex()


def state(phone: Phone, application: str) -> dict[str, Any]:
    """What the phone sees."""
    told = phone.http.get(f"/v1/applications/{application}/enrolment")
    assert told.status_code == 200, told.text
    found: dict[str, Any] = told.json()
    return found


def confirm(phone: Phone, application: str, digest: str | None = None) -> httpx.Response:
    """Compare and confirm."""
    shown = digest or state(phone, application)["keys_digest"]
    path = f"/v1/applications/{application}/enrolment/confirmation"
    return phone.http.post(path, json={"keys_digest": shown})
