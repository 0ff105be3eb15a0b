"""The state machine of applications, every way."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import product

import pytest

from api.applications.kinds import NEEDS, ApplicationKind, Gives, approvals
from api.applications.rules import (
    ABANDONED_AFTER,
    MOVES,
    NAMES,
    OPEN,
    REVISABLE,
    Action,
    Actor,
    Complete,
    FormNotSigned,
    LicenceMissing,
    PictureMissing,
    Status,
    WrongMove,
    abandoned_before,
    approval,
    check_complete,
    move,
    submission,
)

CLAIM, JOIN = ApplicationKind.CLAIM, ApplicationKind.JOIN
FINISHED = set(Status) - OPEN - REVISABLE


def ways(kind: ApplicationKind) -> dict[tuple[Status, Action, Actor], Status]:
    """Every move that an application of this kind can make."""
    found = {}
    for status, action, actor in product(Status, Action, Actor):
        with suppress(WrongMove):
            found[status, action, actor] = move(kind, status, action, actor)
    return found


@pytest.mark.parametrize("kind", ApplicationKind)
def test_only_what_the_table_has_can_be_done(kind: ApplicationKind) -> None:
    for way, after in ways(kind).items():
        assert MOVES[way].fits(NEEDS[kind])
        assert MOVES[way].after is after


def test_every_move_of_the_table_belongs_to_some_kind() -> None:
    assert {way for kind in ApplicationKind for way in ways(kind)} == set(MOVES)


@pytest.mark.parametrize("kind", ApplicationKind)
def test_a_finished_application_stays_as_it_is(kind: ApplicationKind) -> None:
    assert not {status for status, _, _ in ways(kind)} & FINISHED
    assert {action for status, action, _ in ways(kind) if status in REVISABLE} == {Action.REVISE}


@pytest.mark.parametrize("kind", ApplicationKind)
def test_every_open_status_that_is_reached_leads_to_an_end(kind: ApplicationKind) -> None:
    there = ways(kind)
    reached, ends = {Status.DRAFT}, set[Status]()
    while new := {after for (before, _, _), after in there.items() if before in reached} - reached:
        reached |= new
    for start in reached & OPEN:
        seen = {start}
        while new := {after for (before, _, _), after in there.items() if before in seen} - seen:
            seen |= new
        ends = seen & FINISHED
        assert ends & {Status.ISSUED, Status.DONE}, (kind, start)
        assert Status.WITHDRAWN in ends or start is Status.APPROVED


@pytest.mark.parametrize("kind", ApplicationKind)
def test_nobody_approves_but_operators_and_of_renewals_the_rule(kind: ApplicationKind) -> None:
    before = {(status, actor) for (status, _, actor), after in ways(kind).items() if after is Status.APPROVED}
    judged = {(Status.SUBMITTED, Actor.OPERATOR), (Status.ENDORSED, Actor.OPERATOR)}
    automatic = {(Status.SUBMITTED, Actor.SYSTEM)} if kind is ApplicationKind.RENEWAL else set()
    assert before == judged | automatic


@pytest.mark.parametrize("kind", ApplicationKind)
def test_what_is_given_comes_after_approval_alone(kind: ApplicationKind) -> None:
    ends = (Status.ISSUED, Status.DONE)
    given = {(status, after) for (status, _, _), after in ways(kind).items() if after in ends}
    expected = {
        Gives.CERTIFICATE: {(Status.APPROVED, Status.ISSUED)},
        Gives.RECORD: {(Status.APPROVED, Status.ISSUED), (Status.APPROVED, Status.DONE)},
        Gives.REVOCATION: {(Status.APPROVED, Status.DONE)},
    }
    assert given == expected[NEEDS[kind].gives]


def test_operators_see_a_clerk_only_after_the_administrator_consented() -> None:
    into = {actor for (status, _, actor), after in ways(JOIN).items() if after is Status.SUBMITTED}
    assert into == {Actor.ADMINISTRATOR, Actor.APPLICANT}  # who adds what was missing
    assert submission(JOIN, Status.DRAFT) is Action.ASK
    assert submission(JOIN, Status.RETURNED) is Action.SUBMIT
    assert submission(CLAIM, Status.SIGNED) is Action.SUBMIT


def test_each_kind_has_its_least_number_of_approvals() -> None:
    least = {kind: approvals(kind, new=0, renewal=0) for kind in ApplicationKind}
    assert least.pop(ApplicationKind.RENEWAL) == 0
    assert least.pop(ApplicationKind.PIN_RESET) == 2
    assert set(least.values()) == {1}
    assert approvals(CLAIM, new=2, renewal=0) == 2
    assert approvals(ApplicationKind.RENEWAL, new=2, renewal=0) == 0
    assert [approval(Status.SUBMITTED, count) for count in (0, 1, 2)] == [
        Action.APPROVE,
        Action.APPROVE,
        Action.ENDORSE,
    ]
    assert approval(Status.ENDORSED, 2) is Action.COUNTERSIGN


@pytest.mark.parametrize(
    ("kind", "status", "has", "refusal"),
    [
        (CLAIM, Status.SIGNED, Complete(), LicenceMissing),
        (CLAIM, Status.DRAFT, Complete(licence=True), FormNotSigned),
        (ApplicationKind.PERSONAL, Status.SIGNED, Complete(), PictureMissing),
        (ApplicationKind.RENEWAL, Status.DRAFT, Complete(), FormNotSigned),
    ],
)
def test_a_submission_is_complete(
    kind: ApplicationKind, status: Status, has: Complete, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        check_complete(kind, status, has)
    check_complete(kind, Status.SIGNED, Complete(licence=True, picture=True))


@pytest.mark.parametrize("kind", ApplicationKind)
def test_what_waits_for_a_person_expires_one_day(kind: ApplicationKind) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    expiring = {status for (status, action, _) in ways(kind) if action is Action.EXPIRE}
    assert expiring <= ABANDONED_AFTER.keys()
    assert {abandoned_before(status, now) < now for status in expiring} == {True}


@pytest.mark.parametrize("status", Status)
def test_a_refusal_names_the_status_as_people_do(status: Status) -> None:
    with pytest.raises(WrongMove) as refused:
        move(CLAIM, status, Action.FULFIL, Actor.LOCK)
    assert NAMES[status] in refused.value.message
