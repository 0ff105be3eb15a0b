"""Keys on locks in the database: offered anew until they are confirmed, and not after; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert

from api.accounts.tables import person
from api.applications.tables import application
from api.certificates.on_lock import queries
from api.certificates.on_lock.queries import LockKeys
from api.certificates.on_lock.rules import Step, step
from api.certificates.on_lock.tables import lock_key
from api.db import Database
from tests.api.people import a_phone

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FIRST = LockKeys(
    application_id="20261124-LOCKROWS",
    session_id="a" * 32,
    signing_key=b"signing",
    encryption_key=b"",
    lock_label="阳光建设的锁",
    lock_serial="0123",
    expected_proof="",
    offered_at=NOW,
    proved_at=NOW,
)
OTHER = replace(FIRST, session_id="b" * 32, signing_key=b"another")


@pytest.fixture
def rows(each_database: Database) -> Database:
    with each_database.write() as tx:
        tx.execute(delete(lock_key))
        tx.execute(delete(application).where(application.c.id == FIRST.application_id))
        holder = tx.execute(
            insert(person).values(phone=a_phone(), created_at=NOW).returning(person.c.id)
        ).scalar_one()
        row = {"id": FIRST.application_id, "kind": "claim", "person_id": holder, "status": "approved"}
        row |= {"revision": 1, "product": "lock", "authority": "sealbridge"}
        tx.execute(insert(application).values(row | {"created_at": NOW, "updated_at": NOW}))
    return each_database


def test_keys_are_offered_anew_until_they_are_confirmed(rows: Database) -> None:
    with rows.write() as tx:
        assert queries.put(tx, FIRST)
        assert queries.put(tx, OTHER)
        assert not queries.confirm(tx, FIRST, NOW)
        assert queries.confirm(tx, OTHER, NOW)
        assert not queries.confirm(tx, OTHER, NOW)
        assert not queries.put(tx, FIRST)
    with rows.read() as tx:
        assert queries.find(tx, FIRST.application_id) == replace(OTHER, confirmed_at=NOW)


def test_what_is_not_proven_is_not_confirmed(rows: Database) -> None:
    unproven = replace(FIRST, encryption_key=b"second", expected_proof="c" * 64, proved_at=None)
    with rows.write() as tx:
        assert queries.put(tx, unproven)
        assert not queries.confirm(tx, unproven, NOW)
        assert not queries.prove(tx, replace(unproven, expected_proof="d" * 64), NOW)
        assert queries.prove(tx, unproven, NOW)
        assert queries.confirm(tx, unproven, NOW)


def test_written_is_noted_once_and_keys_that_cannot_be_certified_make_room(rows: Database) -> None:
    with rows.write() as tx:
        queries.put(tx, FIRST)
        queries.confirm(tx, FIRST, NOW)
        assert queries.written(tx, FIRST.application_id, NOW)
        assert not queries.written(tx, FIRST.application_id, NOW)
        queries.forget(tx, FIRST.application_id)
        assert queries.put(tx, OTHER)


def test_an_enrolment_waits_for_the_first_thing_that_has_not_happened() -> None:
    def stands(
        *, proved: bool = False, confirmed: bool = False, issued: bool = False, written: bool = False
    ) -> Step:
        return step(
            proved=NOW if proved else None,
            confirmed=NOW if confirmed else None,
            issued=issued,
            written=NOW if written else None,
        )

    assert stands() is Step.KEYS
    assert stands(proved=True) is Step.CONFIRMATION
    assert stands(proved=True, confirmed=True) is Step.ISSUANCE
    assert stands(proved=True, confirmed=True, issued=True) is Step.WRITING
    assert stands(proved=True, confirmed=True, issued=True, written=True) is Step.DONE
