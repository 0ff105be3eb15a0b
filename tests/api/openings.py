"""Bids, deposited and opened over HTTP."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mobile_bridge.envelopes import Recipient, check_of, seal_file
from mobile_bridge.sdk import Trust
from tests.api.running import Server
from tests.api.scanning import Centre, Holder


def trust_of(server: Server) -> Trust:
    return Trust.of_pem((server.data / "pki" / "root.pem").read_bytes())


@dataclass(frozen=True)
class Bid:
    """An envelope, as a platform has it."""

    id: str
    file: Path
    plain: bytes
    sha256: str
    size: int
    recipient: bytes
    content_key: bytes

    def to_deposit(self, **other: Any) -> dict[str, Any]:
        check = check_of(self.content_key, self.sha256)
        told = {"id": self.id, "title": "投标文件", "sha256": self.sha256, "bytes": self.size}
        return told | {"recipient": _text(self.recipient), "check": _text(check)} | other

    def to_open(self) -> dict[str, Any]:
        return {"id": self.id, "title": "投标文件", "recipient": _text(self.recipient)}


@dataclass(frozen=True)
class Tender:
    """An opening. Times to the millisecond, so that a test can wait for them."""

    number: str
    opens_at: datetime
    closes_at: datetime

    @classmethod
    def soon(cls, seconds: float, lasting: float = 600) -> Tender:
        opens_at = datetime.now(UTC) + timedelta(seconds=seconds)
        return cls(f"LY-{secrets.token_hex(4)}", opens_at, opens_at + timedelta(seconds=lasting))

    def moved(self, opens: float = 0, closes: float = 0) -> Tender:
        """The same, so many seconds later."""
        return replace(
            self,
            opens_at=self.opens_at + timedelta(seconds=opens),
            closes_at=self.closes_at + timedelta(seconds=closes),
        )

    @property
    def told(self) -> dict[str, str]:
        window = {"opens_at": self.opens_at.isoformat(), "closes_at": self.closes_at.isoformat()}
        return {"title": "道路工程", "number": self.number} | window

    def begins(self) -> None:
        """Wait until it does."""
        time.sleep(max(0.0, (self.opens_at - datetime.now(UTC)).total_seconds() + 0.05))


def encryption_certificate(holder: Holder) -> x509.Certificate:
    """The holder's newest one."""
    items = holder.http.get("/v1/certificates").json()["items"]
    serial = next(one["serial"] for one in items if one["purpose"] == "encryption")
    pem = holder.http.get(f"/v1/certificates/{serial}").json()["certificate"]
    return x509.load_pem_x509_certificate(pem.encode())


def sealed_bid(holder: Holder, folder: Path, name: str = "bid-1") -> Bid:
    """A bid encrypted to the holder, as the bidding tool makes it."""
    plain, file = folder / f"{name}.pdf", folder / f"{name}.p7m"
    plain.write_bytes(secrets.token_bytes(100))
    sealed = seal_file(plain, file, [Recipient(encryption_certificate(holder), oaep="sha1")])
    (recipient,) = sealed.recipient_infos
    return Bid(name, file, plain.read_bytes(), sealed.sha256, sealed.size, recipient, sealed.content_key)


def sealed_for_two(holder: Holder, folder: Path) -> tuple[Bid, Bid]:
    """One envelope as either of its recipients presents it: to the bidder and, by the same key, an agency."""
    plain, file = folder / "two.pdf", folder / "two.p7m"
    plain.write_bytes(secrets.token_bytes(100))
    certificate = encryption_certificate(holder)
    sealed = seal_file(
        plain, file, [Recipient(certificate, oaep="sha1"), Recipient(certificate, oaep="sha1")]
    )
    one, other = (
        Bid("two", file, plain.read_bytes(), sealed.sha256, sealed.size, part, sealed.content_key)
        for part in sealed.recipient_infos
    )
    return one, other


def deposited(centre: Centre, holder: Holder, tender: Tender, *bids: Bid, **more: Any) -> dict[str, Any]:
    """The answer to a deposit."""
    asked = centre.asked("deposit", tender=tender.told, envelopes=[one.to_deposit() for one in bids])
    return holder.done(centre, asked, **more)


class Hall:
    """Where bids are opened: a one-use key, and what it asks for."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.key = X25519PrivateKey.generate()

    def body(self, tender: dict[str, str], *bids: Bid) -> dict[str, Any]:
        key = _text(self.key.public_key().public_bytes_raw())
        return {"tender": tender, "session_key": key, "envelopes": [one.to_open() for one in bids]}

    def asked(self, tender: Tender, *bids: Bid) -> dict[str, Any]:
        return self.centre.asked("decrypt", **self.body(tender.told, *bids))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
