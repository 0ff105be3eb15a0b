"""The platform's calls: HTTPS, each signed by the platform's key (RFC 9421), every failure told apart."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self, cast
from urllib.parse import quote

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mobile_bridge.sdk import message_signatures
from mobile_bridge.sdk.errors import NotVerified, Unreachable, refused
from mobile_bridge.sdk.message_signatures import Message, PrivateKey
from mobile_bridge.sdk.scans import (
    Envelope,
    Scan,
    Started,
    Tender,
    ToDeposit,
    ToSeal,
    Uploaded,
    request_digest,
)

PREFIX: Final = "/platform/v1"
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """The key that signs this platform's calls: Ed25519, or ECDSA on P-256."""

    key: PrivateKey = field(repr=False)

    @classmethod
    def of_pem(cls, pem: bytes, password: bytes | None = None) -> Self:
        """A private key in PEM. Raises ValueError."""
        key = load_pem_private_key(pem, password)
        is_p256 = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
        if not (is_p256 or isinstance(key, ed25519.Ed25519PrivateKey)):
            raise ValueError("a platform's key is Ed25519, or ECDSA on P-256")
        return cls(cast(PrivateKey, key))

    @classmethod
    def new(cls) -> Self:
        """A fresh Ed25519 key."""
        return cls(ed25519.Ed25519PrivateKey.generate())

    @property
    def id(self) -> str:
        """How the service names the key: the thumbprint of its JWK (RFC 7638)."""
        return key_id_of(self.key.public_key())

    def pem(self) -> bytes:
        """The private key, PKCS #8 without a password: keep it where only the platform's server reads."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def public_pem(self) -> bytes:
        """What is given to the service's operator."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id_of(public: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> str:
    """The thumbprint of a public key's JWK (RFC 7638)."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public.public_bytes_raw())}
    else:
        numbers = public.public_numbers()
        x, y = (_base64url(one.to_bytes(32, "big")) for one in (numbers.x, numbers.y))
        members = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


class SignedCalls(httpx.Auth):
    """Signs whatever httpx sends."""

    requires_request_body = True

    def __init__(self, key: PlatformKey) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers; a request that is sent again is signed again, with another nonce."""
        message = Message(request.method, str(request.url), request.content)
        request.headers.update(
            message_signatures.sign(message, self._key.key, self._key.id, datetime.now(UTC))
        )
        yield request


class PlatformClient:
    """One platform at one service. Safe for threads; close it, or use it in a ``with``.

    ``origin``: the site whose pages show the code, one of those registered. ``issuer``: how the service names
    itself in statements, where that is not the address it is called at. Every method raises Unreachable, and
    the subclasses of Refused.
    """

    def __init__(self, service: str, key: PlatformKey, *, origin: str, issuer: str | None = None) -> None:
        self.service, self.origin = service.rstrip("/"), origin
        self.issuer = issuer or self.service
        self._platform: str | None = None
        self._http = httpx.Client(
            base_url=self.service + PREFIX, auth=SignedCalls(key), timeout=_TIMEOUT, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    @property
    def platform(self) -> str:
        """The platform's id at the service, asked once."""
        if self._platform is None:
            self._platform = str(self._json("GET", "/platform")["id"])
        return self._platform

    # What a page asks a phone for.

    def bind(
        self, user: str, *, user_name: str | None = None, credit_code: str | None = None, **more: Any
    ) -> Started:
        """扫码绑定: tie the platform's ``user`` to the person who scans, and to the enterprise.

        ``more``, here and below: ``title``, ``lifetime_seconds`` (60 to 600), ``nonce``.
        """
        return self._start("bind", {"user": user, "user_name": user_name, "credit_code": credit_code}, more)

    def login(self, **more: Any) -> Started:
        """扫码登录: which of the platform's users scans."""
        return self._start("login", {}, more)

    def tool_login(self, tool: str, **more: Any) -> Started:
        """投标工具 CA 认证: like ``login``, for a program on a desk."""
        return self._start("tool-login", {"tool": tool}, more)

    def record(self, **more: Any) -> Started:
        """同步诚信库: the enterprise's record and certificates, given out by a member."""
        return self._start("record", {}, more)

    def sign(self, reason: str, documents: Iterable[ToSeal], **more: Any) -> Started:
        """扫码签章: seals on 1 to 50 documents that were uploaded before."""
        return self._start("sign", {"reason": reason, "documents": [one.wire() for one in documents]}, more)

    def generate(
        self, file_title: str, sha256: str, size: int, facts: Mapping[str, str] | None = None, **more: Any
    ) -> Started:
        """扫码生成招标文件: approve a file that never leaves the platform. ``facts``: shown on the phone."""
        shown = [{"label": label, "value": value} for label, value in (facts or {}).items()]
        file = {"title": file_title, "sha256": sha256, "bytes": size}
        return self._start("generate", {"file": file, "facts": shown}, more)

    def deposit(self, tender: Tender, envelopes: Sequence[ToDeposit], **more: Any) -> Started:
        """扫码递交: the bidder's token tries the keys of 1 to 200 envelopes, and gets a receipt.

        Before the opening alone. The tender's window may be later than announced before, never earlier.
        """
        request = {"tender": tender.wire(), "envelopes": [one.wire() for one in envelopes]}
        return self._start("deposit", request, more)

    def decrypt(
        self,
        tender: Tender | str,
        number: str = "",
        session_key: bytes = b"",
        envelopes: Sequence[Envelope] = (),
        **more: Any,
    ) -> Started:
        """扫码解密: the content keys of 1 to 200 envelopes, sealed to the session's one-use public key.

        Inside the tender's window alone. A title in place of ``tender``, with ``number``: for envelopes that
        were never deposited, without a window.
        """
        told = tender.wire() if isinstance(tender, Tender) else {"title": tender, "number": number}
        request = {
            "tender": told,
            "session_key": base64.b64encode(session_key).decode(),
            "envelopes": [one.wire() for one in envelopes],
        }
        return self._start("decrypt", request, more)

    def _start(self, kind: str, request: Mapping[str, Any], more: Mapping[str, Any]) -> Started:
        common = {"kind": kind, "nonce": secrets.token_urlsafe(32), "origin": self.origin}
        body = {name: value for name, value in {**common, **more, **request}.items() if value is not None}
        made = self._json("POST", "/scans", json=body)
        # Reckoned here too: what a phone approves is then our very request, whatever the service says of it.
        if made.get("request_digest") != request_digest(self.platform, body):
            raise NotVerified("other_scan", "the service made a scan of another request")
        names = ("id", "request_digest", "wait_token", "wait_url", "events_url", "expires_at")
        facts = {name: str(made[name]) for name in names}
        return Started(
            **facts, kind=kind, nonce=str(body["nonce"]), issuer=self.issuer, audience=str(body["origin"])
        )

    # What becomes of it.

    def scan(self, scan: str) -> Scan:
        """Where it stands."""
        try:
            return Scan.of(self._json("GET", f"/scans/{quote(scan, safe='')}"))
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"not a scan: {error!r}") from error

    def wait(self, scan: str, *, seconds: float = 180.0, pause: float = _PAUSE) -> Scan:
        """Ask until nothing follows any more, or the time is over: for programs without a page."""
        until = time.monotonic() + seconds
        while True:
            found = self.scan(scan)
            if found.is_final or time.monotonic() >= until:
                return found
            time.sleep(pause)

    def cancel(self, scan: str) -> None:
        """Take it back; its code is worth nothing from now on."""
        self._call("DELETE", f"/scans/{quote(scan, safe='')}")

    def sealed(self, scan: str, number: int) -> bytes:
        """A sealed PDF of a ``sign`` scan, counted from 0 as they were asked for."""
        return self._call("GET", f"/scans/{quote(scan, safe='')}/documents/{number}").content

    def announce(self, tender: Tender) -> Any:
        """公告开标时间: say when an opening is, or that it is later than was said before."""
        window = {name: value for name, value in tender.wire().items() if name != "number"}
        return self._json("PUT", f"/openings/{quote(tender.number, safe='')}", json=window)

    def opening(self, number: str) -> Any:
        """An opening and the bids deposited for it, as the service lists them."""
        return self._json("GET", f"/openings/{quote(number, safe='')}")

    def opening_evidence(self, number: str) -> bytes:
        """The log of an opening, signed and time-stamped, as it was received: see ``verify_evidence``."""
        return self._call("GET", f"/openings/{quote(number, safe='')}/evidence").content

    def evidence(self, scan: str) -> bytes:
        """Every event of a scan with its time, signed by the service; as it was received."""
        return self._call("GET", f"/scans/{quote(scan, safe='')}/evidence").content

    # Documents, bindings, keys.

    def upload(self, pdf: bytes) -> Uploaded:
        """Hand over a document to be sealed; the same one may be sent again. Kept for a day."""
        digest = hashlib.sha256(pdf).hexdigest()
        headers = {"Content-Type": "application/pdf"}
        made = self._json("POST", "/documents", params={"sha256": digest}, content=pdf, headers=headers)
        return Uploaded(digest, int(made["pages"]), datetime.fromisoformat(made["expires_at"]))

    def bindings(self, **query: Any) -> Any:
        """The platform's bindings, as the service lists them."""
        return self._json("GET", "/bindings", params=query)

    def unbind(self, binding: str) -> None:
        """End a binding."""
        self._call("DELETE", f"/bindings/{quote(binding, safe='')}")

    def keys(self) -> Any:
        """The platform's keys, as the service lists them."""
        return self._json("GET", "/keys")

    def add_key(self, new: PlatformKey, label: str = "") -> Any:
        """Register another key, by a call signed with the present one: the first step of changing keys."""
        return self._json("POST", "/keys", json={"pem": new.public_pem().decode(), "label": label})

    def remove_key(self, key_id: str) -> None:
        """Retire a key; the last one stays."""
        self._call("DELETE", f"/keys/{quote(key_id, safe='')}")

    def _json(self, method: str, path: str, **request: Any) -> Any:
        return _decoded(self._call(method, path, **request))

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.service}: {type(error).__name__}") from error
        if response.is_success:
            return response
        problem = _decoded(response)
        if not isinstance(problem, dict) or "code" not in problem:
            raise Unreachable(f"HTTP {response.status_code} without a problem: not a signing service")
        raise refused(response.status_code, problem)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise Unreachable(f"HTTP {response.status_code}, not JSON: not a signing service") from error
