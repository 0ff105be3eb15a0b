"""Bindings below HTTP, on both databases: one user is one person, whoever is faster."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, insert, select

from api.accounts.tables import person
from api.db import Database
from api.errors import NotFound
from api.paging import PageRequest
from api.platforms.rules import Scope
from api.platforms.service import Platforms, Registration
from api.scanning.bindings import queries
from api.scanning.bindings.queries import Binding
from api.scanning.bindings.rules import EndedBy
from api.scanning.bindings.service import Bindings
from api.scanning.errors import SealedDocumentGone, UserBound
from api.scanning.kinds import KEPT
from api.scanning.sealed import SealedDocuments
from api.scanning.tables import binding, sealed_document
from ca.audit.journal import Journal
from tests.api.test_application_rows import NOW, OWNER
from tests.api.test_application_rows import engine as engine
from tests.api.test_certificate_rows import upgraded

OTHER = OWNER + 1


@pytest.fixture
def db(engine: Engine) -> Database:
    made = upgraded(engine)
    with made.write() as tx:
        tx.execute(insert(person).values(id=OTHER, phone="13900000099", created_at=NOW))
    return made


@pytest.fixture
def platform(db: Database) -> str:
    registry = Platforms(db, lambda: NOW, Journal(db.engine, "main", lambda: NOW), on_this_machine=False)
    name = f"{secrets.token_hex(6)}.example.cn"
    asked = Registration(name, name, (f"https://{name}",), None, frozenset(Scope))
    return registry.register("console:test", asked).id


def new(platform: str, person_id: int = OWNER, user: str = "u-1", minutes: int = 0) -> Binding:
    return Binding(
        id=secrets.token_hex(12),
        platform_id=platform,
        platform_user=user,
        user_name=None,
        person_id=person_id,
        credit_code=None,
        enterprise_name=None,
        serial="aa",
        scan_id=secrets.token_hex(16),
        bound_at=NOW + timedelta(minutes=minutes),
    )


def test_of_two_persons_at_once_one_is_the_user(db: Database, platform: str) -> None:
    barrier = Barrier(4)

    def bind(person_id: int) -> str:
        barrier.wait()
        try:
            with db.write() as tx:
                queries.add(tx, new(platform, person_id))
        except UserBound:
            return "refused"
        return "bound"

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(bind, [OWNER, OTHER, OWNER, OTHER]))
    with db.read() as tx:
        in_force = list(tx.execute(select(binding.c.person_id).where(binding.c.ended_at.is_(None))).scalars())
    assert len(in_force) == 1
    assert "bound" in results
    assert "refused" in results


def test_a_binding_ends_once_and_is_kept(db: Database, platform: str) -> None:
    first, second = new(platform), new(platform, minutes=1)
    with db.write() as tx:
        queries.add(tx, first)
        assert queries.require(tx, first.id, hold=True) == first
        queries.add(tx, second)
        with pytest.raises(NotFound):
            queries.require(tx, first.id)
    service = Bindings(db, lambda: NOW, Journal(db.engine, "main", lambda: NOW))
    with pytest.raises(NotFound):
        service.end_by_platform("another", second.id)
    service.end_by_platform(platform, second.id)
    with pytest.raises(NotFound):
        service.end_by_platform(platform, second.id)
    page = service.of_platform(platform, PageRequest(limit=1))
    assert [(one.id, one.ended_by) for one in page.rows] == [(second.id, EndedBy.PLATFORM)]
    rest = service.of_platform(platform, PageRequest(after=page.last)).rows
    assert [(one.id, one.ended_by) for one in rest] == [(first.id, EndedBy.RENEWED)]
    assert service.of_platform(platform, PageRequest(), "u-2").rows == []
    with db.write() as tx:
        queries.add(tx, new(platform, OTHER))  # now the user is free


def test_sealed_documents_go_after_a_day(db: Database) -> None:
    now = datetime.now(UTC)
    kept, later = SealedDocuments(db, lambda: now), SealedDocuments(db, lambda: now + KEPT)
    scan = secrets.token_hex(16)
    digests = [kept.stage(scan, 0, pdf) for pdf in (b"first try", b"second try", b"second try")]
    assert kept.read(scan, 0, digests[1]) == b"second try"
    for service, number, digest in ((kept, 1, digests[0]), (kept, 0, "0" * 64), (later, 0, digests[0])):
        with pytest.raises(SealedDocumentGone):
            service.read(scan, number, digest)
    assert (kept.clear(), later.clear()) == (0, 2)
    with db.read() as tx:
        assert tx.execute(select(sealed_document.c.scan_id)).all() == []
