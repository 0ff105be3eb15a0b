"""The log of an opening as it is handed out: signed, time-stamped, and verified without asking anybody.

The statement signs the last link of the chain, so that the events need not be in it; the time stamp is over
the statement. A bidder is given the events of its own scans and what concerns everybody; in place of the
others stand their digests.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, select

from api.accounts.sessions import Person
from api.db import Database
from api.openings import calls, queries
from api.openings.errors import OpeningUnknown
from api.openings.queries import Opening
from api.openings.tables import deposit, opening_event
from api.platforms import registered
from api.statements.signing import Statements
from ca.timestamps import TimeStamper
from mobile_bridge.evidence import FORMAT, SUBJECT, hidden

Told = dict[str, Any]


class Evidence:
    """Hands out logs."""

    def __init__(self, db: Database, statements: Statements, stamper: TimeStamper) -> None:
        self._db = db
        self._statements = statements
        self._stamper = stamper

    def of_platform(self, platform_id: str, number: str) -> Told:
        """The whole log, for the platform. Raises OpeningUnknown, ClockUntrusted, HsmError."""
        with self._db.read() as tx:
            told = self._read(tx, queries.required(tx, platform_id, number))
        return self._signed(told)

    def of_opening(self, opening_id: str) -> Told:
        """The whole log, for an operator. Raises OpeningUnknown, ClockUntrusted, HsmError."""
        with self._db.read() as tx:
            told = self._read(tx, queries.of_id(tx, opening_id))
        return self._signed(told)

    def of_bidder(self, person: Person, opening_id: str) -> Told:
        """The log as a bidder may see it. Raises OpeningUnknown, ClockUntrusted, HsmError."""
        with self._db.read() as tx:
            known = queries.of_id(tx, opening_id)
            scans = _scans_of(tx, opening_id, person.id)
            if not scans:
                raise OpeningUnknown("no scan of this opening was the person's")
            told = self._read(tx, known, scans)
        return self._signed(told)

    def _read(self, tx: Connection, known: Opening, scans: Collection[str] | None = None) -> Told:
        platform = registered.find(tx, known.platform_id)
        events = _events(tx, known)
        requests = {one["request"] for one in events if one.get("scan") in (scans or ()) and "request" in one}
        shown = [one if scans is None or _concerns(one, scans, requests) else hidden(one) for one in events]
        withheld = set() if scans is None else _of_others(events, scans, requests)
        named = {one["call"] for one in shown if "call" in one} - withheld
        kept = [one for one in calls.kept(tx, known.id) if one["sha256"] in named]
        return {
            "format": FORMAT,
            "opening": {
                "platform": {"id": platform.id, "name": platform.name, "domain": platform.domain},
                "number": known.number,
                "title": known.title,
                "opens_at": known.opens_at.isoformat(),
                "closes_at": known.closes_at.isoformat(),
            },
            "events": shown,
            "calls": {one["sha256"]: _call(one) for one in kept},
            "keys": {one: _key(tx, one) for one in sorted({one["key_id"] for one in kept})},
            "withheld": sorted(withheld & {one["call"] for one in shown if "call" in one}),
            "chain": {"count": known.events, "head": known.head},
        }

    def _signed(self, told: Told) -> Told:
        """No transaction is open: the token works."""
        claims = {name: told[name] for name in ("format", "opening", "chain", "withheld")}
        claims |= {"sub": SUBJECT, "keys": sorted(told["keys"])}
        statement = self._statements.sign(claims)
        stamp = self._stamper.token(statement.encode())
        return told | {"statement": statement, "time_stamp": base64.b64encode(stamp).decode()}


def _events(tx: Connection, known: Opening) -> list[Told]:
    """Up to the very event whose link ``known`` has: others may be written meanwhile."""
    mine = (opening_event.c.opening_id == known.id) & (opening_event.c.number <= known.events)
    rows = tx.execute(select(opening_event.c.body).where(mine).order_by(opening_event.c.number))
    return [json.loads(body) for body in rows.scalars()]


def _scans_of(tx: Connection, opening_id: str, person_id: int) -> set[str]:
    """Scans that the person's phone had, or that deposited the person's bids."""
    of_phone = select(opening_event.c.scan_id).where(
        opening_event.c.opening_id == opening_id,
        opening_event.c.person_id == person_id,
        opening_event.c.scan_id.is_not(None),
    )
    of_bids = select(deposit.c.scan_id).where(
        deposit.c.opening_id == opening_id, deposit.c.person_id == person_id
    )
    return {str(one) for one in tx.execute(of_phone.union(of_bids)).scalars()}


def _concerns(event: Told, scans: Collection[str], requests: Collection[str]) -> bool:
    if event["what"] in ("announced", "postponed"):
        return True
    return event.get("scan") in scans or event.get("request") in requests


def _of_others(events: Collection[Told], scans: Collection[str], requests: Collection[str]) -> set[str]:
    """Calls that ask for the scans of others. One of them may have announced the opening, which concerns
    everybody, and names another bidder's envelopes and certificate, which is nobody's business."""
    asking = [one for one in events if one["what"] == "requested"]
    return {one["call"] for one in asking if not _concerns(one, scans, requests)}


def _call(row: Told) -> Told:
    told = {name: row[name] for name in ("key_id", "method", "url", "fields")}
    return told | {"body": base64.b64encode(row["body"]).decode()}


def _key(tx: Connection, key_id: str) -> str:
    known = registered.find_key(tx, key_id)
    assert known is not None  # noqa: S101 - keys are retired, never deleted
    pem = known.key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()
