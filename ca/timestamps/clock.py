"""Whether this machine's clock is to be trusted with a time stamp.

Three things are watched. The clock may not jump against the machine's steady clock. It may not lie before the
newest time that was ever stamped, which the database remembers. And where time servers are configured, it has
to agree with the middle of their answers, confirmed not long ago.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from ca.errors import CaError
from ca.tables import stamped_until
from hsm.errors import Kind

Source = Callable[[], timedelta]
"""Asks a time server; gives by how much this machine's clock is behind it. Raises OSError without answer."""

_ONLY_ROW: Final = 1


class ClockUntrusted(CaError):
    """The clock jumped, went back, or disagrees with the time servers: no time stamps are given."""

    kind = Kind.UNAVAILABLE
    code = "clock_untrusted"
    zh = "系统时钟异常，时间戳服务已暂停"


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    """``tolerance``: how far the clock may be off, which is the accuracy that stamps claim. ``confirmed``:
    how old the servers' last confirmation may be. ``ahead``: how far ahead the newest stamped time is
    remembered, so that not every stamp is a write."""

    tolerance: timedelta = timedelta(seconds=1)
    confirmed: timedelta = timedelta(minutes=30)
    ahead: timedelta = timedelta(seconds=5)


def steady() -> float:
    """Seconds that go on through suspension of the machine, where the system has such a clock."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class ClockGuard:
    """Gives the time while it is to be trusted. Safe for many threads; each process has one of its own."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        sources: Sequence[Source] = (),
        policy: ClockPolicy | None = None,
        steady: Callable[[], float] = steady,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sources = tuple(sources)
        self._policy = policy or ClockPolicy()
        self._steady = steady
        self._anchor = (clock(), steady())
        self._confirmed_at: float | None = None
        self._until: datetime | None = None
        self._remembering = threading.Lock()
        self._distrust: str | None = None

    @property
    def accuracy_seconds(self) -> int:
        """Within how many seconds of UTC the time is."""
        return max(1, round(self._policy.tolerance.total_seconds()))

    def now(self) -> datetime:
        """The time, for a stamp. Raises ClockUntrusted."""
        now, elapsed = self._clock(), self._steady()
        self._check_confirmed(elapsed)
        self._check_jump(now, elapsed)
        if self._until is None or now > self._until:
            self._remember(now)
        return now

    def confirm(self) -> None:
        """Ask the time servers, where any are configured. Raises ClockUntrusted."""
        if not self._sources:
            return
        offsets = [offset for source in self._sources if (offset := _asked(source)) is not None]
        # One of two may lie; of three, one.
        if len(offsets) <= len(self._sources) // 2:
            raise ClockUntrusted(f"{len(offsets)} of {len(self._sources)} time servers answered")
        offset = timedelta(seconds=statistics.median(one.total_seconds() for one in offsets))
        if abs(offset) > self._policy.tolerance:
            self._distrust = f"the clock is off by {offset.total_seconds():.3f} s"
            raise ClockUntrusted(self._distrust)
        self._distrust = None
        self._anchor = (self._clock(), self._steady())
        self._confirmed_at = self._anchor[1]

    def _check_confirmed(self, elapsed: float) -> None:
        if not self._sources:
            return
        if self._confirmed_at is None:
            raise ClockUntrusted("no time server has confirmed the clock yet")
        if elapsed - self._confirmed_at > self._policy.confirmed.total_seconds():
            raise ClockUntrusted("no time server has confirmed the clock for too long")

    def _check_jump(self, now: datetime, elapsed: float) -> None:
        if self._distrust is None:
            wall, mark = self._anchor
            drift = abs((now - wall).total_seconds() - (elapsed - mark))
            # Beside the tolerance: what a daemon that slews the clock may have moved it, 500 ppm (adjtime).
            if drift <= self._policy.tolerance.total_seconds() + (elapsed - mark) * 0.0005:
                return
            # Until a server confirms the clock, or an operator looks and starts the service again.
            self._distrust = f"the clock jumped by {drift:.3f} s"
        raise ClockUntrusted(self._distrust)

    def _remember(self, now: datetime) -> None:
        """Durably, before the stamp: nothing may be stamped earlier than this from now on."""
        with self._remembering:
            if self._until is not None and now <= self._until:
                return
            until = now + self._policy.ahead
            with self._engine.connect() as connection:
                connection = connection.execution_options(sealbridge_writes=True)
                with connection.begin():
                    known = connection.execute(select(stamped_until.c.until)).scalar_one_or_none()
                    if known is not None and now < known - self._policy.ahead - self._policy.tolerance:
                        raise ClockUntrusted(f"the clock is before {known.isoformat()}, which was stamped")
                    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                    values = {"until": until if known is None else max(known, until)}
                    first = make(stamped_until).values(id=_ONLY_ROW, **values)
                    connection.execute(first.on_conflict_do_update(index_elements=["id"], set_=values))
            self._until = until


def _asked(source: Source) -> timedelta | None:
    try:
        return source()
    except OSError:
        return None
