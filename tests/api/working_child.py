"""A process that does jobs. Arguments: database URL, the moment at which its fast clock began.

A minute of its clock is a second, so that leases lapse within a test. Ends when standard input does.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert

from api.db import Database, make_engine
from api.jobs.handlers import Handlers
from api.jobs.queue import Job
from api.jobs.worker import Worker

SPEED = 60

effect = Table(
    "effect",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("what", String(40), nullable=False),
    Column("pid", Integer, nullable=False),
)


def fast_clock(began: float) -> datetime:
    return datetime.fromtimestamp(began + (time.time() - began) * SPEED, UTC)


def main(url: str, began: float) -> None:
    db = Database(make_engine(url))

    def add(tx: Connection, job: Job, _: datetime) -> None:
        tx.execute(insert(effect).values(what=job.text("what"), pid=os.getpid()))
        time.sleep(0.005)

    def tick() -> None:
        for what in ("begin", "end"):
            with db.write() as tx:
                tx.execute(insert(effect).values(what=what, pid=os.getpid()))
            time.sleep(0.05)

    handlers = Handlers()
    handlers.in_transaction("add", add)
    handlers.every("tick", SPEED // 2, tick)
    worker = Worker(db, handlers, lambda: fast_clock(began), lambda _: None)
    worker.start()
    print("ready", flush=True)
    sys.stdin.read()
    worker.stop()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
