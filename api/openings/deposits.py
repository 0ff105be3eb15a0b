"""Bids that were deposited: by the digest of the encrypted content key, which nobody can write otherwise.

The recipient's part of an envelope can be encoded in several ways (by serial number, by key identifier); what
the token is given to unwrap cannot. So a bid is known again however it is presented. An envelope has other
recipients too, whose parts were never tried: from those the bid is known again by the content key itself,
once a token has unwrapped it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.openings.errors import EnvelopeOfOtherTender
from api.openings.tables import deposit, opening
from ca.envelopes.recipients import Recipient, read_recipient
from ca.errors import CaError


@dataclass(frozen=True, slots=True)
class Deposit:
    """A bid that the token has unwrapped once. ``envelope``: the platform's id; ``sha256``: of its file."""

    key_sha256: str
    opening_id: str
    envelope: str
    title: str
    sha256: str
    bytes: int
    serial: str
    person_id: int
    credit_code: str | None
    scan_id: str
    deposited_at: datetime
    opened_at: datetime | None = None
    content_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The bids to one certificate that are still to be opened, and the next opening of them."""

    serial: str
    count: int
    opens_at: datetime
    closes_at: datetime
    title: str
    number: str


_CONTENT: Final = b"sealbridge-deposited-content-key"
_ALL: Final[Select[Any]] = select(*(deposit.c[name] for name in Deposit.__slots__))


def key_digest(recipient: Recipient) -> str:
    """By which a bid is known again: SHA-256 of its encrypted content key, hexadecimal."""
    return hashlib.sha256(recipient.encrypted_key).hexdigest()


def content_digest(content_key: bytes) -> str:
    """By which a bid is known again from any recipient's part. A content key is random: nothing is learnt."""
    return hashlib.sha256(_CONTENT + content_key).hexdigest()


def keys_of(envelopes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The same of envelopes as they are asked for, by their ids. What cannot be read was never deposited."""
    found = {}
    for one in envelopes:
        with suppress(CaError, ValueError):
            found[str(one["id"])] = key_digest(read_recipient(base64.b64decode(one["recipient"])))
    return found


def openings_of(tx: Connection, keys: Collection[str]) -> dict[str, str]:
    """Which of these bids were deposited, and for which opening (its id)."""
    asked = select(deposit.c.key_sha256, deposit.c.opening_id).where(deposit.c.key_sha256.in_(list(keys)))
    return {str(row.key_sha256): str(row.opening_id) for row in tx.execute(asked)}


def elsewhere(tx: Connection, opening_id: str | None, contents: Collection[str]) -> set[str]:
    """Which of these content keys (``content_digest``) are of bids deposited for another opening."""
    if not contents:
        return set()
    asked = select(deposit.c.content_sha256, deposit.c.opening_id)
    rows = tx.execute(asked.where(deposit.c.content_sha256.in_(list(contents))))
    return {str(row.content_sha256) for row in rows if row.opening_id != opening_id}


def remember(tx: Connection, new: Iterable[Deposit]) -> None:
    """Write deposits down; the same one may come again. Raises EnvelopeOfOtherTender."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    for one in new:
        values = {name: getattr(one, name) for name in Deposit.__slots__}
        tx.execute(insert(deposit).values(values).on_conflict_do_nothing())
        known = openings_of(tx, [one.key_sha256])[one.key_sha256]
        contents = [one.content_sha256] if one.content_sha256 else []
        if known != one.opening_id or elsewhere(tx, one.opening_id, contents):
            raise EnvelopeOfOtherTender("deposited for another tender", envelope=one.envelope)


def mark_opened(tx: Connection, keys: Collection[str], now: datetime) -> None:
    """Their content keys have been given out; the first time counts."""
    unopened = deposit.c.key_sha256.in_(list(keys)) & deposit.c.opened_at.is_(None)
    tx.execute(update(deposit).where(unopened).values(opened_at=now))


def of_opening(tx: Connection, opening_id: str, person_id: int | None = None) -> list[Deposit]:
    """The bids of an opening, of one person's if one is given, oldest first."""
    asked = _ALL.where(deposit.c.opening_id == opening_id)
    if person_id is not None:
        asked = asked.where(deposit.c.person_id == person_id)
    ordered = asked.order_by(deposit.c.deposited_at, deposit.c.key_sha256)
    return [Deposit(**row._asdict()) for row in tx.execute(ordered)]


def still_to_open(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The condition that a bid is not opened yet, and still can be."""
    return deposit.c.opened_at.is_(None), opening.c.closes_at >= now


def waiting(tx: Connection, serials: Collection[str], now: datetime) -> dict[str, Waiting]:
    """Of each of these encryption certificates that has some, the bids that are still to be opened."""
    if not serials:
        return {}
    rows = tx.execute(
        select(
            *(deposit.c.serial, func.count().over(partition_by=deposit.c.serial).label("count")),
            *(opening.c.opens_at, opening.c.closes_at, opening.c.title, opening.c.number),
        )
        .select_from(deposit.join(opening))
        .where(deposit.c.serial.in_(list(serials)), *still_to_open(now))
        .order_by(opening.c.closes_at, opening.c.id)
    )
    found: dict[str, Waiting] = {}
    for row in rows:
        found.setdefault(row.serial, Waiting(**row._asdict()))
    return found
