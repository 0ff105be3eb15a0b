"""Bids that were handed in: their envelopes on the disk, who opens which layer, and what is inside."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from cryptography import x509

from examples.trading_centre.hall import LayerName, Order, SealedKey
from examples.trading_centre.manifest import STATEMENT, BidEnvelope, Layer, Manifest
from examples.trading_centre.site import Refusal, Site
from examples.trading_centre.store import BIDS
from mobile_bridge.envelopes import EnvelopeError
from mobile_bridge.sdk import Envelope

Keys = dict[LayerName, SealedKey]
Room = Literal["hall", "evaluation"]
"""Where a bid is opened. What the bidder opens in the hall is not what the evaluation room may read."""

_MAX_STATEMENT: Final = 64 * 1024


@dataclass(frozen=True)
class Sealed:
    """One layer of one envelope of a bid, that somebody's key opens."""

    bid: sqlite3.Row
    part: BidEnvelope
    layer: LayerName
    recipient: bytes

    @property
    def asked(self) -> Envelope:
        """As the service is asked for its key."""
        told = f"{self.bid['bidder_name']} {self.part.title}" + ("（内层）" if self.layer == "inner" else "")
        return Envelope(f"{self.bid['id']}-{self.part.id}-{self.layer}", told[:80], self.recipient)


def folder_of(site: Site, upload: str) -> Path:
    """Where the envelopes of an upload are."""
    return site.folder / "bids" / upload


def parts_of(bid: sqlite3.Row) -> list[BidEnvelope]:
    """The envelopes of a bid, the opening statement first."""
    parts = Manifest.model_validate_json(bid["manifest"]).envelopes
    return sorted(parts, key=lambda one: one.kind != STATEMENT)


def openable(site: Site, me: sqlite3.Row, tender: sqlite3.Row) -> list[Sealed]:
    """What the enterprise's encryption certificate opens now, in the order of the bids.

    A bidder opens every layer of its own bid; the agency the outer layer of the others' files, and the
    tenderer, where opening is joint, the inner one once the agency has been there. Raises Refusal.
    """
    if me["encryption"] is None:
        raise Refusal("请先在“我的账号”申请手机证书")
    certificate = x509.load_pem_x509_certificate(me["encryption"].encode())
    return [
        Sealed(bid, part, name, recipient)
        for bid in site.store.all(BIDS, tender["id"])
        for part in parts_of(bid)
        for name, layer in _layers(site, me, tender, bid, part)
        if (recipient := _part_for(layer, certificate)) is not None
    ]


def order_for(site: Site, bid: sqlite3.Row, part: BidEnvelope, room: Room, keys: Keys) -> Order:
    """What the hall's tool is told of one envelope."""
    outer, inner, plain = _paths(site, bid, part, room)
    between = None if part.inner is None else str(inner.resolve())
    name = f"{bid['bidder_name']} {part.title}"
    return Order(name, str(outer.resolve()), between, str(plain.resolve()), keys)


def layers_of(part: BidEnvelope) -> list[tuple[LayerName, Layer]]:
    """Every layer, from outside in."""
    outer: list[tuple[LayerName, Layer]] = [("outer", part)]
    return outer if part.inner is None else [*outer, ("inner", part.inner)]


def evaluated_file(site: Site, bid: sqlite3.Row, part: BidEnvelope) -> Path | None:
    """The plain file, once it was opened for evaluation."""
    plain = _paths(site, bid, part, "evaluation")[2]
    return plain if plain.exists() else None


def read_statement(site: Site, bid: sqlite3.Row) -> dict[str, str]:
    """唱标信息, as far as it can be shown: the bidder's own PC wrote it. Raises EnvelopeError."""
    plain = _paths(site, bid, parts_of(bid)[0], "hall")[2]
    try:
        told = json.loads(plain.read_bytes()[:_MAX_STATEMENT])["items"]
        return {str(one["label"])[:40]: str(one["value"])[:200] for one in told[:20]}
    except (ValueError, KeyError, TypeError) as error:
        raise EnvelopeError("not an opening statement") from error


def _layers(
    site: Site, me: sqlite3.Row, tender: sqlite3.Row, bid: sqlite3.Row, part: BidEnvelope
) -> Iterator[tuple[LayerName, Layer]]:
    mine, is_agency = bid["bidder"] == me["id"], tender["agency"] == me["id"]
    if mine or (is_agency and part.kind != STATEMENT):
        yield "outer", part
    if part.inner is None:
        return
    if mine or (tender["owner"] == me["id"] and _paths(site, bid, part, "evaluation")[1].exists()):
        yield "inner", part.inner


def _part_for(layer: Layer, certificate: x509.Certificate) -> bytes | None:
    try:
        return layer.recipient_for(certificate)
    except EnvelopeError:
        return None


def _paths(site: Site, bid: sqlite3.Row, part: BidEnvelope, room: Room) -> tuple[Path, Path, Path]:
    """Outer envelope, inner envelope, and plain file."""
    folder = folder_of(site, bid["upload"])
    return folder / part.id, folder / room / f"{part.id}.inner", folder / room / part.id


def as_json(value: Any) -> str:
    """For the database."""
    return json.dumps(value, ensure_ascii=False)
