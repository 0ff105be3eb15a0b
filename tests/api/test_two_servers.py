"""Two server processes on one PostgreSQL and one set of tokens."""

from __future__ import annotations

import json
import secrets
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from api.db import Database, make_engine
from api.jobs.queue import enqueue
from api.jobs.tables import job
from ca.audit.tables import entry
from ca.tables import crl, own_certificate
from tests.api.founding import found
from tests.api.people import Phone
from tests.api.running import Server

FAST = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[list[Server]]:
    data = tmp_path_factory.mktemp("two") / "var"
    both = [
        Server(data, extra=FAST | {"SEALBRIDGE_DATABASE_URL": postgres_url, "SEALBRIDGE_NODE": node})
        for node in ("one", "two")
    ]
    found(both[0])
    for server in both:
        server.start()
    yield both
    for server in both:
        server.close()


def test_they_share_the_work(servers: list[Server], postgres_url: str) -> None:
    db = Database(make_engine(postgres_url))
    first, second = servers
    phone = Phone(first).sign_in()
    key = secrets.token_hex(8)
    with db.write() as tx:
        enqueue(tx, "idempotency.clear", {}, run_at=datetime.now(UTC), key="another round")
    headers = {"Authorization": phone.http.headers["Authorization"], "Idempotency-Key": key}
    sent = [one.client().post("/v1/messages/read", headers=headers) for one in servers]
    assert [answer.headers.get("idempotent-replayed") for answer in sent] == [None, "true"]

    _wait(lambda: _count(db, job, job.c.key == "another round", job.c.status == "done") == 1)
    assert _count(db, job, job.c.every.is_not(None)) == len(_sweeps(db))  # a row for each, not two
    _wait(lambda: _count(db, crl) >= 1 and _count(db, own_certificate) >= 2)
    with db.read() as tx:
        serial = tx.execute(select(own_certificate.c.serial).limit(1)).scalar_one()
    assert second.command("certificate", "suspend", serial).returncode == 0
    _wait(lambda: len(_published(db)) >= 1)
    time.sleep(16)  # the other server has looked as well
    assert len(_published(db)) == 1  # one edition for one change
    assert "chore_failed" not in first.log.read_text()  # one log for both
    assert "job_failed" not in first.log.read_text()

    first.process.send_signal(signal.SIGKILL)  # type: ignore[union-attr]
    first.process.wait()  # type: ignore[union-attr]
    first.process = None
    with db.write() as tx:
        enqueue(tx, "idempotency.clear", {}, run_at=datetime.now(UTC), key="after the crash")
    _wait(lambda: _count(db, job, job.c.key == "after the crash", job.c.status == "done") == 1)
    assert second.client().get("/v1/messages", headers=headers).status_code == 200
    checked = second.command("audit", "verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    db.engine.dispose()


def _count(db: Database, table: object, *where: object) -> int:
    with db.read() as tx:
        asked = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
        return int(tx.execute(asked).scalar_one())


def _sweeps(db: Database) -> set[str]:
    with db.read() as tx:
        return set(tx.execute(select(job.c.name).where(job.c.every.is_not(None))).scalars())


def _published(db: Database) -> list[int]:
    with db.read() as tx:
        told = [json.loads(line) for line in tx.execute(select(entry.c.line)).scalars()]
    return [line["detail"]["number"] for line in told if line["action"] == "list.published"]


def _wait(there: object) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if there():  # type: ignore[operator]
            return
        time.sleep(0.2)
    raise AssertionError("it did not come")
