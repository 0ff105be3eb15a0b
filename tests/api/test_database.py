"""Transactions and migrations on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import StatementError

from api import migrations
from api.accounts.tables import person
from api.catalogue.queries import find_product, products_on_offer
from api.catalogue.seed import seed
from api.db import Database, make_engine
from api.schema import METADATAS
from tests.api.people import PRODUCT

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    made = make_engine(url)
    yield made
    made.dispose()


def test_migrations_and_models_agree(engine: Engine) -> None:
    assert not migrations.is_current(engine)
    migrations.upgrade(engine)
    assert migrations.is_current(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, list(METADATAS)) == []  # type: ignore[arg-type]


def test_two_servers_that_start_at_once_migrate_once(engine: Engine) -> None:
    failed: list[BaseException] = []

    def start() -> None:
        try:
            migrations.upgrade(engine)
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert migrations.is_current(engine)


def test_the_catalogue_is_sown_once(engine: Engine) -> None:
    migrations.upgrade(engine)
    db = Database(engine)
    with db.write() as tx:
        assert seed(tx, "某某认证中心", NOW) == 15
    with db.write() as tx:
        assert seed(tx, "另一名称", NOW) == 0
        product = next(one for one in products_on_offer(tx, NOW) if one.code == PRODUCT)
    assert (product.platform_name, product.authority_name) == ("临沂市公共资源交易中心", "某某认证中心")
    with db.read() as tx:
        assert find_product(tx, product.code) == product


def test_writers_wait_for_each_other(engine: Engine) -> None:
    """Each reads first and writes then, which on SQLite works only when the lock is taken at the start."""
    migrations.upgrade(engine)
    db = Database(engine)
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for turn in range(5):
                with db.write() as tx:
                    tx.execute(select(func.count()).select_from(person)).scalar_one()
                    phone = f"138{worker:04d}{turn:04d}"
                    tx.execute(insert(person).values(phone=phone, created_at=NOW))
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with db.read() as tx:
        assert tx.execute(select(func.count()).select_from(person)).scalar_one() == 40


def test_a_failed_block_writes_nothing(engine: Engine) -> None:
    migrations.upgrade(engine)
    db = Database(engine)

    def fail_in_the_middle() -> None:
        with db.write() as tx:
            tx.execute(insert(person).values(phone="13800001234", created_at=NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    with db.read() as tx:
        assert tx.execute(select(person)).all() == []


def test_times_are_aware_and_errors_show_no_values(engine: Engine) -> None:
    migrations.upgrade(engine)
    db = Database(engine)
    with pytest.raises(StatementError) as refused, db.write() as tx:
        tx.execute(insert(person).values(phone="13800001234", created_at=NOW.replace(tzinfo=None)))
    assert "13800001234" not in str(refused.value)
    with db.write() as tx:
        tx.execute(insert(person).values(phone="13800001234", created_at=NOW))
    with db.read() as tx:
        assert tx.execute(select(person.c.created_at)).scalar_one() == NOW
