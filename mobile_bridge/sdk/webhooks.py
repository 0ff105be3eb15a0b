"""Verifying a webhook: the service's signature (RFC 9421) over the very request that came in.

    note = verify_webhook("POST", "https://trade.example.cn/hooks/seal", request.headers, body, trust)

``url`` is the address that was registered, not what a proxy made of it. A webhook is a hint that something
changed: ask ``PlatformClient.scan`` for the answer.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509

from mobile_bridge.sdk import message_signatures
from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.message_signatures import Message
from mobile_bridge.sdk.statements import check_speaks_for_service
from mobile_bridge.sdk.trust import SIGNING, Trust

CHAIN_HEADER: Final = "sealbridge-chain"
WINDOW: Final = timedelta(minutes=5)
"""How old a try may be; each try of a delivery is signed anew."""


@dataclass(frozen=True, slots=True)
class Notice:
    """``version``: of the scan; one that is not above the last one seen tells nothing new.

    ``nonce``: this try's own; one seen within the window was replayed.
    """

    id: str
    kind: str
    status: str
    hint: str
    version: int
    nonce: str


def verify_webhook(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    trust: Trust,
    *,
    now: datetime | None = None,
    window: timedelta = WINDOW,
) -> Notice:
    """What a webhook tells. ``headers``: names in any case. Raises NotVerified."""
    at = now or datetime.now(UTC)
    given = {name.lower(): value for name, value in headers.items()}
    certificate, *between = _chain(given.get(CHAIN_HEADER, ""))
    trust.check(certificate, between, SIGNING, at)
    check_speaks_for_service(certificate)
    public: Any = certificate.public_key()
    facts = message_signatures.verify(Message(method, url, body), given, public)
    if abs(at.timestamp() - facts.created) > window.total_seconds():
        raise NotVerified("expired", "signed too long ago, or in the future")
    return _notice(body, facts.nonce)


def _chain(header: str) -> list[x509.Certificate]:
    """Base64 of the DER of each, commas between, the signer's first."""
    try:
        parts = [base64.b64decode(one.strip(" :"), validate=True) for one in header.split(",") if one.strip()]
        found = [x509.load_der_x509_certificate(one) for one in parts[:6]]
    except (binascii.Error, ValueError) as error:
        raise NotVerified("malformed", "the chain cannot be read") from error
    if not found:
        raise NotVerified("malformed", "no chain came with it")
    return found


def _notice(body: bytes, nonce: str) -> Notice:
    try:
        told = json.loads(body)
        names = ("id", "kind", "status", "hint")
        return Notice(**{name: str(told[name]) for name in names}, version=int(told["version"]), nonce=nonce)
    except (KeyError, TypeError, ValueError) as error:
        raise NotVerified("malformed", "not a notice") from error
