"""The phone and the PC talk to the service: answers, crashes and races."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ca.errors import LockOfOtherEnterprise, LockRevoked, LockStatusUnknown, SignatureMismatch
from mobile_bridge.errors import (
    SessionAnswered,
    SessionCancelled,
    SessionFailed,
    SessionNotFound,
    SessionNotReady,
    SessionRefused,
)
from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.conftest import LOCK, OWNER, Clock, confirm, typed
from tests.mobile_bridge.forms import FACTS, WaitingForms
from tests.mobile_bridge.lock_keys import SoftLock


def test_a_form_is_signed_once_and_for_all(
    service: BridgeService, sent: CreatedSession, forms: WaitingForms, lock: SoftLock
) -> None:
    token = service.claim(typed(sent).lower().replace("-", ""), sent.code)
    confirm(service, sent)
    assert service.facts(token)[0] == FACTS
    service.offer_certificate(token, lock.der)
    result = service.answer(token, lock.sign(service.document(token)))
    assert result == hashlib.sha256(forms.signed["application-1"]).hexdigest()
    state = service.status(sent.id, OWNER)
    assert (state.status, state.result) == (Status.COMPLETE, result)
    assert [event.action for event in service.events(sent.id)] == [
        "create",
        "try",
        "claim",
        "confirm-pc",
        "offer",
        "confirm",
        "complete",
    ]


def test_the_task_token_is_good_for_nothing_after_the_answer(
    service: BridgeService, token: str, lock: SoftLock
) -> None:
    service.offer_certificate(token, lock.der)
    document = service.document(token)
    signature = lock.sign(document)
    result = service.answer(token, signature)
    assert service.answer(token, signature) == result  # the same answer, sent again
    for step in (
        lambda: service.answer(token, SoftLock().sign(document)),
        lambda: service.facts(token),
        lambda: service.document(token),
        lambda: service.offer_certificate(token, lock.der),
        lambda: service.refuse(token, ""),
    ):
        with pytest.raises(SessionAnswered):
            step()


def test_a_lock_of_another_company_may_be_changed_for_the_right_one(
    service: BridgeService, sent: CreatedSession, token: str, forms: WaitingForms, lock: SoftLock
) -> None:
    def refuse(_: object) -> None:
        raise LockOfOtherEnterprise("another credit code")

    forms.check_certificate = refuse
    with pytest.raises(LockOfOtherEnterprise):
        service.offer_certificate(token, SoftLock().der)
    with pytest.raises(SessionNotReady):
        service.document(token)
    forms.check_certificate = lambda _: None
    service.offer_certificate(token, lock.der)
    service.answer(token, lock.sign(service.document(token)))
    assert service.status(sent.id, OWNER).status is Status.COMPLETE
    refusal = service.events(sent.id)[4]
    assert (refusal.action, refusal.code) == ("offer-refused", "lock_of_other_enterprise")


def test_the_same_offer_again_keeps_the_document(
    service: BridgeService, token: str, clock: Clock, lock: SoftLock
) -> None:
    service.offer_certificate(token, lock.der)
    first = service.document(token)
    clock.forward(seconds=5)
    service.offer_certificate(token, lock.der)
    assert service.document(token) == first


def test_an_answer_over_other_bytes_fails_the_session(
    service: BridgeService, sent: CreatedSession, token: str, forms: WaitingForms, lock: SoftLock
) -> None:
    service.offer_certificate(token, lock.der)
    other = service.document(token).replace(b"/Reason", b"/Raeson", 1)
    with pytest.raises(SignatureMismatch):
        service.answer(token, lock.sign(other))
    state = service.status(sent.id, OWNER)
    assert (state.status, state.failure) == (Status.FAILED, "signature_mismatch")
    assert not forms.signed
    with pytest.raises(SessionFailed):
        service.document(token)


def test_a_certificate_revoked_between_offer_and_answer_fails_the_session(
    service: BridgeService, sent: CreatedSession, token: str, forms: WaitingForms, lock: SoftLock
) -> None:
    def refuse() -> None:
        raise LockRevoked("on the list")

    forms.check_answer = refuse
    service.offer_certificate(token, lock.der)
    with pytest.raises(LockRevoked):
        service.answer(token, lock.sign(service.document(token)))
    assert service.status(sent.id, OWNER).failure == "lock_revoked"


def test_an_answer_waits_for_what_is_unavailable(
    service: BridgeService,
    sent: CreatedSession,
    token: str,
    forms: WaitingForms,
    lock: SoftLock,
    clock: Clock,
) -> None:
    def refuse() -> None:
        raise LockStatusUnknown("no list in force")

    forms.check_answer = refuse
    service.offer_certificate(token, lock.der)
    with pytest.raises(LockStatusUnknown):
        service.answer(token, lock.sign(service.document(token)))
    clock.forward(hours=1)  # an answer on record does not expire
    assert service.status(sent.id, OWNER).status is Status.CONFIRMED
    forms.check_answer = lambda: None
    assert service.status(sent.id, OWNER).status is Status.COMPLETE


class PowerCut(BaseException):
    """Nothing in the program handles it."""


@pytest.mark.parametrize("moment", ["check_answer", "after_accept"])
@pytest.mark.parametrize("cure", ["the agent answers again", "the next start settles"])
def test_a_crash_in_the_middle_loses_nothing(
    service: BridgeService,
    sent: CreatedSession,
    token: str,
    forms: WaitingForms,
    lock: SoftLock,
    clock: Clock,
    moment: str,
    cure: str,
) -> None:
    def cut() -> None:
        raise PowerCut

    setattr(forms, moment, cut)
    service.offer_certificate(token, lock.der)
    signature = lock.sign(service.document(token))
    with pytest.raises(PowerCut):
        service.answer(token, signature)
    assert service.status(sent.id, OWNER).status is Status.CONFIRMED
    setattr(forms, moment, lambda: None)
    if cure == "the agent answers again":
        service.answer(token, signature)
    else:
        clock.forward(minutes=1)
        assert service.settle() == 1
    state = service.status(sent.id, OWNER)
    assert state.status is Status.COMPLETE
    assert state.result == hashlib.sha256(forms.signed["application-1"]).hexdigest()


def test_declining_ends_the_session(service: BridgeService, sent: CreatedSession, token: str) -> None:
    service.refuse(token, "不是本单位的申请")
    state = service.status(sent.id, OWNER)
    assert (state.status, state.reason) == (Status.REFUSED, "不是本单位的申请")
    with pytest.raises(SessionRefused):
        service.facts(token)


def test_the_phone_takes_its_request_back(service: BridgeService, sent: CreatedSession, token: str) -> None:
    service.cancel(sent.id, OWNER)
    with pytest.raises(SessionCancelled):
        service.facts(token)
    with pytest.raises(SessionCancelled):
        service.cancel(sent.id, OWNER)
    with pytest.raises(SessionNotFound):
        service.cancel("0" * 32, OWNER)


def test_a_new_request_takes_the_place_of_the_old_one(
    service: BridgeService, sent: CreatedSession, token: str, clock: Clock
) -> None:
    clock.forward(seconds=1)
    newer = service.create(LOCK, "application-1", OWNER)
    other = service.create(LOCK, "application-2", OWNER)
    assert service.status(sent.id, OWNER).status is Status.CANCELLED
    assert service.events(sent.id)[-1].code == "superseded"
    latest = service.latest(LOCK, "application-1", OWNER)
    assert latest is not None
    assert latest.id == newer.id
    assert service.status(other.id, OWNER).status is Status.CREATED
    assert service.latest(LOCK, "application-3", OWNER) is None


def test_another_owner_finds_nothing(service: BridgeService, sent: CreatedSession) -> None:
    with pytest.raises(SessionNotFound):
        service.status(sent.id, "person-2")
    with pytest.raises(SessionNotFound):
        service.cancel(sent.id, "person-2")
    assert service.latest(LOCK, "application-1", "person-2") is None
    assert service.status(sent.id, OWNER).status is Status.CREATED


def test_events_tell_from_where_to_where_without_a_gap(
    service: BridgeService, sent: CreatedSession, token: str, clock: Clock
) -> None:
    service.refuse(token, "")
    events = service.events(sent.id)
    assert [event.number for event in events] == [1, 2, 3, 4, 5]
    assert [(event.before, event.after) for event in events] == [
        (None, Status.CREATED),
        (Status.CREATED, Status.CREATED),  # the code was tried
        (Status.CREATED, Status.CLAIMED),
        (Status.CLAIMED, Status.CLAIMED),  # the phone said yes to the PC
        (Status.CLAIMED, Status.REFUSED),
    ]
    assert {event.at for event in events} == {clock.now}


def test_the_same_answer_sent_at_once_is_taken_once(
    service: BridgeService, sent: CreatedSession, token: str, lock: SoftLock
) -> None:
    service.offer_certificate(token, lock.der)
    signature = lock.sign(service.document(token))
    with ThreadPoolExecutor(8) as threads:
        results = set(threads.map(lambda _: service.answer(token, signature), range(8)))
    assert results == {service.status(sent.id, OWNER).result}
    assert [event.action for event in service.events(sent.id)].count("complete") == 1


def test_an_answer_and_a_cancellation_at_once_have_one_winner(
    service: BridgeService, sent: CreatedSession, token: str, lock: SoftLock, forms: WaitingForms
) -> None:
    service.offer_certificate(token, lock.der)
    signature = lock.sign(service.document(token))

    def attempt(step: Callable[[], object]) -> bool:
        try:
            step()
        except (SessionAnswered, SessionCancelled):
            return False
        return True

    steps = [lambda: service.answer(token, signature), lambda: service.cancel(sent.id, OWNER)]
    with ThreadPoolExecutor(2) as threads:
        answered, cancelled = threads.map(attempt, steps)
    assert answered is not cancelled
    assert service.status(sent.id, OWNER).status is (Status.COMPLETE if answered else Status.CANCELLED)
    assert bool(forms.signed) is answered
