"""Signing in: codes, sessions and operators, with a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from api.accounts import passwords
from api.accounts.errors import (
    NotSignedIn,
    OperatorExists,
    OperatorPaused,
    OperatorRefused,
    PasswordWeak,
    PhoneInvalid,
    SmsCodeExpired,
    SmsCodeWrong,
    SmsTooSoon,
)
from api.accounts.operators import add_operator
from api.accounts.rules import check_phone
from api.accounts.service import Accounts
from api.accounts.sessions import Device
from api.db import Database, make_engine
from api.outside.aliyun.client import AliyunClient
from api.outside.sms import AliyunSms
from api.outside.sms_sandbox import KEY_ID, SIGN_NAME, TEMPLATE_CODE, SmsSandbox
from ca.audit.journal import Journal
from tests.api.test_aliyun import arrived
from tests.support.schemas import bring_up

PHONE = "13800001234"
PASSWORD = "a-good-password"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of this kind."""
    url = f"sqlite:///{tmp_path}/a.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    made = Database(make_engine(url))
    bring_up(made.engine)
    yield made
    made.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from opened(request.param, request, tmp_path)


@pytest.fixture
def sms(db: Database, clock: Clock) -> SmsSandbox:
    return SmsSandbox(db, "the secret", clock)


@pytest.fixture
def accounts(db: Database, sms: SmsSandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """With hashes that cost little: what is tried here is how often, not how hard."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=256, parallelism=1))
    passwords._nobody.cache_clear()
    return Accounts(db, sender(sms, clock), b"k" * 32, clock, Journal(db.engine, "main", clock))


def sender(sms: SmsSandbox, clock: Clock) -> AliyunSms:
    """The real adapter, in front of the sandbox without a network between."""

    def answer(request: httpx.Request) -> httpx.Response:
        status, told = sms.answer(arrived(request))
        return httpx.Response(status, json=told)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    client = AliyunClient("https://dysmsapi.aliyuncs.com", KEY_ID, "the secret", clock, http)
    return AliyunSms(client, SIGN_NAME, TEMPLATE_CODE)


def code(sms: SmsSandbox) -> str:
    return sms.inbox()[0].code


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06d}"


def test_a_code_opens_a_session_once(accounts: Accounts, sms: SmsSandbox) -> None:
    accounts.signing_in.send_code(PHONE)
    session = accounts.signing_in.by_code("+86 138-0000-1234", code(sms))
    assert accounts.person(session.token).phone == PHONE
    with pytest.raises(SmsCodeExpired):
        accounts.signing_in.by_code(PHONE, code(sms))


def test_a_number_is_one_person(accounts: Accounts, sms: SmsSandbox, clock: Clock) -> None:
    people = set()
    for _ in range(2):
        accounts.signing_in.send_code(PHONE)
        people.add(accounts.person(accounts.signing_in.by_code(PHONE, code(sms)).token).id)
        clock.forward(seconds=61)
    assert len(people) == 1


def test_the_next_code_takes_a_minute(accounts: Accounts, clock: Clock) -> None:
    accounts.signing_in.send_code(PHONE)
    clock.forward(seconds=20)
    with pytest.raises(SmsTooSoon) as refused:
        accounts.signing_in.send_code(PHONE)
    assert refused.value.facts["wait_seconds"] in (40, 41)
    clock.forward(seconds=41)
    accounts.signing_in.send_code(PHONE)


def test_five_tries_and_no_more(accounts: Accounts, sms: SmsSandbox) -> None:
    accounts.signing_in.send_code(PHONE)
    right = code(sms)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(SmsCodeWrong) as refused:
            accounts.signing_in.by_code(PHONE, wrong(right))
        assert refused.value.facts["tries_left"] == left
    with pytest.raises(SmsCodeExpired):
        accounts.signing_in.by_code(PHONE, right)


def test_tries_at_the_same_moment_count_each(accounts: Accounts, sms: SmsSandbox) -> None:
    accounts.signing_in.send_code(PHONE)
    bad = wrong(code(sms))

    def guess(_: int) -> type[Exception]:
        with pytest.raises((SmsCodeWrong, SmsCodeExpired)) as refused:
            accounts.signing_in.by_code(PHONE, bad)
        return refused.type

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(guess, range(16)))
    assert outcomes.count(SmsCodeWrong) == 5


def test_a_code_lives_five_minutes(accounts: Accounts, sms: SmsSandbox, clock: Clock) -> None:
    accounts.signing_in.send_code(PHONE)
    clock.forward(minutes=5, seconds=1)
    with pytest.raises(SmsCodeExpired):
        accounts.signing_in.by_code(PHONE, code(sms))


def test_neither_codes_nor_tokens_are_in_the_database(
    accounts: Accounts, sms: SmsSandbox, db: Database
) -> None:
    accounts.signing_in.send_code(PHONE)
    used = code(sms)
    session = accounts.signing_in.by_code(PHONE, used)
    with db.read() as tx:
        kept = str(tx.execute(text("SELECT * FROM account_sms_code")).all())
        kept += str(tx.execute(text("SELECT * FROM account_session")).all())
    assert session.token not in kept
    assert f"'{used}'" not in kept


def test_sessions_end(accounts: Accounts, sms: SmsSandbox, clock: Clock) -> None:
    accounts.signing_in.send_code(PHONE)
    session = accounts.signing_in.by_code(PHONE, code(sms))
    clock.now = session.expires_at
    with pytest.raises(NotSignedIn):
        accounts.person(session.token)


@pytest.mark.parametrize("phone", ["", "123", "12800001234", "138000012345", "1380000123a", "+1 3800001234"])
def test_what_is_no_mobile_number(phone: str) -> None:
    with pytest.raises(PhoneInvalid):
        check_phone(phone)


def test_operators(accounts: Accounts, db: Database, clock: Clock) -> None:
    add_operator(db, "audit", PASSWORD, clock())
    assert accounts.operator(accounts.sign_in_operator("audit", PASSWORD).token).name == "audit"
    with pytest.raises(OperatorExists):
        add_operator(db, "audit", PASSWORD, clock())
    with pytest.raises(PasswordWeak):
        add_operator(db, "weak", "short", clock())
    for name in ("audit", "nobody"):
        with pytest.raises(OperatorRefused):
            accounts.sign_in_operator(name, "wrong")


def test_five_wrong_passwords_pause_an_operator(accounts: Accounts, db: Database, clock: Clock) -> None:
    add_operator(db, "audit", PASSWORD, clock())
    for _ in range(5):
        with pytest.raises(OperatorRefused):
            accounts.sign_in_operator("audit", "wrong")
    with pytest.raises(OperatorPaused):
        accounts.sign_in_operator("audit", PASSWORD)
    clock.forward(minutes=5, seconds=1)
    assert accounts.sign_in_operator("audit", PASSWORD).token


def test_guessing_an_operators_password_tells_no_names_and_locks_nobody_out(
    accounts: Accounts, db: Database, clock: Clock
) -> None:
    add_operator(db, "desk", "a-good-password", clock())
    for name in ("desk", "nobody"):
        answers: list[type[Exception]] = []
        for _ in range(7):
            with pytest.raises((OperatorRefused, OperatorPaused)) as refused:
                accounts.sign_in_operator(name, "wrong password", Device(address="203.0.113.9"))
            answers.append(refused.type)
        assert answers == [OperatorRefused] * 5 + [OperatorPaused] * 2
    assert accounts.sign_in_operator("desk", "a-good-password", Device(address="192.0.2.7"))


def test_an_operators_password_is_not_guessed_from_many_addresses(
    accounts: Accounts, db: Database, clock: Clock
) -> None:
    add_operator(db, "desk", "a-good-password", clock())
    outcomes = []
    for n in range(52):
        with pytest.raises((OperatorRefused, OperatorPaused)) as refused:
            accounts.sign_in_operator("desk", "wrong password", Device(address=f"198.51.100.{n}"))
        outcomes.append(refused.type)
    assert outcomes == [OperatorRefused] * 50 + [OperatorPaused] * 2
    clock.forward(minutes=1)
    assert accounts.sign_in_operator("desk", "a-good-password", Device(address="192.0.2.7"))
