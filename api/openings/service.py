"""The verbs of openings, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.db import Database
from api.errors import AppError
from api.openings import calls, deposits, log, queries, windows
from api.openings.calls import KeptCall
from api.openings.errors import EnvelopeOfOtherTender, OpeningWindowNeeded
from api.openings.queries import Opening
from api.openings.rules import check_deposit, check_open
from api.openings.windows import Tender


class Openings:
    """When bids may be opened, as platforms say it and as the service holds them to it, by its own clock.

    A call that is refused changes nothing; the refusal is in the log where the opening is known.
    """

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def announce(self, call: KeptCall, tender: Tender) -> Opening:
        """A platform says when an opening is, or that it is later.

        Raises OpeningWindowInvalid, OpeningBroughtForward, OpeningBegun, OpeningOver.
        """
        with self._asking(call, tender, "announce") as (tx, now):
            return _announced(tx, call, tender, now)

    def ask_deposit(self, call: KeptCall, tender: Tender, keys: Mapping[str, str], request: str) -> None:
        """A platform asks for a trial unwrap. ``keys``: digests by the envelopes' ids; ``request``: its
        digest. Raises DepositTooLate, EnvelopeOfOtherTender, and what ``announce`` does."""
        with self._asking(call, tender, "deposit") as (tx, now):
            known = _announced(tx, call, tender, now)
            check_deposit(known.window, now)
            windows.check_tender(tx, known.id, keys)
            self._asked(tx, known, call, {"kind": "deposit", "request": request}, now)

    def ask_decryption(self, call: KeptCall, tender: Tender, keys: Mapping[str, str], request: str) -> None:
        """A platform asks for content keys. Raises OpeningNotBegun, OpeningOver, OpeningWindowNeeded,
        EnvelopeOfOtherTender, and what ``announce`` does."""
        with self._asking(call, tender, "decrypt") as (tx, now):
            if tender.window is None:
                known = windows.known_for(tx, call.platform.id, tender, keys)
                if known is None:
                    return
            else:
                known = _announced(tx, call, tender, now)
            check_open(known.window, now)
            windows.check_tender(tx, known.id, keys)
            self._asked(tx, known, call, {"kind": "decrypt", "request": request}, now)

    def of_platform(self, platform_id: str, number: str) -> Opening:
        """Raises OpeningUnknown."""
        with self._db.read() as tx:
            return queries.required(tx, platform_id, number)

    def check_decryption(
        self, tx: Connection, platform_id: str, number: str, keys: Collection[str]
    ) -> set[str]:
        """Inside the window, if one is known; which of these bids were deposited for another opening.

        Raises OpeningNotBegun, OpeningOver.
        """
        known = queries.find(tx, platform_id, number)
        if known is not None:
            check_open(known.window, self._clock())
        return windows.strangers(tx, None if known is None else known.id, keys)

    def unwrapped_elsewhere(
        self, tx: Connection, platform_id: str, number: str, contents: Collection[str]
    ) -> set[str]:
        """Which of these unwrapped content keys (``deposits.content_digest``) are of bids deposited for
        another opening, whichever recipient's part they came from."""
        known = queries.find(tx, platform_id, number)
        return deposits.elsewhere(tx, None if known is None else known.id, contents)

    def give_out(
        self,
        tx: Connection,
        platform_id: str,
        number: str,
        keys: Collection[str],
        contents: Collection[str] = (),
    ) -> None:
        """The content keys of these bids are given out by the caller's transaction. ``contents``: their
        ``deposits.content_digest``.

        Raises OpeningNotBegun, OpeningOver, EnvelopeOfOtherTender.
        """
        strange = self.check_decryption(tx, platform_id, number, keys)
        if strange or self.unwrapped_elsewhere(tx, platform_id, number, contents):
            raise EnvelopeOfOtherTender("just deposited for another tender", envelope="")
        deposits.mark_opened(tx, keys, self._clock())

    def check_deposit(self, tx: Connection, platform_id: str, number: str) -> Opening:
        """The opening for which bids are still handed in. Raises OpeningUnknown, DepositTooLate."""
        known = queries.required(tx, platform_id, number)
        check_deposit(known.window, self._clock())
        return known

    @contextmanager
    def _asking(self, call: KeptCall, tender: Tender, kind: str) -> Iterator[tuple[Connection, datetime]]:
        try:
            with self._db.write() as tx:
                yield tx, self._clock()
        except AppError as refused:
            self._refused(call, tender, {"kind": kind, "code": refused.code})
            raise

    def _refused(self, call: KeptCall, tender: Tender, facts: dict[str, Any]) -> None:
        with self._db.write() as tx:
            known = queries.find(tx, call.platform.id, tender.number)
            if known is not None:
                now = self._clock()
                stated = {} if tender.window is None else windows.told(tender.window)
                facts = facts | stated | {"call": calls.keep(tx, known.id, call, now)}
                log.append(tx, known.id, now, "request-refused", facts)

    def _asked(
        self, tx: Connection, known: Opening, call: KeptCall, facts: dict[str, str], now: datetime
    ) -> None:
        facts = facts | windows.told(known.window) | {"call": calls.keep(tx, known.id, call, now)}
        log.append(tx, known.id, now, "requested", facts)


def _announced(tx: Connection, call: KeptCall, tender: Tender, now: datetime) -> Opening:
    if tender.window is None:
        raise OpeningWindowNeeded("opens_at and closes_at are needed", envelope="")
    return windows.take_up(tx, call, tender, tender.window, now)
