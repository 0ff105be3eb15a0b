"""The state machine, every way."""

from __future__ import annotations

from itertools import product

import pytest

from api.applications.rules import MOVES, NAMES, OPEN, Action, Actor, Status, WrongMove, move

EVERY = list(product(Status, Action, Actor))


@pytest.mark.parametrize(("status", "action", "actor"), EVERY)
def test_only_what_the_table_has_can_be_done(status: Status, action: Action, actor: Actor) -> None:
    after, allowed = MOVES.get((status, action), (None, None))
    if actor is allowed:
        assert move(status, action, actor) is after
    else:
        with pytest.raises(WrongMove) as refused:
            move(status, action, actor)
        assert NAMES[status] in refused.value.message


def test_a_closed_application_stays_closed() -> None:
    assert {status for status, _ in MOVES} == OPEN


def test_nobody_is_certified_without_an_operator() -> None:
    ways = {before for (before, _), (after, _) in MOVES.items() if after is Status.APPROVED}
    actors = {actor for (_, _), (after, actor) in MOVES.items() if after is Status.APPROVED}
    assert (ways, actors) == ({Status.SUBMITTED, Status.ENDORSED}, {Actor.OPERATOR})
    assert {before for (before, _), (after, _) in MOVES.items() if after is Status.ISSUED} == {
        Status.APPROVED
    }
