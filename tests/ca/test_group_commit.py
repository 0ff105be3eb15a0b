from __future__ import annotations

import threading

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, event, func, insert, select
from sqlalchemy.exc import IntegrityError

from ca.group_commit import GroupCommit

metadata = MetaData()
numbers = Table("numbers", metadata, Column("n", Integer, primary_key=True))


@pytest.fixture
def group(engine: Engine) -> GroupCommit:
    metadata.create_all(engine)
    return GroupCommit(engine)


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(numbers)).scalar_one()


def together(work: list[threading.Thread]) -> None:
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()


def test_concurrent_writers_share_commits_and_lose_nothing(engine: Engine, group: GroupCommit) -> None:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    started = threading.Barrier(16)

    def write(base: int) -> None:
        started.wait()
        for step in range(5):
            group.execute(insert(numbers), [{"n": base * 5 + step}])

    together([threading.Thread(target=write, args=(base,)) for base in range(16)])
    assert count(engine) == 80
    assert len(commits) < 80


def test_one_bad_row_does_not_fail_its_neighbours(engine: Engine, group: GroupCommit) -> None:
    group.execute(insert(numbers), [{"n": 0}])
    failures: list[int] = []
    started = threading.Barrier(10)

    def write(n: int) -> None:
        started.wait()
        try:
            group.execute(insert(numbers), [{"n": n}])
        except IntegrityError:
            failures.append(n)

    together([threading.Thread(target=write, args=(n,)) for n in range(10)])
    assert failures == [0]
    assert count(engine) == 10
