"""Every move of every actor, against a table written out a second time by hand."""

from __future__ import annotations

import itertools

import pytest

from mobile_bridge.server.rules import FINAL, MOVES, OPEN, Action, Actor, Status, WrongMove, move

ALLOWED = """
created   claim    holder    claimed
created   cancel   requester cancelled
created   expire   service   expired
created   fail     service   failed
claimed   confirm  holder    confirmed
claimed   refuse   holder    refused
claimed   cancel   requester cancelled
claimed   expire   service   expired
claimed   fail     service   failed
confirmed complete service   complete
confirmed fail     service   failed
"""
EXPECTED = {tuple(line.split()[:3]): line.split()[3] for line in ALLOWED.strip().splitlines()}


@pytest.mark.parametrize(("status", "action", "actor"), list(itertools.product(Status, Action, Actor)))
def test_every_status_action_and_actor(status: Status, action: Action, actor: Actor) -> None:
    after = EXPECTED.get((status.value, action.value, actor.value))
    if after is None:
        with pytest.raises(WrongMove):
            move(status, action, actor)
    else:
        assert move(status, action, actor) == after


def test_an_ended_session_never_moves_again() -> None:
    assert set(Status) == OPEN | FINAL | {Status.CONFIRMED}
    assert not [key for key in MOVES if key[0] in FINAL]


def test_every_status_can_be_reached() -> None:
    assert {after for after, _ in MOVES.values()} == set(Status) - {Status.CREATED}
