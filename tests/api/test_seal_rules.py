"""The life of a seal, every status, action and actor."""

from __future__ import annotations

from itertools import product

import pytest

from api.catalogue.rules import CertificateKind
from api.seals.errors import SealState
from api.seals.rules import IN_HAND, MOVES, NAMES, OWN, WAITING, Action, Actor, Status, move

ENDED = {Status.REJECTED, Status.WITHDRAWN, Status.REPLACED, Status.DESTROYED, Status.EXPIRED}


@pytest.mark.parametrize(("status", "action", "actor"), list(product(Status, Action, Actor)))
def test_every_move(status: Status, action: Action, actor: Actor) -> None:
    after, allowed = MOVES.get((status, action), (None, frozenset()))
    if actor in allowed:
        assert move(status, action, actor) is after
        return
    with pytest.raises(SealState) as refused:
        move(status, action, actor)
    assert refused.value.facts["status_name"] == NAMES[status]


def test_nothing_leads_out_of_an_end_and_every_other_status_ends() -> None:
    assert {status for status, _ in MOVES}.isdisjoint(ENDED)
    assert set(Status) == IN_HAND | WAITING | ENDED
    for status in IN_HAND | WAITING:
        assert {after for (before, _), (after, _) in MOVES.items() if before is status} & (ENDED | IN_HAND)


def test_who_applies_does_not_approve() -> None:
    for action in (Action.APPROVE, Action.REJECT, Action.FILE):
        assert all(by == {Actor.OPERATOR} for (_, one), (_, by) in MOVES.items() if one is action)


def test_what_an_operator_suspended_only_an_operator_releases() -> None:
    with pytest.raises(SealState):
        move(Status.SUSPENDED, Action.RELEASE, Actor.HOLDER, Actor.OPERATOR)
    assert move(Status.SUSPENDED, Action.RELEASE, Actor.HOLDER, Actor.HOLDER) is Status.MADE
    assert move(Status.SUSPENDED, Action.RELEASE, Actor.OPERATOR, Actor.HOLDER) is Status.MADE


def test_every_kind_of_certificate_has_a_seal_by_itself() -> None:
    assert set(OWN) == set(CertificateKind)
