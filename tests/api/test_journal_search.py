"""The journal over HTTP: what auditors find, how far it is signed, and what they take away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from api import migrations
from api.db import Database, make_engine
from api.journal.search import JournalSearch, Wanted
from api.paging import PageRequest
from ca.audit.event import Action, Actor, Event, Outcome, act_as
from ca.audit.journal import Journal
from ca.audit.tables import entry, finding, head
from tests.api.people import Desk, Phone, code_of
from tests.api.running import Server

PATH = "/v1/operator/journal"
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def auditor(hire: Callable[..., Desk]) -> Desk:
    return hire("auditor")


def found(desk: Desk, **filters: str) -> list[dict[str, Any]]:
    answered = desk.http.get(PATH, params=filters)
    assert answered.status_code == 200, answered.text
    items: list[dict[str, Any]] = answered.json()["items"]
    return items


def test_an_auditor_finds_who_did_what_to_what(auditor: Desk, desk: Desk, serial: str) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    desk.http.post(f"/v1/operator/certificates/{serial}/suspend")
    desk.http.post(f"/v1/operator/certificates/{serial}/suspend")
    (refused, done) = found(auditor, subject=serial, action="certificate.suspended")
    assert (done["outcome"], refused["outcome"], refused["code"]) == (
        *("done", "refused"),
        "certificate_status_conflict",
    )
    assert done["who"] == {"kind": "operator", "name": desk.name}
    assert (done["address"], done["node"]) == ("127.0.0.1", refused["node"])
    assert found(auditor, subject=serial, action="certificate.suspended", outcome="done") == [done]
    assert done in found(auditor, actor=desk.name, since=before.isoformat(), action="certificate.suspended")
    assert found(auditor, subject=serial, until=before.isoformat()) == []
    first = auditor.http.get(PATH, params={"limit": 1}).json()
    second = auditor.http.get(PATH, params={"limit": 1, "cursor": first["next"]}).json()
    assert first["items"] != second["items"]
    assert code_of(auditor.http.get(PATH, params={"action": "nothing.done"})) == (422, "request_invalid")


def test_what_is_taken_away_is_whole(auditor: Desk, server: Server, tmp_path: Path) -> None:
    (end,) = auditor.http.get(f"{PATH}/ends").json()
    assert end["signed_to"] <= end["sequence"]
    taken = auditor.http.get(f"{PATH}/export")
    assert taken.headers["content-type"].startswith("application/jsonl")
    copy, ca = tmp_path / "journal.jsonl", server.data / "pki" / "issuing.pem"
    copy.write_bytes(taken.content)
    arguments = ("audit", "verify", "--file", copy, "--ca", ca)
    noted = f"{end['node']}:{end['sequence']}:{end['sha256']}"
    verified = server.command(*arguments, "--head", noted)
    assert verified.returncode == 0, verified.stdout
    copy.write_bytes(taken.content.replace(b'"operator"', b'"reviewer"', 1))
    assert server.command(*arguments).returncode == 1
    (told,) = found(auditor, action="journal.exported", actor=auditor.name)
    assert told["detail"] == {}
    lines = auditor.http.get(f"{PATH}/export", params={"action": "journal.exported"}).text.splitlines()
    assert [json.loads(one)["action"] for one in lines] == ["journal.exported"] * len(lines)
    assert len(lines) >= 2


def test_reviewers_and_persons_do_not_read_it(hire: Callable[..., Desk], phone: Phone) -> None:
    for path in (PATH, f"{PATH}/ends", f"{PATH}/export"):
        assert code_of(hire().http.get(path)) == (403, "role_missing")
        assert code_of(phone.http.get(path)) == (401, "not_signed_in")


def test_many_entries_of_several_nodes_are_found_and_exported_in_parts(each_database: Database) -> None:
    db, now = each_database, [START]
    with db.write() as tx:
        for table in (finding, head):
            tx.execute(table.delete())

    def clock() -> datetime:
        now[0] += timedelta(milliseconds=1)
        return now[0]

    one, other = Journal(db.engine, "one", clock), Journal(db.engine, "other", clock)
    with act_as(Actor("operator", "wang")), db.write() as tx:
        one.append(tx, *(Event(Action.CASE_CLAIMED, f"case-{place % 7}") for place in range(1500)))
    other.record(Event(Action.CASE_CLAIMED, "case-3", Outcome.REFUSED, "case_claimed"))
    service = JournalSearch(db, one)
    of_three = Wanted(subject="case-3", action=Action.CASE_CLAIMED)
    seen, page = [], PageRequest(limit=100)
    while True:
        part = service.search(of_three, page)
        seen += [(one.told["node"], one.told["seq"]) for one in part.rows]
        if part.last is None:
            break
        page = PageRequest(limit=100, after=part.last)
    expected = [("one", place + 1) for place in range(1500) if place % 7 == 3]
    assert seen == [("other", 1), *reversed(expected)]
    taken = [json.loads(line) for line in service.export(of_three)]
    assert [(told["node"], told["seq"]) for told in taken] == [*expected, ("other", 1)]
    assert len(list(service.export(Wanted()))) == 1503  # the exports are entries themselves
    assert service.search(Wanted(actor="wang", outcome=Outcome.REFUSED), PageRequest()).rows == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_entries_of_before_are_found(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    migrations.upgrade(engine, "0027")
    told = {"at": "2026-11-23T08:00:00.123+00:00", "who": {"kind": "operator", "name": "王"}, "detail": {}}
    told |= {"action": "case.claimed", "subject": "案", "outcome": "done"}
    row = {"node": "main", "hash": "00" * 32, "line": json.dumps(told, ensure_ascii=False)}
    db = Database(engine)
    with db.write() as tx:
        tx.execute(insert(entry), [row | {"seq": place} for place in range(1, 2502)])
    migrations.upgrade(engine)
    of_before = Wanted(actor="王", subject="案", since=START, until=START + timedelta(seconds=1))
    part = JournalSearch(db, Journal(engine, "main", lambda: START)).search(of_before, PageRequest())
    assert [one.told["at"] for one in part.rows] == [told["at"]] * 20
    with db.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM ca_audit_finding")).scalar_one() == 2501
    engine.dispose()
