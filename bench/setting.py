"""A SoftHSM2 folder and token for one run, and a loop that counts calls per second."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.softhsm import module

_folder = tempfile.TemporaryDirectory(prefix="sealbridge-bench-")
FOLDER = Path(_folder.name)
(FOLDER / "tokens").mkdir()
(FOLDER / "softhsm2.conf").write_text(
    f"directories.tokendir = {FOLDER}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
)
# Before the module is loaded: SoftHSM2 reads its configuration once a process.
os.environ["SOFTHSM2_CONF"] = str(FOLDER / "softhsm2.conf")

MODULE = module()
PIN = "bench-pin-1"


@contextmanager
def fresh_token(label: str) -> Iterator[object]:
    """A logged-in token of this run."""
    from hsm import Token, TokenConfig, init_token

    init_token(MODULE, label, "bench-so-pin", PIN)
    with Token.open(TokenConfig(MODULE, label, pool_size=8), lambda: PIN) as token:
        yield token


def per_second(make: Callable[[], Callable[[], object]], threads: int, seconds: float) -> float:
    """Calls per second of ``threads`` loops together. ``make`` gives each thread its own call."""
    calls = [make() for _ in range(threads)]
    counts = [0] * threads
    started = threading.Barrier(threads + 1)
    stop = threading.Event()

    def loop(index: int) -> None:
        call, done = calls[index], 0
        started.wait()
        while not stop.is_set():
            call()
            done += 1
        counts[index] = done

    running = [threading.Thread(target=loop, args=(index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    started.wait()
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def best(rates: list[float]) -> float:
    """The best of several interleaved rounds: what the machine can do when nobody disturbs it."""
    return max(rates)
