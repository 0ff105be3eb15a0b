"""Attacks on accounts: guessing, flooding, locking out, stolen tokens; with a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from api.accounts.credentials import Proof
from api.accounts.errors import (
    NotSignedIn,
    PasswordCommon,
    PasswordWeak,
    PhoneTaken,
    ProofNeeded,
    RefreshRefused,
    SignInRefused,
    SmsCodeExpired,
    SmsCodeWrong,
    SmsLimit,
    TriesPaused,
)
from api.accounts.operators import add_operator
from api.accounts.rules import Purpose, network_of
from api.accounts.service import Accounts
from api.accounts.sessions import Device, Person, SessionToken
from api.accounts.tables import person as person_table
from api.db import Database
from api.errors import NotFound
from api.outside.sms_sandbox import SmsSandbox
from tests.api.test_accounts import PHONE, Clock, accounts, clock, code, opened, sms, wrong

__all__ = ["accounts", "clock", "sms"]

on_both = pytest.mark.parametrize("db", ["sqlite", "postgresql"], indirect=True)

OTHER = "13900005678"
PASSWORD = "purple-Kite-42"
HOME, STRANGER = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from opened(getattr(request, "param", "sqlite"), request, tmp_path)


def signed_in(accounts: Accounts, sms: SmsSandbox, phone: str = PHONE, at: str = HOME) -> SessionToken:
    accounts.signing_in.send_code(phone, address=at)
    return accounts.signing_in.by_code(phone, code(sms), Device("小米 14", "Android 15", "3.2.0", at))


def owner(accounts: Accounts, session: SessionToken) -> Person:
    return accounts.person(session.token)


@pytest.fixture
def session(accounts: Accounts, sms: SmsSandbox, clock: Clock) -> SessionToken:
    made = signed_in(accounts, sms)
    accounts.credentials.set_password(owner(accounts, made), PASSWORD, Proof(), HOME)
    clock.forward(minutes=1)
    return made


def flood(accounts: Accounts, clock: Clock, phone: str, addresses: list[str]) -> int:
    """How many codes strangers get sent to a number, a minute apart."""
    sent = 0
    for address in addresses:
        try:
            accounts.signing_in.send_code(phone, address=address)
            sent += 1
        except SmsLimit:
            pass
        clock.forward(seconds=61)
    return sent


def test_one_address_cannot_use_up_a_number(accounts: Accounts, clock: Clock) -> None:
    assert flood(accounts, clock, PHONE, [STRANGER] * 10) == 3
    accounts.signing_in.send_code(PHONE, address=HOME)


@on_both
def test_many_addresses_do_not_lock_the_owner_out(
    accounts: Accounts, sms: SmsSandbox, clock: Clock, session: SessionToken
) -> None:
    flood(accounts, clock, PHONE, [f"198.51.100.{n}" for n in range(20)])
    with pytest.raises(SmsLimit) as refused:
        accounts.signing_in.send_code(PHONE, address=STRANGER)
    assert signed_in(accounts, sms).token  # from where the owner was before
    assert accounts.signing_in.by_password(PHONE, PASSWORD).token
    clock.forward(seconds=int(str(refused.value.facts["wait_seconds"])))
    accounts.signing_in.send_code(PHONE, address=STRANGER)
    assert int(str(refused.value.facts["wait_seconds"])) <= 2 * 3600


def test_an_address_that_asks_for_everybody_is_slowed_down(accounts: Accounts) -> None:
    for number in range(60):
        accounts.signing_in.send_code(f"1390000{number:04d}", address=STRANGER)
    with pytest.raises(SmsLimit):
        accounts.signing_in.send_code("13900009999", address=STRANGER)
    accounts.signing_in.send_code(PHONE, address=HOME)


@on_both
def test_strangers_guesses_leave_the_owners_tries(accounts: Accounts, sms: SmsSandbox) -> None:
    accounts.signing_in.send_code(PHONE, address=HOME)
    right = code(sms)
    for _ in range(5):
        with pytest.raises(SmsCodeWrong):
            accounts.signing_in.by_code(PHONE, wrong(right), Device(address=STRANGER))
    with pytest.raises(SmsCodeExpired):
        accounts.signing_in.by_code(PHONE, right, Device(address=STRANGER))
    assert accounts.signing_in.by_code(PHONE, right, Device(address=HOME)).token


def test_twenty_guesses_from_everywhere_end_a_code(accounts: Accounts, sms: SmsSandbox) -> None:
    accounts.signing_in.send_code(PHONE, address=HOME)
    right = code(sms)
    outcomes = []
    for n in range(30):
        with pytest.raises((SmsCodeWrong, SmsCodeExpired)) as refused:
            accounts.signing_in.by_code(PHONE, wrong(right), Device(address=f"198.51.100.{n}"))
        outcomes.append(refused.type)
    assert outcomes.count(SmsCodeWrong) == 20


def test_a_code_serves_its_purpose_alone(accounts: Accounts, sms: SmsSandbox) -> None:
    accounts.signing_in.send_code(PHONE, Purpose.PASSWORD)
    with pytest.raises(SmsCodeExpired):
        accounts.signing_in.by_code(PHONE, code(sms))
    assert accounts.credentials.reset_password(PHONE, code(sms), PASSWORD, Device()).token


def test_five_wrong_passwords_pause_strangers_and_not_the_owner(
    accounts: Accounts, clock: Clock, session: SessionToken
) -> None:
    for phone in (PHONE, OTHER):  # a number that nobody has is answered alike
        answers: list[Any] = []
        for n in range(7):
            with pytest.raises((SignInRefused, TriesPaused)) as refused:
                accounts.signing_in.by_password(phone, "wrong password", Device(address=f"198.51.100.{n}"))
            answers.append(refused.type)
        assert answers == [SignInRefused] * 5 + [TriesPaused] * 2
    with pytest.raises(TriesPaused):  # the right one does not help a stranger who was too often wrong
        accounts.signing_in.by_password(PHONE, PASSWORD, Device(address=STRANGER))
    assert accounts.signing_in.by_password(PHONE, PASSWORD, Device(address=HOME)).token
    clock.forward(minutes=5)
    assert accounts.signing_in.by_password(PHONE, PASSWORD, Device(address=STRANGER)).token


@on_both
def test_guesses_at_the_same_moment_count_each(accounts: Accounts, session: SessionToken) -> None:
    def guess(_: int) -> type[Exception]:
        with pytest.raises((SignInRefused, TriesPaused)) as refused:
            accounts.signing_in.by_password(PHONE, "wrong password", Device(address=STRANGER))
        return refused.type

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(guess, range(12))).count(SignInRefused) == 5


def test_one_address_that_tries_many_numbers_is_paused(accounts: Accounts) -> None:
    for number in range(60):
        with pytest.raises(SmsCodeExpired):
            accounts.signing_in.by_code(
                f"1390000{number:04d}", "123456", Device(address=f"2001:db8::{number}")
            )
    with pytest.raises(TriesPaused):
        accounts.signing_in.by_password(PHONE, "123456", Device(address="2001:db8::1:2"))


@pytest.mark.parametrize("bad", ["password1", "12345678", "abcdefgh", "aaaaaaaa", f"{PHONE}", "Woaini1314"])
def test_passwords_that_everybody_tries(accounts: Accounts, session: SessionToken, bad: str) -> None:
    with pytest.raises(PasswordCommon):
        accounts.credentials.set_password(owner(accounts, session), bad, Proof(PASSWORD), HOME)
    with pytest.raises(PasswordWeak):
        accounts.credentials.set_password(owner(accounts, session), "short", Proof(PASSWORD), HOME)


def test_a_session_alone_changes_no_password(
    accounts: Accounts, clock: Clock, session: SessionToken, sms: SmsSandbox
) -> None:
    me = owner(accounts, session)
    with pytest.raises(ProofNeeded):
        accounts.credentials.set_password(me, "another-Kite-42", Proof(), HOME)
    with pytest.raises(SignInRefused):
        accounts.credentials.set_password(me, "another-Kite-42", Proof("wrong"), HOME)
    accounts.credentials.set_password(me, "another-Kite-42", Proof(PASSWORD), HOME)
    with pytest.raises(SignInRefused):
        accounts.signing_in.by_password(PHONE, PASSWORD)
    accounts.signing_in.send_code(PHONE, Purpose.PASSWORD)
    accounts.credentials.set_password(me, PASSWORD, Proof(code=code(sms)), HOME)
    assert accounts.signing_in.by_password(PHONE, PASSWORD).token


def test_the_first_password_needs_a_fresh_sign_in(accounts: Accounts, sms: SmsSandbox, clock: Clock) -> None:
    me = owner(accounts, signed_in(accounts, sms))
    clock.forward(minutes=11)
    with pytest.raises(ProofNeeded):
        accounts.credentials.set_password(me, PASSWORD, Proof(), HOME)


def test_a_reset_ends_all_other_sessions(
    accounts: Accounts, sms: SmsSandbox, clock: Clock, session: SessionToken
) -> None:
    accounts.signing_in.send_code(PHONE, Purpose.PASSWORD)
    made = accounts.credentials.reset_password(PHONE, code(sms), "another-Kite-42", Device())
    assert owner(accounts, made).phone == PHONE
    with pytest.raises(NotSignedIn):
        accounts.person(session.token)
    with pytest.raises(RefreshRefused):
        accounts.signing_in.renew(session.refresh_token or "")


def test_a_hash_with_old_parameters_is_made_anew(
    accounts: Accounts, db: Database, session: SessionToken
) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with db.write() as tx:
        tx.execute(person_table.update().values(password_hash=old))
    assert accounts.signing_in.by_password(PHONE, PASSWORD).token
    with db.read() as tx:
        kept = tx.execute(select(person_table.c.password_hash)).scalar_one()
    assert kept != old
    assert accounts.signing_in.by_password(PHONE, PASSWORD).token


def test_changing_the_number(
    accounts: Accounts, sms: SmsSandbox, clock: Clock, session: SessionToken
) -> None:
    me, elsewhere = owner(accounts, session), signed_in(accounts, sms)
    accounts.signing_in.send_code(OTHER, Purpose.PHONE)
    new_code = code(sms)
    with pytest.raises(ProofNeeded):
        accounts.credentials.change_phone(me, OTHER, new_code, Proof(), HOME)
    assert accounts.credentials.change_phone(me, OTHER, new_code, Proof(PASSWORD), HOME) == OTHER
    assert owner(accounts, session) == Person(me.id, OTHER, me.session_id)
    with pytest.raises(NotSignedIn):
        accounts.person(elsewhere.token)
    assert accounts.signing_in.by_password(OTHER, PASSWORD).token


@on_both
def test_a_number_that_somebody_has_is_not_taken(
    accounts: Accounts, sms: SmsSandbox, clock: Clock, session: SessionToken
) -> None:
    signed_in(accounts, sms, OTHER)
    clock.forward(minutes=2)
    accounts.signing_in.send_code(OTHER, Purpose.PHONE)
    with pytest.raises(PhoneTaken):
        accounts.credentials.change_phone(owner(accounts, session), OTHER, code(sms), Proof(PASSWORD), HOME)


def test_tokens_are_renewed_in_turn(accounts: Accounts, clock: Clock, session: SessionToken) -> None:
    clock.forward(hours=1)
    with pytest.raises(NotSignedIn):
        accounts.person(session.token)
    newer = accounts.signing_in.renew(session.refresh_token or "")
    assert owner(accounts, newer).phone == PHONE
    clock.forward(days=30)
    with pytest.raises(RefreshRefused):
        accounts.signing_in.renew(newer.refresh_token or "")


def test_a_stolen_refresh_token_ends_the_session(
    accounts: Accounts, db: Database, session: SessionToken
) -> None:
    newer = accounts.signing_in.renew(session.refresh_token or "")
    newest = accounts.signing_in.renew(newer.refresh_token or "")
    with pytest.raises(RefreshRefused):
        accounts.signing_in.renew(session.refresh_token or "")
    with pytest.raises(NotSignedIn):
        accounts.person(newest.token)
    with pytest.raises(RefreshRefused):
        accounts.signing_in.renew(newest.refresh_token or "")
    with db.read() as tx:
        lines = [str(one) for one in tx.execute(text("SELECT line FROM ca_audit_entry")).scalars()]
    assert any("person.session_reused" in one for one in lines)
    assert not any(PHONE in one or (newest.token in one) for one in lines)


@on_both
def test_a_refresh_token_that_comes_twice_at_once(accounts: Accounts, session: SessionToken) -> None:
    def use(_: int) -> SessionToken | None:
        try:
            return accounts.signing_in.renew(session.refresh_token or "")
        except RefreshRefused:
            return None

    with ThreadPoolExecutor(4) as threads:
        made = [one for one in threads.map(use, range(4)) if one is not None]
    assert len(made) == 1
    with pytest.raises(NotSignedIn):
        accounts.person(made[0].token)


def test_devices(accounts: Accounts, sms: SmsSandbox, clock: Clock, session: SessionToken) -> None:
    other = signed_in(accounts, sms, at=STRANGER)
    me = owner(accounts, session)
    mine = {one.id: one for one in accounts.devices(me)}
    assert len(mine) == 2
    assert (mine[me.session_id].device, mine[me.session_id].platform) == ("小米 14", "Android 15")
    stranger = owner(accounts, signed_in(accounts, sms, OTHER))
    with pytest.raises(NotFound):
        accounts.sign_out_device(stranger, me.session_id)
    accounts.sign_out_others(me)
    with pytest.raises(NotSignedIn):
        accounts.person(other.token)
    accounts.sign_out_device(me, me.session_id)
    with pytest.raises(NotSignedIn):
        accounts.person(session.token)


def test_last_seen_is_written_now_and_then(accounts: Accounts, clock: Clock, session: SessionToken) -> None:
    began = accounts.devices(owner(accounts, session))[0].last_seen_at
    clock.forward(seconds=30)
    assert accounts.devices(accounts.person(session.token, STRANGER))[0].last_seen_at == began
    clock.forward(minutes=5)
    seen = accounts.devices(accounts.person(session.token, STRANGER))[0]
    assert (seen.last_seen_at, seen.address) == (clock.now, STRANGER)


def test_no_more_than_twenty_devices(accounts: Accounts, session: SessionToken, clock: Clock) -> None:
    for _ in range(22):
        clock.forward(seconds=1)
        last = accounts.signing_in.by_password(PHONE, PASSWORD, Device(address=HOME))
    assert len(accounts.devices(owner(accounts, last))) == 20
    with pytest.raises(NotSignedIn):
        accounts.person(session.token)


def test_an_idle_operator_is_signed_out(accounts: Accounts, db: Database, clock: Clock) -> None:
    add_operator(db, "desk", "a-good-password", clock())
    token = accounts.sign_in_operator("desk", "a-good-password").token
    for _ in range(3):
        clock.forward(minutes=29)
        accounts.operator(token)
    clock.forward(minutes=31)
    with pytest.raises(NotSignedIn):
        accounts.operator(token)


@on_both
def test_what_has_ended_is_forgotten(
    accounts: Accounts, db: Database, clock: Clock, session: SessionToken
) -> None:
    accounts.signing_in.renew(session.refresh_token or "")
    clock.now += timedelta(days=91)
    accounts.forget()
    with db.read() as tx:
        for table in ("session", "spent_refresh", "sms_code", "pace", "known_address"):
            assert tx.execute(text(f"SELECT count(*) FROM account_{table}")).scalar_one() == 0, table


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("testclient", ""),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
