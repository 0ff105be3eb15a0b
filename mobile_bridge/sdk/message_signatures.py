"""HTTP message signatures (RFC 9421) over requests, with content digests (RFC 9530).

Covered are always ``@method``, ``@authority``, ``@path`` and ``@query``, and ``content-digest`` when there is
a body. No I/O: headers in, headers out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from mobile_bridge.sdk.errors import NotVerified

TAG: Final = "sealbridge"
_LABEL: Final = "sealbridge"
_ALWAYS: Final = ("@method", "@authority", "@path", "@query")
_DIGEST: Final = "content-digest"

_MEMBER: Final = re.compile(r'([a-z*][\w.*-]*)=(\([^)]*\)(?:;[\w*.-]+=(?:"[^"]*"|[\w.-]+))*)')

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class Message:
    """The parts of a request that a signature covers. ``url``: as sent, with its query."""

    method: str
    url: str
    body: bytes = b""

    def derived(self) -> dict[str, str]:
        """Those that a signature of ours never covers, and another's may."""
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return {"@scheme": parts.scheme, "@target-uri": self.url, "@request-target": target}

    def components(self, digest: str | None) -> dict[str, str]:
        """The derived components (RFC 9421, section 2.2), and the digest header where there is one."""
        parts = urlsplit(self.url)
        port = {"http": 80, "https": 443}.get(parts.scheme)
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        authority = host if parts.port in (None, port) else f"{host}:{parts.port}"
        values = (self.method.upper(), authority, parts.path or "/", f"?{parts.query}")
        found = dict(zip(_ALWAYS, values, strict=True))
        return found if digest is None else found | {_DIGEST: digest}


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What a signature says of itself; true once it was verified."""

    keyid: str
    nonce: str
    created: int
    """Seconds since 1970."""


def content_digest(body: bytes) -> str:
    """The value of ``Content-Digest`` (RFC 9530, section 2)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(message: Message, key: PrivateKey, keyid: str, at: datetime) -> dict[str, str]:
    """The headers to add to a request: a fresh nonce each time. Keys: Ed25519, or ECDSA on P-256."""
    headers = {"Content-Digest": content_digest(message.body)} if message.body else {}
    components = message.components(headers.get("Content-Digest"))
    covered = " ".join(f'"{name}"' for name in components)
    parameters = (
        f"({covered});created={int(at.timestamp())};"
        f'nonce="{secrets.token_urlsafe(24)}";keyid="{keyid}";alg="{_algorithm(key)}";tag="{TAG}"'
    )
    signature = _sign(key, _base(components, parameters))
    headers["Signature-Input"] = f"{_LABEL}={parameters}"
    headers["Signature"] = f"{_LABEL}=:{base64.b64encode(signature).decode()}:"
    return headers


def verify(message: Message, headers: Mapping[str, str], key: PublicKey) -> SignatureFacts:
    """Check the signature with our tag. ``headers``: names in any case.

    Whether the time and the nonce are acceptable is the caller's to judge.
    Raises NotVerified: malformed, algorithm_refused, signature_invalid.
    """
    given = {name.lower(): value for name, value in headers.items()}
    label, parameters = _ours(given.get("signature-input", ""))
    names = tuple(re.findall(r'"([^"]+)"', parameters.partition(")")[0]))
    digest = given.get(_DIGEST)
    if message.body and (digest is None or not hmac.compare_digest(digest, content_digest(message.body))):
        raise NotVerified("signature_invalid", "the body has another digest")
    components = message.components(digest if message.body else None)
    if set(names) != set(components) or len(names) != len(components):
        raise NotVerified("malformed", f"covered are {names}, expected {tuple(components)}")
    ordered = {name: components[name] for name in names}
    if (claimed := _text(parameters, "alg")) != (expected := _algorithm(key)):
        raise NotVerified("algorithm_refused", f"alg is {claimed}, the key is for {expected}")
    found = re.search(rf"(?:^|,)\s*{re.escape(label)}=:([A-Za-z0-9+/=]*):", given.get("signature", ""))
    try:
        _verify(key, base64.b64decode(found[1] if found else "", validate=True), _base(ordered, parameters))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise NotVerified("signature_invalid", "the signature does not hold") from error
    created = re.search(r";created=(\d{1,12})(?=;|$)", parameters)
    if created is None:
        raise NotVerified("malformed", "no time of creation")
    return SignatureFacts(_text(parameters, "keyid"), _text(parameters, "nonce"), int(created[1]))


def verify_kept(message: Message, fields: Mapping[str, str], key: PublicKey) -> SignatureFacts:
    """Check a call that was kept, whoever's library signed it: more may be covered, and ``alg`` left out.

    ``fields``: at least those that are covered, names in lower case. Raises NotVerified, as ``verify`` does.
    """
    label, parameters = _ours(fields.get("signature-input", ""))
    names = tuple(re.findall(r'"([^"]+)"', parameters.partition(")")[0]))
    if message.body and fields.get(_DIGEST) != content_digest(message.body):
        _check_digest(fields.get(_DIGEST, ""), message.body)
    derived = message.components(None) | message.derived()
    known = {**fields, **derived}
    wanted = {*_ALWAYS, *([_DIGEST] if message.body else [])}
    if not wanted <= set(names) <= set(known) or len(set(names)) != len(names):
        raise NotVerified("malformed", f"covered are {names}")
    if (claimed := _text(parameters, "alg")) not in ("", expected := _algorithm(key)):
        raise NotVerified("algorithm_refused", f"alg is {claimed}, the key is for {expected}")
    found = re.search(rf"(?:^|,)\s*{re.escape(label)}=:([A-Za-z0-9+/=]*):", fields.get("signature", ""))
    ordered = {name: known[name] for name in names}
    try:
        _verify(key, base64.b64decode(found[1] if found else "", validate=True), _base(ordered, parameters))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise NotVerified("signature_invalid", "the signature does not hold") from error
    created = re.search(r";created=(\d{1,12})(?=;|$)", parameters)
    if created is None:
        raise NotVerified("malformed", "no time of creation")
    return SignatureFacts(_text(parameters, "keyid"), _text(parameters, "nonce"), int(created[1]))


def _check_digest(field: str, body: bytes) -> None:
    """RFC 9530, section 2: any of the digests that both sides know."""
    for name, value in re.findall(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]*):", field):
        told = base64.b64encode(hashlib.new(name.replace("-", ""), body).digest()).decode()
        if hmac.compare_digest(told, value):
            return
    raise NotVerified("signature_invalid", "the body has another digest")


def _ours(header: str) -> tuple[str, str]:
    """Label and parameters of the member with our tag (RFC 9421, section 4.1)."""
    for label, parameters in _MEMBER.findall(header):
        if _text(parameters, "tag") == TAG:
            return label, parameters
    raise NotVerified("malformed", "no signature of ours")


def _text(parameters: str, name: str) -> str:
    found = re.search(rf';{name}="([^"\\]*)"', parameters)
    return found[1] if found else ""


def _base(components: Mapping[str, str], parameters: str) -> bytes:
    """The signature base (RFC 9421, section 2.5)."""
    lines = [f'"{name}": {value}' for name, value in components.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def _algorithm(key: PrivateKey | PublicKey) -> str:
    """The name in the registry of RFC 9421, section 6.2.2."""
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        if key.curve.name == "secp256r1":
            return "ecdsa-p256-sha256"
        if key.curve.name == "secp384r1":
            return "ecdsa-p384-sha384"
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa-v1_5-sha256"
    raise NotVerified("algorithm_refused", "the key is neither Ed25519 nor ECDSA nor RSA")


def _sign(key: PrivateKey, base: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(base)
    size = key.curve.key_size // 8
    r, s = decode_dss_signature(key.sign(base, ec.ECDSA(SHA256() if size == 32 else SHA384())))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _verify(key: PublicKey, signature: bytes, base: bytes) -> None:
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, base)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, base, padding.PKCS1v15(), SHA256())
    else:
        size = key.curve.key_size // 8
        if len(signature) != 2 * size:
            raise NotVerified("signature_invalid", f"{len(signature)} bytes")
        halves = (int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
        key.verify(encode_dss_signature(*halves), base, ec.ECDSA(SHA256() if size == 32 else SHA384()))
