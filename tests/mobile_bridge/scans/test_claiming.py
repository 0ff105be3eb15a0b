"""A scan is claimed by one phone, by the QR code of this second."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from mobile_bridge.errors import (
    BridgeError,
    QrForged,
    QrMalformed,
    QrStale,
    SessionCancelled,
    SessionClaimed,
    SessionExpired,
    SessionNotFound,
)
from mobile_bridge.server import tables
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.scans import CreatedScan, Hint, Scan, ScanService
from tests.mobile_bridge.conftest import Clock
from tests.mobile_bridge.scans.conftest import (
    DIGEST,
    HOLDER,
    KEY,
    ORIGIN,
    OTHER,
    PLATFORM,
    REQUEST,
    URL,
    actions,
    make,
    qr,
)


def test_a_claim_binds_the_scan_to_its_holder(
    scans: ScanService, waiting: CreatedScan, changed: list[str]
) -> None:
    scan = scans.claim(qr(scans, waiting), HOLDER)
    assert (scan.status, scan.hint, scan.holder, scan.version) == (Status.CLAIMED, Hint.CLAIMED, HOLDER, 2)
    assert (scan.request, scan.digest, scan.platform, scan.origin) == (REQUEST, DIGEST, PLATFORM, ORIGIN)
    assert scans.of_holder(waiting.id, HOLDER) == scans.of_platform(waiting.id, PLATFORM) == scan
    assert changed == [waiting.id]
    for find in (
        lambda: scans.of_holder(waiting.id, OTHER),
        lambda: scans.of_platform(waiting.id, "another"),
    ):
        with pytest.raises(SessionNotFound):
            find()


def test_the_same_holder_may_come_again(
    scans: ScanService, waiting: CreatedScan, claimed: Scan, clock: Clock
) -> None:
    """The first answer was lost on its way; by now the code is old."""
    clock.forward(seconds=60)
    assert scans.claim(qr(scans, waiting), HOLDER) == claimed
    assert actions(scans, waiting.id) == ["create", "claim"]


def test_a_second_phone_is_a_conflict_and_on_record_once(
    scans: ScanService, waiting: CreatedScan, claimed: Scan
) -> None:
    for other in (OTHER, "person/9", OTHER):
        with pytest.raises(SessionClaimed):
            scans.claim(qr(scans, waiting), other)
    assert actions(scans, waiting.id) == ["create", "claim", "second-claim"]
    assert scans.of_holder(waiting.id, HOLDER).status is Status.CLAIMED


@pytest.mark.parametrize(
    ("seconds", "shown", "is_taken"),
    [
        (0, 0, True),
        (8, 0, True),
        (8.1, 0, False),
        (60, 52, True),
        (60, 51, False),
        (10, 12, True),
        (10, 13, False),
    ],
)
def test_a_code_holds_for_a_few_seconds(
    scans: ScanService, waiting: CreatedScan, clock: Clock, seconds: float, shown: int, is_taken: bool
) -> None:
    code = qr(scans, waiting, shown)
    clock.forward(seconds=seconds)
    if is_taken:
        assert scans.claim(code, HOLDER).status is Status.CLAIMED
        return
    with pytest.raises(QrStale) as refused:
        scans.claim(code, HOLDER)
    assert refused.value.code == "qr_stale"
    assert scans.of_platform(waiting.id, PLATFORM).status is Status.CREATED


def _forgeries(scans: ScanService, waiting: CreatedScan) -> dict[str, str]:
    """Codes that are well made and not this session's."""
    mine = qr(scans, waiting)
    head, mac = mine.rsplit(".", 1)

    def mac_of(other: CreatedScan) -> str:
        return qr(scans, other).rsplit(".", 1)[1]

    elsewhere = ScanService(scans.store.engine, scans.store.clock, bytes(32), URL)
    return {
        "guessed": f"{head}.{secrets.token_urlsafe(16)}",
        "one bit": f"{head}.{'B' if mac[0] == 'A' else 'A'}{mac[1:]}",
        "other session": f"{head}.{mac_of(make(scans))}",
        "other second": f"{head[:-1]}1.{mac}",
        "other key": qr(elsewhere, waiting),
        "unknown session": f"{URL}/q/{'0' * 32}.0.{mac}",
    }


@pytest.mark.parametrize(
    "how", ["guessed", "one bit", "other session", "other second", "other key", "unknown session"]
)
def test_forged_codes_are_told_as_forged(scans: ScanService, waiting: CreatedScan, how: str) -> None:
    with pytest.raises(QrForged) as refused:
        scans.claim(_forgeries(scans, waiting)[how], HOLDER)
    assert refused.value.code == "qr_forged"
    assert actions(scans, waiting.id) == ["create"]


@pytest.mark.parametrize("column", ["owner", "kind", "request_digest"])
def test_a_code_binds_platform_kind_and_digest(
    scans: ScanService, waiting: CreatedScan, engine: Engine, column: str
) -> None:
    """Whoever changes in the database what was asked for has codes that open nothing."""
    code = qr(scans, waiting)
    table = tables.scan if column in tables.scan.c else tables.session
    other = {"owner": "platform-2", "kind": SessionKind.LOGIN, "request_digest": "d2" * 32}[column]
    with engine.begin() as connection:
        connection.execute(table.update().values({column: other}))
    with pytest.raises(QrForged):
        scans.claim(code, HOLDER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "你好",
        "https://ca.example/q/",
        "https://evil.example/q/{}",
        "{}.",
        "{}=",
        "{} {}",
        "x" * 5000,
        "\x00",
    ],
)
def test_what_is_no_code_of_ours_is_malformed(scans: ScanService, waiting: CreatedScan, text: str) -> None:
    with pytest.raises(QrMalformed):
        scans.claim(text.replace("{}", qr(scans, waiting).removeprefix(f"{URL}/q/")), HOLDER)


def test_seconds_have_one_spelling(scans: ScanService, waiting: CreatedScan) -> None:
    with pytest.raises(QrMalformed):
        scans.claim(qr(scans, waiting).replace(".0.", ".00."), HOLDER)


def test_a_thousand_phones_and_one_winner(scans: ScanService, waiting: CreatedScan) -> None:
    code = qr(scans, waiting)

    def claim(number: int) -> str:
        try:
            return str(scans.claim(code, f"person/{number}").holder)
        except BridgeError as error:
            return error.code

    with ThreadPoolExecutor(32) as phones:
        outcomes = list(phones.map(claim, range(1000)))
    winners = [one for one in outcomes if one.startswith("person/")]
    assert len(winners) == 1
    assert outcomes.count("already_claimed") == 999
    assert scans.of_platform(waiting.id, PLATFORM).holder == winners[0]
    assert actions(scans, waiting.id)[:2] == ["create", "claim"]


def test_a_scan_that_has_ended_is_claimed_by_nobody(
    scans: ScanService, waiting: CreatedScan, clock: Clock
) -> None:
    short = make(scans, lifetime=timedelta(seconds=60))
    scans.cancel(waiting.id, PLATFORM)
    with pytest.raises(SessionCancelled):
        scans.claim(qr(scans, waiting), HOLDER)
    clock.forward(seconds=60)
    with pytest.raises(SessionExpired):
        scans.claim(qr(scans, short, 60), HOLDER)


def test_whoever_scans_at_the_last_moment_has_time_to_read(
    scans: ScanService, waiting: CreatedScan, clock: Clock
) -> None:
    clock.forward(seconds=179)
    claimed = scans.claim(qr(scans, waiting, 179), HOLDER)
    assert claimed.expires_at == clock.now + timedelta(seconds=120)
    early = make(scans)
    assert scans.claim(qr(scans, early), HOLDER).expires_at == early.expires_at


def test_the_database_holds_no_secret(scans: ScanService, waiting: CreatedScan, engine: Engine) -> None:
    with engine.connect() as connection:
        row = str(connection.execute(select(tables.session.join(tables.scan))).one())
    assert waiting.wait_token not in row
    assert waiting.wait_token not in repr(waiting)
    assert KEY.hex() not in row
