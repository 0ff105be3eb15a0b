"""What a platform's signed call says about when an opening is: taken up, postponed, or refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from api.openings import calls, deposits, log, queries
from api.openings.calls import KeptCall
from api.openings.errors import EnvelopeOfOtherTender, OpeningWindowNeeded
from api.openings.queries import Opening
from api.openings.rules import Window, check_window, postponed
from api.openings.tables import opening as table


@dataclass(frozen=True, slots=True)
class Tender:
    """Which opening a call is about. ``window``: None where the call does not say when it is."""

    number: str
    title: str
    window: Window | None


def take_up(tx: Connection, call: KeptCall, tender: Tender, window: Window, now: datetime) -> Opening:
    """The opening, with the window that ``call`` announces; what is new is in the log with the call.

    Raises OpeningWindowInvalid, OpeningBroughtForward, OpeningBegun, OpeningOver.
    """
    known = queries.find(tx, call.platform.id, tender.number)
    if known is not None and not postponed(known.window, window, now):
        return known
    check_window(window)
    is_new = queries.add(tx, call.platform.id, tender.number, tender.title, window, now)
    known = queries.required(tx, call.platform.id, tender.number, lock=True)
    if is_new:
        _announced(tx, known, call, "announced", now)
    elif postponed(known.window, window, now):  # asked again under the lock: another call may have been first
        later = {"opens_at": window.opens_at, "closes_at": window.closes_at, "announced_at": now}
        tx.execute(update(table).where(table.c.id == known.id).values(later))
        known = queries.of_id(tx, known.id)
        _announced(tx, known, call, "postponed", now)
    return known


def known_for(tx: Connection, platform_id: str, tender: Tender, keys: Mapping[str, str]) -> Opening | None:
    """For a call that does not say when it is: what is known of the opening. ``keys``: as below.

    Raises OpeningWindowNeeded for a bid that was deposited.
    """
    deposited = deposits.openings_of(tx, set(keys.values()))
    for envelope, key in keys.items():
        if key in deposited:
            raise OpeningWindowNeeded("tender.opens_at and tender.closes_at are needed", envelope=envelope)
    return queries.find(tx, platform_id, tender.number)


def check_tender(tx: Connection, opening_id: str, keys: Mapping[str, str]) -> None:
    """None of these bids was deposited for another opening. ``keys``: digests by the envelopes' ids.

    Raises EnvelopeOfOtherTender.
    """
    strange = strangers(tx, opening_id, keys.values())
    for envelope, key in keys.items():
        if key in strange:
            raise EnvelopeOfOtherTender("deposited for another tender", envelope=envelope)


def strangers(tx: Connection, opening_id: str | None, keys: Collection[str]) -> set[str]:
    """Which of these bids were deposited for another opening."""
    return {key for key, mine in deposits.openings_of(tx, keys).items() if mine != opening_id}


def told(window: Window) -> dict[str, str]:
    """A window in the log."""
    return {"opens_at": window.opens_at.isoformat(), "closes_at": window.closes_at.isoformat()}


def _announced(tx: Connection, known: Opening, call: KeptCall, what: str, now: datetime) -> None:
    facts: dict[str, Any] = {"title": known.title, **told(known.window)}
    facts["call"] = calls.keep(tx, known.id, call, now)
    log.append(tx, known.id, now, what, facts)
