"""Signing sessions that were there before scans came keep what they held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, Table, insert, select

from api import migrations
from api.db import make_engine
from mobile_bridge.server import tables
from mobile_bridge.server.rules import Status
from mobile_bridge.server.sessions import Sessions

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    is_sqlite = request.param == "sqlite"
    made = make_engine(f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url"))
    yield made
    made.dispose()


def test_rows_move_to_the_table_of_addresses(engine: Engine) -> None:
    migrations.upgrade(engine, "0021")
    before = MetaData()
    session, event = (
        Table(name, before, autoload_with=engine) for name in ("bridge_session", "bridge_event")
    )
    given = NOW if engine.dialect.name == "postgresql" else NOW.replace(tzinfo=None)
    row = {
        "kind": "lock-signature",
        "owner": "person/1",
        "code_digest": "c" * 64,
        "tries": 2,
        "openings": 3,
        "created_at": given,
        "expires_at": given + timedelta(minutes=10),
        "events": 1,
    }
    rows = [
        row | {"id": "1" * 32, "subject": "one", "status": "created", "address_digest": "a" * 64},
        row
        | {"id": "2" * 32, "subject": "two", "status": "confirmed", "address_digest": "b" * 64}
        | {"task_token_digest": "t" * 64, "certificate": b"der", "document": b"%PDF", "answer": b"cms"},
    ]
    with engine.begin() as connection:
        for one in rows:
            connection.execute(insert(session).values(one))
        first = {"session_id": "1" * 32, "number": 1, "at": given, "actor": "requester", "action": "create"}
        connection.execute(insert(event).values(first | {"after": "created"}))
    migrations.upgrade(engine)

    sessions = Sessions(engine, lambda: NOW)
    waiting, answered = sessions.at_address("a" * 64), sessions.held_by("t" * 64)
    assert waiting is not None
    assert answered is not None
    assert (waiting.subject, waiting.tries, waiting.openings) == ("one", 2, 3)
    assert (answered.subject, answered.status) == ("two", Status.CONFIRMED)
    material = sessions.material(answered)
    assert (material.certificate, material.document, material.answer) == (b"der", b"%PDF", b"cms")
    assert [one.action for one in sessions.events(waiting)] == ["create"]
    with engine.connect() as connection:
        assert connection.execute(select(tables.scan)).all() == []
