"""The provider's half of signature V3, for sandboxes: who called, and whether to believe it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api.outside.aliyun.signature import digest, is_signed, parse

_CLOCKS_DIFFER: Final = timedelta(minutes=15)
_MUST_BE_SIGNED: Final = frozenset(
    {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived. ``headers``: lower-case names. ``parameters``: of the query, decoded."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of the gateway: HTTP status and code."""

    status: int
    code: str

    def body(self) -> dict[str, Any]:
        """The JSON that tells it."""
        return {"Code": self.code, "Message": self.code, "RequestId": secrets.token_hex(16).upper()}


class Gate:
    """Lets in the calls of one access key. Nonces are remembered as long as their date is believed."""

    def __init__(self, key_id: str, key_secret: str) -> None:
        self._key_id, self._key_secret = key_id, key_secret
        self._nonces: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def check(self, request: SignedRequest, now: datetime) -> Refusal | None:
        """None for a call that is signed well, is fresh and was not seen before."""
        found = parse(request.headers.get("authorization", ""))
        if found is None:
            return Refusal(400, "IncompleteSignature")
        key_id, names, signature = found
        if key_id != self._key_id:
            return Refusal(404, "InvalidAccessKeyId.NotFound")
        present = {name for name in request.headers if name.startswith("x-acs-")} | _MUST_BE_SIGNED
        if not present <= set(names) or not set(names) <= set(request.headers):
            return Refusal(400, "IncompleteSignature")
        parts = (request.method, request.path, request.parameters, request.headers, names, signature)
        is_whole = request.headers["x-acs-content-sha256"] == digest(request.body)
        if not is_whole or not is_signed(*parts, self._key_secret):
            return Refusal(400, "SignatureDoesNotMatch")
        return self._check_fresh(request.headers, now)

    def _check_fresh(self, headers: Mapping[str, str], now: datetime) -> Refusal | None:
        try:
            sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            return Refusal(400, "InvalidTimeStamp.Format")
        if abs(now - sent) > _CLOCKS_DIFFER:
            return Refusal(400, "InvalidTimeStamp.Expired")
        nonce = headers["x-acs-signature-nonce"]
        with self._lock:
            oldest = now - 2 * _CLOCKS_DIFFER
            self._nonces = {one: at for one, at in self._nonces.items() if at > oldest}
            if nonce in self._nonces:
                return Refusal(400, "SignatureNonceUsed")
            self._nonces[nonce] = now
        return None
