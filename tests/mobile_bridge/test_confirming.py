"""After a claim the phone says yes to the PC; before that the PC learns nothing and can sign nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mobile_bridge.errors import (
    PcDiffers,
    PcUnconfirmed,
    SessionCancelled,
    SessionNotFound,
    SessionNotReady,
)
from mobile_bridge.server.pcs import program_of
from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.conftest import LOCK, OWNER, claimed, confirm, pc_of
from tests.mobile_bridge.lock_keys import SoftLock

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0"

STEPS: dict[str, Callable[[BridgeService, str], object]] = {
    "facts": lambda service, token: service.facts(token),
    "offer": lambda service, token: service.offer_certificate(token, SoftLock().der),
    "document": lambda service, token: service.document(token),
    "answer": lambda service, token: service.answer(token, b"a CMS"),
}


@pytest.mark.parametrize("step", STEPS)
def test_nothing_before_the_phones_yes(service: BridgeService, sent: CreatedSession, step: str) -> None:
    token = service.claim(sent.address, sent.code, FIREFOX)
    with pytest.raises(PcUnconfirmed) as refused:
        STEPS[step](service, token)
    pc = pc_of(service, sent)
    assert (pc.confirmed, pc.program) == (False, "Firefox 浏览器，Windows")
    assert refused.value.facts == {"number": pc.number}
    assert service.status(sent.id, OWNER).status is Status.CLAIMED
    confirm(service, sent)
    assert pc_of(service, sent).confirmed
    assert service.facts(token)


def test_the_phone_says_yes_to_the_number_that_the_pc_shows(
    service: BridgeService, sent: CreatedSession
) -> None:
    with pytest.raises(SessionNotReady):
        service.confirm_pc(sent.id, OWNER, "00")
    token = service.claim(sent.address, sent.code)
    number = pc_of(service, sent).number
    with pytest.raises(PcDiffers):
        service.confirm_pc(sent.id, OWNER, f"{(int(number) + 1) % 100:02d}")
    with pytest.raises(SessionNotFound):
        service.confirm_pc(sent.id, "person-2", number)
    with pytest.raises(PcUnconfirmed):
        service.facts(token)


def test_yes_is_said_once_whoever_sends_it_again(service: BridgeService, sent: CreatedSession) -> None:
    service.claim(sent.address, sent.code)
    with ThreadPoolExecutor(4) as phones:
        list(phones.map(lambda _: confirm(service, sent), range(4)))
    assert [event.action for event in service.events(sent.id)].count("confirm-pc") == 1


def test_no_instead_of_yes_ends_it(service: BridgeService, sent: CreatedSession) -> None:
    token = service.claim(sent.address, sent.code)
    number = pc_of(service, sent).number
    service.cancel(sent.id, OWNER)
    with pytest.raises(SessionCancelled):
        service.confirm_pc(sent.id, OWNER, number)
    with pytest.raises(SessionCancelled):
        service.facts(token)


def test_a_pc_may_decline_unconfirmed(service: BridgeService, sent: CreatedSession) -> None:
    service.refuse(service.claim(sent.address, sent.code), "")
    assert service.status(sent.id, OWNER).status is Status.REFUSED


def test_another_claim_shows_another_number(service: BridgeService) -> None:
    """Sessions as an attacker can make them: whoever reads the number off the wrong PC is told so."""
    made = [service.create(LOCK, f"application-{n}", OWNER) for n in range(12)]
    for each in made:
        claimed(service, each)
    assert len({pc_of(service, each).number for each in made}) > 1


def test_what_a_program_says_of_itself() -> None:
    assert program_of(EDGE) == "Edge 浏览器，Windows"
    assert program_of("sealbridge-agent/0.1.0") == "签章程序"
    assert program_of("x" * 10_000) == "未知程序"
