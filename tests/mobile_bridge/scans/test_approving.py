"""One approval at a time; nothing is half done, whoever is killed when."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine

from hsm.errors import PinIncorrect
from mobile_bridge.errors import (
    ApprovalInProgress,
    SessionAnswered,
    SessionCancelled,
    SessionExpired,
    SessionNotFound,
)
from mobile_bridge.server.rules import Status
from mobile_bridge.server.scans import Approval, CreatedScan, Hint, Scan, ScanService
from mobile_bridge.server.scans import approving as module
from mobile_bridge.server.scans.rules import APPROVAL_TURN, LONGEST_APPROVAL
from tests.mobile_bridge.conftest import Clock
from tests.mobile_bridge.scans.conftest import HOLDER, OTHER, PLATFORM, Ended, actions

ANSWER = {"statement": "eyJ…", "documents": [{"sha256": "ab" * 32}]}


def complete(scans: ScanService, approval: Approval) -> Scan:
    with scans.store.engine.begin() as tx:
        return approval.complete(tx, ANSWER)


def approve(scans: ScanService, scan: Scan) -> Scan:
    with scans.approving(scan.id, HOLDER) as approval:
        return complete(scans, approval)


def test_an_approval_answers_the_scan_once(
    scans: ScanService, claimed: Scan, ended: Ended, changed: list[str]
) -> None:
    done = approve(scans, claimed)
    assert (done.status, done.hint, done.answer) == (Status.COMPLETE, Hint.COMPLETE, ANSWER)
    assert scans.of_platform(claimed.id, PLATFORM) == done
    assert actions(scans, claimed.id) == ["create", "claim", "approve", "confirm", "complete"]
    assert ended.scans == [done]
    assert changed[-1] == claimed.id
    with pytest.raises(SessionAnswered):
        approve(scans, claimed)


def test_the_page_sees_that_an_approval_is_under_way(scans: ScanService, claimed: Scan) -> None:
    with scans.approving(claimed.id, HOLDER):
        assert scans.of_platform(claimed.id, PLATFORM).hint is Hint.APPROVING
    assert scans.of_platform(claimed.id, PLATFORM).hint is Hint.CLAIMED


def test_a_wrong_pin_is_told_and_may_be_typed_again(scans: ScanService, claimed: Scan, ended: Ended) -> None:
    with pytest.raises(PinIncorrect), scans.approving(claimed.id, HOLDER):
        raise PinIncorrect(tries_left=4)
    assert scans.of_platform(claimed.id, PLATFORM).hint is Hint.PIN_WRONG
    with scans.approving(claimed.id, HOLDER) as approval:
        approval.hint("certificate_invalid")
    assert scans.of_platform(claimed.id, PLATFORM).hint is Hint.CERTIFICATE_INVALID
    assert [one.code for one in scans.events(claimed.id)][-4:] == [
        None,
        "pin_wrong",
        None,
        "certificate_invalid",
    ]
    assert ended.scans == []
    approve(scans, claimed)


def test_only_its_holder_approves_and_only_what_is_claimed(
    scans: ScanService, waiting: CreatedScan, claimed: Scan
) -> None:
    with pytest.raises(SessionNotFound), scans.approving(claimed.id, OTHER):
        pass
    scans.cancel(claimed.id, PLATFORM)
    with pytest.raises(SessionCancelled), scans.approving(claimed.id, HOLDER):
        pass


def test_two_approvals_at_once_have_one_turn(scans: ScanService, claimed: Scan) -> None:
    together = Barrier(8)

    def attempt(_: int) -> str:
        together.wait()
        try:
            return approve(scans, claimed).status
        except (ApprovalInProgress, SessionAnswered) as error:
            return error.code

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(attempt, range(8)))
    assert outcomes.count("complete") == 1
    assert actions(scans, claimed.id).count("complete") == 1


def test_a_second_approval_waits_for_the_first(scans: ScanService, claimed: Scan) -> None:
    with scans.approving(claimed.id, HOLDER):
        with pytest.raises(ApprovalInProgress), scans.approving(claimed.id, HOLDER):
            pass
        assert scans.of_holder(claimed.id, HOLDER).hint is Hint.APPROVING


def test_whoever_is_too_slow_loses_the_turn_and_answers_nothing(
    scans: ScanService, claimed: Scan, clock: Clock
) -> None:
    def overtaken() -> None:
        clock.now += APPROVAL_TURN
        with scans.approving(claimed.id, HOLDER):
            complete(scans, slow)

    with pytest.raises(ApprovalInProgress), scans.approving(claimed.id, HOLDER) as slow:
        overtaken()
    assert scans.of_platform(claimed.id, PLATFORM).answer is None
    assert approve(scans, claimed).answer == ANSWER


def test_a_long_approval_keeps_its_turn(
    scans: ScanService, claimed: Scan, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.05)
    with scans.approving(claimed.id, HOLDER) as approval:
        for _ in range(4):  # four times three quarters of a turn, beyond the time of the scan itself
            clock.now += APPROVAL_TURN * 0.75
            deadline = time.monotonic() + 10
            while scans.of_holder(claimed.id, HOLDER).approval_until != clock.now + APPROVAL_TURN:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert (scans.free_lapsed(), scans.expire_overdue()) == (0, 0)
        assert complete(scans, approval).status is Status.COMPLETE


def test_an_approval_that_hangs_loses_its_turn_in_the_end(
    scans: ScanService, claimed: Scan, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.05)

    def hang(approval: Approval) -> None:
        clock.now += LONGEST_APPROVAL
        time.sleep(0.3)  # were it renewed, it would be so by now
        assert scans.expire_overdue() == 1
        complete(scans, approval)

    with pytest.raises(SessionExpired), scans.approving(claimed.id, HOLDER) as approval:
        hang(approval)


def test_what_is_taken_back_while_the_token_signs_is_not_answered(
    scans: ScanService, claimed: Scan, ended: Ended
) -> None:
    def cancelled(approval: Approval) -> None:
        scans.cancel(claimed.id, PLATFORM)
        complete(scans, approval)

    with pytest.raises(SessionCancelled), scans.approving(claimed.id, HOLDER) as approval:
        cancelled(approval)
    found = scans.of_platform(claimed.id, PLATFORM)
    assert (found.status, found.answer) == (Status.CANCELLED, None)
    assert [one.status for one in ended.scans] == [Status.CANCELLED]


def test_an_approval_that_began_in_time_is_finished(scans: ScanService, claimed: Scan, clock: Clock) -> None:
    clock.now = claimed.expires_at - timedelta(seconds=1)
    with scans.approving(claimed.id, HOLDER) as approval:
        clock.forward(seconds=5)
        assert scans.expire_overdue() == 0
        assert scans.of_platform(claimed.id, PLATFORM).status is Status.CLAIMED
        with scans.store.engine.begin() as tx:
            approval.complete(tx, ANSWER)
    assert scans.of_platform(claimed.id, PLATFORM).status is Status.COMPLETE


def test_an_approval_that_fails_after_the_time_leaves_it_expired(
    scans: ScanService, claimed: Scan, clock: Clock
) -> None:
    clock.now = claimed.expires_at - timedelta(seconds=1)

    def mistype() -> None:
        clock.forward(seconds=5)
        raise PinIncorrect

    with pytest.raises(PinIncorrect), scans.approving(claimed.id, HOLDER):
        mistype()
    with pytest.raises(SessionExpired), scans.approving(claimed.id, HOLDER):
        pass


def test_an_approval_that_outlives_its_turn_and_the_scan_answers_nothing(
    scans: ScanService, claimed: Scan, clock: Clock
) -> None:
    clock.now = claimed.expires_at - timedelta(seconds=1)

    def outlive(approval: Approval) -> None:
        clock.now += APPROVAL_TURN
        assert scans.expire_overdue() == 1
        complete(scans, approval)

    with pytest.raises(SessionExpired), scans.approving(claimed.id, HOLDER) as approval:
        outlive(approval)
    assert scans.of_platform(claimed.id, PLATFORM).answer is None


def test_what_the_caller_rolls_back_did_not_happen(scans: ScanService, claimed: Scan, ended: Ended) -> None:
    ended.fault = RuntimeError("no room for the webhook")
    with pytest.raises(RuntimeError):
        approve(scans, claimed)
    found = scans.of_platform(claimed.id, PLATFORM)
    assert (found.status, found.answer, found.approval_until) == (Status.CLAIMED, None, None)
    ended.fault = None
    approve(scans, claimed)


def test_an_answer_has_a_digest_on_record(scans: ScanService, claimed: Scan, engine: Engine) -> None:
    approve(scans, claimed)
    with engine.connect() as connection:
        result = connection.exec_driver_sql("SELECT result FROM bridge_session").scalar_one()
    text = json.dumps(ANSWER, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert result == hashlib.sha256(text.encode()).hexdigest()


def test_nothing_is_approved_before_it_is_claimed(scans: ScanService, waiting: CreatedScan) -> None:
    with pytest.raises(SessionNotFound), scans.approving(waiting.id, HOLDER):
        pass
    with pytest.raises(SessionNotFound):
        scans.refuse(waiting.id, HOLDER, "")


@pytest.mark.parametrize("moment", ["signing", "writing"])
def test_a_process_killed_in_the_middle_leaves_nothing_half(
    scans: ScanService, claimed: Scan, engine: Engine, clock: Clock, moment: str
) -> None:
    """``kill -9`` between the PIN and the answer, and inside the transaction that writes the answer."""
    url = engine.url.render_as_string(hide_password=False)
    child = [sys.executable, "-m", "tests.mobile_bridge.scans.approving_child", url, claimed.id, moment]
    with subprocess.Popen([*child, clock.now.isoformat()], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{moment}\n"
        process.send_signal(signal.SIGKILL)
    assert scans.of_platform(claimed.id, PLATFORM).answer is None
    with pytest.raises(ApprovalInProgress):
        approve(scans, claimed)
    assert (scans.free_lapsed(), scans.of_platform(claimed.id, PLATFORM).hint) == (0, Hint.APPROVING)
    clock.now += APPROVAL_TURN
    if moment == "signing":  # the sweep may come first, or the holder
        assert (scans.free_lapsed(), scans.of_platform(claimed.id, PLATFORM).hint) == (1, Hint.CLAIMED)
    assert approve(scans, claimed).answer == ANSWER
    assert actions(scans, claimed.id).count("complete") == 1
