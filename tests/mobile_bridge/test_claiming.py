"""A session is claimed by one PC, by code, in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select

from mobile_bridge.errors import (
    AddressRefused,
    BridgeError,
    CodeTriesSpent,
    CodeWrong,
    SessionClaimed,
    SessionExpired,
    TaskTokenRefused,
)
from mobile_bridge.server import tables
from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.conftest import LOCK, OWNER, Clock, claimed, typed, wrong
from tests.mobile_bridge.lock_keys import SoftLock


def test_look_alike_characters_are_read_as_meant(service: BridgeService) -> None:
    sent = next(
        sent
        for sent in (service.create(LOCK, "application-1", OWNER) for _ in range(500))
        if {"0", "1"} & {*typed(sent)}
    )
    misread = typed(sent).replace("0", "o").replace("1", "l").replace("-", " ")
    assert service.claim(misread, sent.code)


def test_the_database_holds_no_secret(
    service: BridgeService, sent: CreatedSession, token: str, engine: Engine
) -> None:
    with engine.connect() as connection:
        row = str(connection.execute(select(tables.session.join(tables.address))).one())
    secrets = (typed(sent), typed(sent).replace("-", ""), f"'{sent.code}'", token)
    assert not [secret for secret in secrets if secret in row]


def test_five_wrong_codes_end_the_session(service: BridgeService, sent: CreatedSession) -> None:
    for left in (4, 3, 2, 1):
        with pytest.raises(CodeWrong) as refused:
            service.claim(sent.address, wrong(sent.code))
        assert refused.value.facts == {"tries_left": left}
    with pytest.raises(CodeTriesSpent):
        service.claim(sent.address, wrong(sent.code))
    with pytest.raises(AddressRefused):
        service.claim(sent.address, sent.code)
    state = service.status(sent.id, OWNER)
    assert (state.status, state.failure) == (Status.FAILED, "code_tries_spent")


def test_parallel_guesses_are_counted_one_by_one(
    service: BridgeService, sent: CreatedSession, engine: Engine
) -> None:
    def guess(_: int) -> str:
        try:
            service.claim(sent.address, wrong(sent.code))
        except BridgeError as error:
            return error.code
        return "claimed"

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(guess, range(20)))
    assert outcomes.count(CodeWrong.code) == 4
    assert outcomes.count(CodeTriesSpent.code) == 1
    assert outcomes.count(AddressRefused.code) == 15
    with engine.connect() as connection:
        assert connection.execute(select(tables.address.c.tries)).scalar_one() == 5
    assert [event.action for event in service.events(sent.id)].count("try") == 5


def test_parallel_claims_have_one_winner(service: BridgeService, sent: CreatedSession) -> None:
    def claim(_: int) -> str:
        try:
            service.claim(sent.address, sent.code)
        except (SessionClaimed, AddressRefused) as error:
            return error.code
        return "claimed"

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(claim, range(8)))
    assert outcomes.count("claimed") == 1
    assert outcomes.count(SessionClaimed.code) >= 4  # at most three come after the last try was spent


def test_a_second_claim_is_a_conflict_and_on_record(
    service: BridgeService, sent: CreatedSession, token: str
) -> None:
    with pytest.raises(SessionClaimed):
        service.claim(sent.address, sent.code)
    with pytest.raises(AddressRefused):
        service.claim(sent.address, wrong(sent.code))
    assert [event.action for event in service.events(sent.id)] == [
        *("create", "try", "claim", "confirm-pc"),
        "second-claim",
    ]
    assert service.facts(token)


def test_wrong_used_and_expired_addresses_answer_alike(
    service: BridgeService, clock: Clock, lock: SoftLock
) -> None:
    used = service.create(LOCK, "used", OWNER)
    token = claimed(service, used)
    service.offer_certificate(token, lock.der)
    service.answer(token, lock.sign(service.document(token)))
    expired = service.create(LOCK, "expired", OWNER)
    clock.forward(minutes=10)
    refusals = []
    for address, code in [
        ("ABCDE-FGHJK", "000000"),
        ("hello", "000000"),
        (used.address, used.code),
        (expired.address, expired.code),
    ]:
        with pytest.raises(AddressRefused) as refused:
            service.claim(address, code)
        refusals.append((refused.value.code, refused.value.message, str(refused.value)))
    assert len(set(refusals)) == 1


def test_an_address_nobody_claims_expires(service: BridgeService, sent: CreatedSession, clock: Clock) -> None:
    clock.forward(minutes=9, seconds=59)
    assert service.status(sent.id, OWNER).status is Status.CREATED
    clock.forward(seconds=1)
    assert service.status(sent.id, OWNER).status is Status.EXPIRED
    assert [event.action for event in service.events(sent.id)] == ["create", "expire"]


def test_the_sweep_expires_what_nobody_looks_at(
    service: BridgeService, sent: CreatedSession, clock: Clock
) -> None:
    assert service.expire_overdue() == 0
    clock.forward(minutes=10)
    assert [service.expire_overdue(), service.expire_overdue()] == [1, 0]
    assert [event.action for event in service.events(sent.id)] == ["create", "expire"]


def test_the_holder_has_thirty_minutes_from_the_claim(
    service: BridgeService, sent: CreatedSession, clock: Clock, lock: SoftLock
) -> None:
    clock.forward(minutes=9)
    token = claimed(service, sent)
    clock.forward(minutes=29)
    service.offer_certificate(token, lock.der)
    signature = lock.sign(service.document(token))
    clock.forward(minutes=1)
    with pytest.raises(SessionExpired):
        service.answer(token, signature)


def test_an_unknown_token_is_refused(service: BridgeService, token: str) -> None:
    with pytest.raises(TaskTokenRefused):
        service.facts(token[:-1] + ("A" if token[-1] != "A" else "B"))


def test_openings_are_counted_until_the_claim(service: BridgeService, sent: CreatedSession) -> None:
    service.opened(sent.address)
    service.opened(sent.address)
    service.opened("ABCDE-FGHJK")
    service.claim(sent.address, sent.code)
    service.opened(sent.address)
    assert service.status(sent.id, OWNER).openings == 2


def test_a_right_code_among_many_parallel_guesses_gets_no_sixth_try(
    service: BridgeService, sent: CreatedSession
) -> None:
    """Guesses sent at once are no cheaper: after five, even the right code finds nothing."""

    def guess(number: int) -> bool:
        try:
            service.claim(sent.address, wrong(sent.code) if number < 15 else sent.code)
        except BridgeError:
            return False
        return True

    for _ in range(5):
        assert not guess(0)
    with ThreadPoolExecutor(20) as threads:
        assert not any(threads.map(guess, range(20)))
