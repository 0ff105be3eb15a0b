"""Windows, deposits and the log below HTTP, on both databases, with a clock that tests set."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Engine, select

from api.db import Database
from api.errors import AppError
from api.openings import deposits, log, queries
from api.openings.calls import KeptCall
from api.openings.deposits import Deposit
from api.openings.errors import EnvelopeOfOtherTender
from api.openings.rules import Window
from api.openings.scans import ScanLog
from api.openings.service import Openings
from api.openings.tables import opening_call, opening_event
from api.openings.windows import Tender
from api.platforms import registered
from api.platforms.registered import Platform
from api.platforms.rules import Scope
from api.platforms.service import Platforms, Registration
from ca.audit.journal import Journal
from mobile_bridge.evidence import Chain, check_chain, first_link
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import ScanService
from tests.api.test_application_rows import OWNER
from tests.api.test_application_rows import engine as engine
from tests.api.test_certificate_rows import upgraded
from tests.mobile_bridge.scans.conftest import qr

BEGIN: Final = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
END: Final = BEGIN + timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)
OFFER: Final = timedelta(days=7)


class Clock:
    """The service's clock."""

    def __init__(self) -> None:
        self.now = BEGIN - OFFER

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def db(engine: Engine) -> Database:
    return upgraded(engine)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def openings(db: Database, clock: Clock) -> Openings:
    return Openings(db, clock)


@pytest.fixture
def platform(db: Database, clock: Clock) -> Platform:
    registry = Platforms(db, clock, Journal(db.engine, "main", clock), on_this_machine=False)
    name = f"{secrets.token_hex(6)}.example.cn"
    made = registry.register(
        "console:test", Registration(name, name, (f"https://{name}",), None, frozenset(Scope))
    )
    with db.read() as tx:
        return registered.find(tx, made.id)


def call(platform: Platform) -> KeptCall:
    body = secrets.token_bytes(8)
    return KeptCall(
        platform, "k" * 43, "POST", "https://ca.example/platform/v1/scans", {"signature": "s"}, body
    )


def tender(number: str = "LY-1", begin: datetime = BEGIN, end: datetime = END) -> Tender:
    return Tender(number, "道路工程", Window(begin, end))


def refused(act: Any, *arguments: Any) -> str:
    try:
        act(*arguments)
    except AppError as error:
        return error.code
    return "taken"


def a_key() -> str:
    return secrets.token_hex(32)


OPENED: Final = [
    (BEGIN - SECOND, "opening_not_begun"),
    (BEGIN - timedelta(microseconds=1), "opening_not_begun"),
    (BEGIN, "taken"),
    (END, "taken"),
    (END + timedelta(microseconds=1), "opening_over"),
    (END + SECOND, "opening_over"),
]


def test_bids_are_opened_from_the_first_moment_to_the_last(
    db: Database, openings: Openings, clock: Clock, platform: Platform
) -> None:
    openings.announce(call(platform), tender())
    for at, expected in OPENED:
        clock.now = at
        assert refused(openings.ask_decryption, call(platform), tender(), {"bid": a_key()}, "d") == expected
        with db.write() as tx:  # right before keys are given out
            assert refused(openings.give_out, tx, platform.id, "LY-1", [a_key()]) == expected
        without = Tender("LY-1", "道路工程", None)  # what is known holds, whoever leaves it out
        assert refused(openings.ask_decryption, call(platform), without, {"bid": a_key()}, "d") == expected


def test_bids_are_deposited_before_it_begins(
    db: Database, openings: Openings, clock: Clock, platform: Platform
) -> None:
    openings.announce(call(platform), tender())
    for at, expected in ((BEGIN - SECOND, "taken"), (BEGIN, "deposit_too_late")):
        clock.now = at
        assert refused(openings.ask_deposit, call(platform), tender(), {"bid": a_key()}, "d") == expected
        with db.read() as tx:
            assert refused(openings.check_deposit, tx, platform.id, "LY-1") == expected


HOUR: Final = timedelta(hours=1)


POSTPONED: Final = [
    (BEGIN - OFFER, BEGIN, END, "taken"),  # the same again
    (BEGIN - OFFER, BEGIN + HOUR, END + HOUR, "taken"),
    (BEGIN - OFFER, BEGIN, END + HOUR, "taken"),
    (BEGIN - OFFER, BEGIN - SECOND, END, "opening_brought_forward"),
    (BEGIN - OFFER, BEGIN, END - SECOND, "opening_brought_forward"),
    (BEGIN - OFFER, BEGIN - SECOND, END + HOUR, "opening_brought_forward"),
    (BEGIN - OFFER, END, END, "opening_window_invalid"),
    (BEGIN - OFFER, BEGIN, BEGIN + timedelta(days=31), "opening_window_invalid"),
    (BEGIN, BEGIN, END + HOUR, "taken"),  # longer, once it has begun
    (BEGIN, BEGIN + SECOND, END + HOUR, "opening_begun"),
    (END + SECOND, BEGIN, END + HOUR, "opening_over"),
    (END + SECOND, BEGIN, END, "taken"),  # nothing new
]


def test_an_opening_is_postponed_and_never_brought_forward(
    db: Database, openings: Openings, clock: Clock, platform: Platform
) -> None:
    for number, (at, begin, end, expected) in enumerate(POSTPONED):
        clock.now, name = BEGIN - OFFER, f"LY-{number}"
        openings.announce(call(platform), tender(name))
        clock.now = at
        assert refused(openings.announce, call(platform), tender(name, begin, end)) == expected
        known = openings.of_platform(platform.id, name)
        assert known.window == (Window(begin, end) if expected == "taken" else Window(BEGIN, END))
        with db.read() as tx:
            told = [one["what"] for one in _events(tx, known.id)]
            kept = tx.execute(select(opening_call).where(opening_call.c.opening_id == known.id)).all()
        is_news = expected == "taken" and (begin, end) != (BEGIN, END)
        refusal = ["request-refused"] if expected != "taken" else []
        assert told == ["announced", *(["postponed"] if is_news else []), *refusal]
        assert len(kept) == len(told)


def deposit(opening_id: str, key: str, now: datetime) -> Deposit:
    return Deposit(
        key, opening_id, "bid", "投标文件", "a" * 64, 7, "5f3a", OWNER, None, secrets.token_hex(16), now
    )


def test_a_bid_belongs_to_one_tender_whoever_asks(
    db: Database, openings: Openings, clock: Clock, platform: Platform
) -> None:
    first = openings.announce(call(platform), tender())
    second = openings.announce(call(platform), tender("LY-2"))
    key = a_key()
    with db.write() as tx:
        deposits.remember(tx, [deposit(first.id, key, clock.now)])
        deposits.remember(tx, [deposit(first.id, key, clock.now)])  # once more, for whom the answer was lost
    with pytest.raises(EnvelopeOfOtherTender), db.write() as tx:
        deposits.remember(tx, [deposit(second.id, key, clock.now)])
    clock.now = BEGIN
    other = "envelope_of_other_tender"
    assert refused(openings.ask_decryption, call(platform), tender("LY-2"), {"bid": key}, "d") == other
    with db.write() as tx:
        assert refused(openings.give_out, tx, platform.id, "LY-2", [key]) == other
    unheard_of = Tender("LY-3", "道路工程", None)
    needed = "opening_window_needed"
    assert refused(openings.ask_decryption, call(platform), unheard_of, {"bid": key}, "d") == needed
    assert refused(openings.ask_decryption, call(platform), unheard_of, {"bid": a_key()}, "d") == "taken"
    with db.read() as tx:
        (waiting,) = deposits.waiting(tx, ["5f3a"], clock.now).values()
        assert (waiting.count, waiting.number) == (1, "LY-1")
        assert deposits.waiting(tx, ["5f3a"], END + SECOND) == {}
    with db.write() as tx:
        openings.give_out(tx, platform.id, "LY-1", [key])
    with db.read() as tx:
        assert deposits.waiting(tx, ["5f3a"], clock.now) == {}
        assert deposits.of_opening(tx, first.id)[0].opened_at == BEGIN


def test_many_write_one_log_and_it_stays_one_chain(
    db: Database, openings: Openings, clock: Clock, platform: Platform
) -> None:
    known = openings.announce(call(platform), tender())

    def write(number: int) -> None:
        for each in range(10):
            with db.write() as tx:
                log.append(tx, known.id, clock.now, "claimed", {"thread": number, "each": each})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    with db.read() as tx:
        last = queries.of_id(tx, known.id)
        events = _events(tx, known.id)
    assert last.events == 41
    check_chain(first_link(platform.id, "LY-1"), events, Chain(41, last.head))


def _events(tx: Any, opening_id: str) -> list[dict[str, Any]]:
    asked = select(opening_event.c.body).where(opening_event.c.opening_id == opening_id)
    return [json.loads(one) for one in tx.execute(asked.order_by(opening_event.c.number)).scalars()]


def test_a_platform_that_announces_twice_at_once_has_one_opening(
    db: Database, openings: Openings, platform: Platform
) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: openings.announce(call(platform), tender()), range(8)))
    assert len({one.id for one in made}) == 1
    with db.read() as tx:
        told = [one["what"] for one in _events(tx, made[0].id)]
    assert told == ["announced"]


IN_TIME: Final = [
    (SessionKind.DECRYPT, BEGIN - SECOND, False),
    (SessionKind.DECRYPT, BEGIN, True),
    (SessionKind.DECRYPT, END, True),
    (SessionKind.DECRYPT, END + SECOND, False),
    (SessionKind.DEPOSIT, BEGIN - SECOND, True),
    (SessionKind.DEPOSIT, BEGIN, False),
]


def test_an_answer_that_comes_too_late_is_not_kept(
    db: Database, openings: Openings, clock: Clock, platform: Platform
) -> None:
    """The token took its time: what counts is the moment in which the answer is written."""
    told = ScanLog(db, clock, lambda _, person: f"known as {person}")
    scans = ScanService(db.engine, clock, bytes(32), "https://ca.example", on_step=told.step)
    for number, (kind, moment, is_kept) in enumerate(IN_TIME):
        clock.now = BEGIN - OFFER
        known = openings.announce(call(platform), tender(f"LY-{number}"))
        made = answered(db, scans, clock, platform, known.number, kind, moment)
        assert (scans.of_platform(made, platform.id).answer is not None) is is_kept
        with db.read() as tx:
            last, events = queries.of_id(tx, known.id), _events(tx, known.id)
        check_chain(first_link(platform.id, known.number), events, Chain(last.events, last.head))
        happened = [one["what"] for one in events]
        assert happened[:4] == ["announced", "scan-made", "claimed", "approval-begun"]
        assert happened[4:] == (["completed"] if is_kept else ["approval-ended"])
        assert {one.get("person") for one in events[2:]} == {f"known as {OWNER}"}


def answered(
    db: Database,
    scans: ScanService,
    clock: Clock,
    platform: Platform,
    number: str,
    kind: SessionKind,
    moment: datetime,
) -> str:
    """A scan that is claimed in time, and whose answer comes at ``moment``; its id."""
    clock.now = moment - timedelta(seconds=30)
    request = {"tender": {"number": number}, "envelopes": []}
    told: Any = {"origin": "https://a.example", "digest": "d" * 64, "lifetime": timedelta(minutes=5)}
    made, holder = scans.create(platform.id, kind, request, **told), f"person/{OWNER}"
    scans.claim(qr(scans, made), holder)
    with scans.approving(made.id, holder) as approval:
        clock.now = moment

        def complete() -> None:
            with db.write() as tx:
                approval.complete(tx, {"envelopes": [], "deposit": {"envelopes": []}})

        refused(complete)
    return made.id
