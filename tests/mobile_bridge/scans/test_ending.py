"""How scans end without an answer, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mobile_bridge.errors import (
    MessageTooLarge,
    SessionCancelled,
    SessionExpired,
    SessionFailed,
    SessionNotFound,
    SessionRefused,
)
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.scans import CreatedScan, Hint, Scan, ScanService
from tests.mobile_bridge.conftest import Clock
from tests.mobile_bridge.scans.conftest import HOLDER, OTHER, PLATFORM, Ended, actions, make, qr


def test_the_holder_declines(scans: ScanService, claimed: Scan, ended: Ended) -> None:
    with pytest.raises(MessageTooLarge):
        scans.refuse(claimed.id, HOLDER, "不" * 201)
    with pytest.raises(SessionNotFound):
        scans.refuse(claimed.id, OTHER, "")
    scans.refuse(claimed.id, HOLDER, "不是我操作的")
    found = scans.of_platform(claimed.id, PLATFORM)
    assert (found.status, found.hint, found.reason) == (Status.REFUSED, Hint.USER_REFUSED, "不是我操作的")
    assert [one.reason for one in ended.scans] == ["不是我操作的"]
    with pytest.raises(SessionRefused):
        scans.refuse(claimed.id, HOLDER, "")


def test_the_platform_takes_it_back(scans: ScanService, waiting: CreatedScan, ended: Ended) -> None:
    with pytest.raises(SessionNotFound):
        scans.cancel(waiting.id, "platform-2")
    scans.cancel(waiting.id, PLATFORM)
    assert scans.of_platform(waiting.id, PLATFORM).hint is Hint.CANCELLED
    with pytest.raises(SessionCancelled):
        scans.cancel(waiting.id, PLATFORM)
    assert len(ended.scans) == 1


@pytest.mark.parametrize(
    ("code", "hint"), [("certificate_invalid", Hint.CERTIFICATE_INVALID), ("disk_full", Hint.FAILED)]
)
def test_a_fault_ends_it(scans: ScanService, claimed: Scan, code: str, hint: Hint) -> None:
    scans.fail(claimed.id, code)
    found = scans.of_platform(claimed.id, PLATFORM)
    assert (found.status, found.failure, found.hint) == (Status.FAILED, code, hint)
    with pytest.raises(SessionFailed):
        scans.fail(claimed.id, code)


def test_the_sweep_expires_what_nobody_looks_at(
    scans: ScanService, claimed: Scan, clock: Clock, ended: Ended, changed: list[str]
) -> None:
    longer = make(scans, lifetime=timedelta(seconds=600))
    clock.forward(seconds=180)
    assert scans.expire_overdue() == 1
    assert scans.expire_overdue() == 0
    assert [(one.id, one.hint) for one in ended.scans] == [(claimed.id, Hint.EXPIRED)]
    assert changed == [claimed.id]
    assert actions(scans, claimed.id)[-1] == "expire"
    assert scans.of_platform(longer.id, PLATFORM).status is Status.CREATED


def test_sweeps_at_once_expire_once(scans: ScanService, clock: Clock, ended: Ended) -> None:
    for _ in range(20):
        make(scans)
    clock.forward(seconds=180)
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: scans.expire_overdue(), range(4)))
    scans.expire_overdue()
    assert len(ended.scans) == 20
    assert sum(counts) <= 20


def test_whoever_looks_finds_it_expired(
    scans: ScanService, claimed: Scan, clock: Clock, ended: Ended
) -> None:
    clock.forward(seconds=180)
    assert scans.of_holder(claimed.id, HOLDER).status is Status.EXPIRED
    assert len(ended.scans) == 1
    with pytest.raises(SessionExpired):
        scans.refuse(claimed.id, HOLDER, "")


def test_a_newer_request_for_the_same_user_takes_the_place(
    scans: ScanService, ended: Ended, changed: list[str]
) -> None:
    bind = SessionKind.BIND
    older = make(scans, bind, subject="user-1")
    others = [
        make(scans, bind, subject="user-2"),
        make(scans, bind, subject="user-1", platform="platform-2"),
        make(scans, SessionKind.LOGIN, subject="user-1"),
        make(scans, bind),
        make(scans, bind),
    ]
    newer = make(scans, bind, subject="user-1")
    found = scans.of_platform(older.id, PLATFORM)
    assert (found.status, found.hint) == (Status.CANCELLED, Hint.SUPERSEDED)
    assert [one.id for one in ended.scans] == changed == [older.id]
    for one in (*others, newer):
        standing = scans.store.standing(one.id)
        assert standing is not None
        assert standing.status is Status.CREATED


def test_requests_for_one_user_at_once_leave_one(scans: ScanService, ended: Ended) -> None:
    """A page that is reloaded again and again: none fails, and the last one counts."""
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: make(scans, SessionKind.BIND, subject="user-1"), range(40)))
    last = make(scans, SessionKind.BIND, subject="user-1")
    found = [scans.of_platform(one.id, PLATFORM).status for one in [*made, last]]
    assert found == [Status.CANCELLED] * 40 + [Status.CREATED]
    assert sorted(one.id for one in ended.scans) == sorted(one.id for one in made)


def test_a_claim_and_a_cancellation_at_once(scans: ScanService, waiting: CreatedScan) -> None:
    """Taking back wins wherever it comes: before the claim or after it."""
    code = qr(scans, waiting)

    def attempt(step: Callable[[], object]) -> bool:
        try:
            step()
        except SessionCancelled:
            return False
        return True

    steps = [lambda: scans.claim(code, HOLDER), lambda: scans.cancel(waiting.id, PLATFORM)]
    with ThreadPoolExecutor(2) as threads:
        _, cancelled = threads.map(attempt, steps)
    assert cancelled
    assert scans.of_platform(waiting.id, PLATFORM).status is Status.CANCELLED


@pytest.mark.parametrize("seconds", [59, 601])
def test_lifetimes_have_bounds(scans: ScanService, seconds: int) -> None:
    with pytest.raises(ValueError, match="no scan"):
        make(scans, lifetime=timedelta(seconds=seconds))
    with pytest.raises(ValueError, match="no scan"):
        make(scans, SessionKind.LOCK_SIGNATURE)
