"""Nobody judges their own application; one human is one operator."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from api.accounts.errors import OperatorIdentityNeeded
from api.accounts.operators import add_operator, all_operators, set_identity
from api.db import Database
from api.review.conflicts import Conflicts
from ca.audit.journal import Journal
from tests.api.conftest import PASSWORD
from tests.api.people import Desk, Phone, an_id_number, code_of
from tests.api.running import Server
from tests.api.test_review import CASES, claim, journal
from tests.api.test_review_rows import ID_NUMBERS, NOW, an_application


def registered(manager: Desk, name: str, id_number: str) -> int:
    path = f"/v1/operator/realname/operators/{name}"
    return manager.http.put(path, json={"id_number": id_number}).status_code


def test_nobody_judges_their_own_application(
    server: Server, desk: Desk, hire: Callable[..., Desk], phone: Phone, submitted: str
) -> None:
    judging, manager = hire(), hire("manager")
    assert claim(judging, submitted).status_code == 200
    assert registered(manager, judging.name, phone.holder["id_number"]) == 204
    # What was claimed before is decided by nobody whose own it is, whatever the decision would be.
    for verdict, body in (("approve", None), ("reject", {"reason": "撤销"}), ("return", {"reason": "补充"})):
        answered = judging.http.post(f"{CASES}/{submitted}/{verdict}", json=body)
        assert code_of(answered) == (403, "own_application"), verdict
    assert judging.http.delete(f"{CASES}/{submitted}/claim").status_code == 204
    assert code_of(claim(judging, submitted)) == (403, "own_application")
    given = manager.http.post(f"{CASES}/{submitted}/take-over", json={"operator": judging.name})
    assert code_of(given) == (403, "own_application")
    assert ("case.claimed", "refused", "own_application") in journal(server, submitted)
    assert desk.judge(submitted, "approve").json()["status"] == "approved"


def test_one_human_is_one_operator(server: Server, hire: Callable[..., Desk]) -> None:
    manager, one, other = hire("manager"), hire().name, hire().name
    number = an_id_number()
    assert registered(manager, one, number) == 204
    path = f"/v1/operator/realname/operators/{other}"
    assert code_of(manager.http.put(path, json={"id_number": number})) == (409, "operator_identity_taken")
    assert code_of(manager.http.put(f"{path}-no", json={"id_number": number})) == (404, "operator_unknown")
    said = server.command("operator", "identify", other, "--id-number-file", "-", said=f"{number}\n")
    assert (said.returncode, "operator_identity_taken" in said.stderr) == (1, True)
    assert number not in said.stdout + said.stderr
    said = server.command("operator", "identify", other, "--id-number-file", "-", said=f"{an_id_number()}\n")
    assert said.returncode == 0, said.stderr


def test_operators_are_known_where_that_is_required(each_database: Database) -> None:
    db, known = each_database, an_application("20260101-AAAAAAAA")
    name, strict = f"known-{secrets.token_hex(4)}", Conflicts(ID_NUMBERS, required=True)
    add_operator(db, name, PASSWORD, NOW)
    with db.write() as tx:
        mine = next(one.id for one in all_operators(tx) if one.name == name)
        with pytest.raises(OperatorIdentityNeeded):
            strict.check(tx, mine, name, known)
        Conflicts(ID_NUMBERS).check(tx, mine, name, known)
    set_identity(db, name, ID_NUMBERS.find_by(an_id_number()), Journal(db.engine, "test", lambda: NOW))
    with db.read() as tx:
        strict.check(tx, mine, name, known)
