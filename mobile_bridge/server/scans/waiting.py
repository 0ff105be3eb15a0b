"""Pages that wait for a scan: thousands of them in one process, and a thread only where something changed.

What a process knows of a session is read once, however many pages wait for it. It is read again when this
process changed it (told at once, after the commit), when another one did (one query every POLL_SECONDS for
all sessions that are waited for), and when its time is over.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

from mobile_bridge.errors import OriginForeign, TooManyWaits, WaitTokenRefused
from mobile_bridge.server import credentials
from mobile_bridge.server.rules import FINAL, Status
from mobile_bridge.server.scans.model import Standing
from mobile_bridge.server.scans.service import ScanService

A = TypeVar("A")
T = TypeVar("T")

POLL_SECONDS: Final = 0.4
"""How often a process looks for what other processes changed."""

SEATS: Final = 6
"""Waits that one session may have at a time: tabs, and connections that nobody has noticed to be gone."""

_KEPT_SECONDS: Final = 10.0  # a page that polls is back before; then nothing need be read for it
_READERS: Final = 2
_ASKED_AT_ONCE: Final = 500  # parameters of a statement; SQLite takes some 32,000, older ones 999


class Watched:
    """A session that pages wait for, as this process knows it. Belongs to the event loop."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.seats = 0
        self.left_at = time.monotonic()
        self.is_stale = False
        self.is_shown = False
        self.reading: asyncio.Task[None] | None = None
        self._bells: set[asyncio.Event] = set()

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.standing.status in FINAL

    def ring(self) -> None:
        """Wake everybody who waits."""
        for bell in self._bells:
            bell.set()

    async def rung(self, seconds: float) -> None:
        """Wait until somebody rings, at most so long."""
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            async with asyncio.timeout(seconds):
                await bell.wait()
        except TimeoutError:
            pass
        finally:
            self._bells.discard(bell)


class WaitingRoom:
    """Where pages wait. Its coroutines belong to one event loop at a time, that of the first who comes.

    ``on_shown``: called in a thread when a page of a session first gets codes to show, once a process or
    more often; raises nothing.
    """

    def __init__(self, scans: ScanService, on_shown: Callable[[Standing], None] | None = None) -> None:
        self._on_shown = on_shown
        self.frames = scans.frames
        self.clock = scans.store.clock
        self._store = scans.store
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="scan-waits")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched: dict[str, Watched] = {}
        self._poller: asyncio.Task[None] | None = None
        self._is_closed = False
        self.seated = 0
        """How many pages wait at this moment."""
        scans.listen(self._changed)

    @asynccontextmanager
    async def seat(self, session_id: str, token: str, origin: str | None) -> AsyncIterator[Watched]:
        """A place to wait. ``origin``: of the page that asks, as its browser tells it, if it does.

        Raises WaitTokenRefused, also where there is no such session; OriginForeign; TooManyWaits.
        """
        watched = await self._watch(session_id)
        given = credentials.digest(token)
        if watched is None or not hmac.compare_digest(given, watched.standing.wait_token_digest):
            raise WaitTokenRefused("no session with this wait token")
        if origin is not None and origin != watched.standing.origin:
            raise OriginForeign("the session was made for another origin")
        if watched.seats >= SEATS:
            raise TooManyWaits(f"{SEATS} waits are open")
        self._tell_shown(watched)
        watched.seats += 1
        self.seated += 1
        try:
            yield watched
        finally:
            watched.seats -= 1
            self.seated -= 1
            watched.left_at = time.monotonic()

    async def newer(self, watched: Watched, after: int, seconds: float) -> Standing:
        """Where a session stands once it is newer than ``after``, or over, or so many seconds are."""
        end = time.monotonic() + seconds
        while watched.standing.version <= after and not watched.is_over and not self._is_closed:
            left = end - time.monotonic()
            if left <= 0:
                break
            await watched.rung(left)
        return watched.standing

    async def origin_of(self, session_id: str) -> str | None:
        """The origin for whose pages a session was made; None where there is none."""
        watched = await self._watch(session_id)
        return None if watched is None else watched.standing.origin

    @property
    def is_closed(self) -> bool:
        """Whether the server is stopping: nobody waits any longer."""
        return self._is_closed

    def close(self) -> None:
        """Let everybody go with what is known: from the event loop, before connections are waited for."""
        self._is_closed = True
        for watched in self._watched.values():
            watched.ring()
        self._readers.shutdown(wait=False)

    async def _watch(self, session_id: str) -> Watched | None:
        self._settle_in()
        if session_id in self._watched:
            return self._watched[session_id]
        standing = await self._in_thread(self._store.standing, session_id)
        if standing is None:
            return None
        watched = self._watched.setdefault(session_id, Watched(standing))
        if watched.standing.version < standing.version:
            self._take(watched, standing)
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        return watched

    def _tell_shown(self, watched: Watched) -> None:
        """The first page gets codes to show. It need not wait until that is written down."""
        standing = watched.standing
        if self._on_shown is None or watched.is_shown or standing.status is not Status.CREATED:
            return
        watched.is_shown = True
        asyncio.get_running_loop().run_in_executor(self._readers, self._on_shown, standing)

    def _settle_in(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._watched, self._poller = loop, {}, None

    async def _in_thread(self, work: Callable[[A], T], argument: A) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work, argument)

    def _changed(self, session_id: str) -> None:
        """Somebody in this process, in any thread, has changed a session."""
        loop = self._loop
        if loop is not None and session_id in self._watched:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._read_again, session_id)

    def _read_again(self, session_id: str) -> None:
        watched = self._watched.get(session_id)
        if watched is None:
            return
        watched.is_stale = True
        if watched.reading is None:
            watched.reading = asyncio.create_task(self._read(watched))

    async def _read(self, watched: Watched) -> None:
        try:
            while watched.is_stale:
                watched.is_stale = False
                standing = await self._in_thread(self._store.standing, watched.standing.id)
                if standing is not None:
                    self._take(watched, standing)
        except Exception:  # noqa: S110 - the database does not answer: the next poll sees it is out of date
            pass
        finally:
            watched.reading = None

    def _take(self, watched: Watched, standing: Standing) -> None:
        if standing.version > watched.standing.version:
            watched.standing = standing
            watched.ring()

    async def _poll(self) -> None:
        while self._watched and not self._is_closed:
            await asyncio.sleep(POLL_SECONDS)
            self._forget()
            with suppress(Exception):  # the database does not answer: again in a moment
                await self._look()
        self._poller = None

    async def _look(self) -> None:
        now, waiting = self.clock(), [one for one in self._watched.values() if not one.is_over]
        for one in waiting:
            if one.standing.is_overdue(now):
                self._read_again(one.standing.id)
        ids = [one.standing.id for one in waiting]
        for begin in range(0, len(ids), _ASKED_AT_ONCE):
            asked = ids[begin : begin + _ASKED_AT_ONCE]
            versions = await self._in_thread(self._store.versions, asked)
            for session_id, version in versions.items():
                watched = self._watched.get(session_id)
                if watched is not None and version > watched.standing.version:
                    self._read_again(session_id)

    def _forget(self) -> None:
        long_ago = time.monotonic() - _KEPT_SECONDS
        gone = [key for key, one in self._watched.items() if not one.seats and one.left_at < long_ago]
        for key in gone:
            del self._watched[key]
