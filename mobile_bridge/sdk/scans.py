"""What a platform asks for and what it gets back, as values. No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

from mobile_bridge.canonical import canonical

FINAL: Final = frozenset({"complete", "refused", "expired", "cancelled", "failed"})
"""The statuses that nothing follows."""


@dataclass(frozen=True, slots=True)
class Place:
    """The centre of a seal: ``page`` from 0, negative from the end; millimetres from the top left corner."""

    page: int
    x_mm: float
    y_mm: float

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AtKeyword:
    """Over the middle of a text of the document, moved right and down. ``which``: first, last or all."""

    text: str
    which: str = "last"
    dx_mm: float = 0
    dy_mm: float = 0

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {"at": "keyword", **asdict(self)}


@dataclass(frozen=True, slots=True)
class OnEveryPage:
    """The same place of every page."""

    x_mm: float
    y_mm: float

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {"at": "every_page", **asdict(self)}


@dataclass(frozen=True, slots=True)
class Seam:
    """骑缝章 across the pages' ``edge``: right, left, top or bottom.

    ``along_mm``: its centre from the top or the left; the middle unless given. ``pages``: first and last.
    """

    edge: str = "right"
    along_mm: float | None = None
    pages: tuple[int, int] | None = None

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return {"at": "seam", **said}


Placement = Place | AtKeyword | OnEveryPage | Seam
"""Any of them; several of one document are one signature."""


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Fields of the document's form that the seal locks. ``kind``: all, include or exclude."""

    kind: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToSeal:
    """A document that was uploaded before, the name the person sees, and where its seal goes.

    ``certify``: the seal certifies the document, before anybody else signs, and afterwards 1 nothing may
    change, 2 forms may be filled in and signed, 3 notes may be added too.
    """

    sha256: str
    title: str
    places: tuple[Placement, ...]
    certify: int | None = None
    lock: FieldLock | None = None

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        said: dict[str, Any] = {
            "sha256": self.sha256,
            "title": self.title,
            "places": [one.wire() for one in self.places],
        }
        if self.certify is not None:
            said["certify"] = self.certify
        if self.lock is not None:
            said["lock"] = {"kind": self.lock.kind, "fields": list(self.lock.fields)}
        return said


@dataclass(frozen=True, slots=True)
class Envelope:
    """One envelope to open. ``recipient``: the CMS RecipientInfo (DER) for the holder's certificate."""

    id: str
    title: str
    recipient: bytes

    def wire(self) -> dict[str, str]:
        """As JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "recipient": base64.b64encode(self.recipient).decode(),
        }


@dataclass(frozen=True, slots=True)
class Tender:
    """Which opening it is, and from when to when bids are opened, both included. Aware times."""

    title: str
    number: str
    opens_at: datetime
    closes_at: datetime

    def wire(self) -> dict[str, str]:
        """As JSON."""
        return {
            "title": self.title,
            "number": self.number,
            "opens_at": _moment(self.opens_at),
            "closes_at": _moment(self.closes_at),
        }


@dataclass(frozen=True, slots=True)
class ToDeposit:
    """An envelope whose key is to be tried. ``sha256`` (hexadecimal), ``size``: of its file.

    ``check``: ``envelope_check`` of its content key, made where it was sealed.
    """

    id: str
    title: str
    sha256: str
    size: int
    recipient: bytes
    check: bytes

    def wire(self) -> dict[str, str | int]:
        """As JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "sha256": self.sha256,
            "bytes": self.size,
            "recipient": base64.b64encode(self.recipient).decode(),
            "check": base64.b64encode(self.check).decode(),
        }


def envelope_check(content_key: bytes, sha256: str) -> bytes:
    """What proves, at a deposit, that the token has the key of the envelope whose file has this SHA-256."""
    return hmac.digest(content_key, b"sealbridge-envelope-check" + bytes.fromhex(sha256), "sha256")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A document the service keeps for signing. ``sha256``: hexadecimal."""

    sha256: str
    pages: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """A scan that waits. Keep it on the server: its answer is verified against it.

    The browser needs ``id``, ``wait_token`` and the service's address, and nothing else.
    """

    id: str
    kind: str
    nonce: str
    request_digest: str
    issuer: str
    audience: str
    wait_token: str = field(repr=False)
    wait_url: str
    events_url: str
    expires_at: str
    """RFC 3339."""

    def as_dict(self) -> dict[str, str]:
        """Plain strings, for a session store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, str]) -> Self:
        """What ``as_dict`` made."""
        return cls(**stored)


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a scan stands. ``answer``: once complete; believe it only after ``verify_statement``.

    ``hint``: of the closed list in docs/platform.md. ``version`` grows with every change.
    """

    id: str
    kind: str
    status: str
    hint: str
    version: int
    expires_at: datetime
    answer: dict[str, Any] | None

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self.status in FINAL

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From JSON. Raises KeyError, ValueError, TypeError."""
        return cls(
            id=str(facts["id"]),
            kind=str(facts["kind"]),
            status=str(facts["status"]),
            hint=str(facts["hint"]),
            version=int(facts["version"]),
            expires_at=datetime.fromisoformat(facts["expires_at"]),
            answer=facts.get("answer"),
        )


def _moment(at: datetime) -> str:
    """RFC 3339, in UTC. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time with its zone is expected")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def request_digest(platform: str, request: Mapping[str, Any]) -> str:
    """What a code, an approval and an answer are bound to: SHA-256 (hexadecimal) over the request as it was
    sent, with the platform's id put in, in the canonical form of RFC 8785."""
    return hashlib.sha256(canonical({**request, "platform": platform})).hexdigest()
