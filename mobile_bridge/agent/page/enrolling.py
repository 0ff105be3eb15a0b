"""下载到 CA 锁 on the page: choose a lock and type its PIN → compare on the phone → the certificate is there.

Once the keys are offered the program goes on by itself, whether anybody looks at the page or not. The PIN is
forgotten when the keys are made; a lock that wants it for the certificate too is asked for it again.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hsm.errors import LoginNeeded, SealBridgeError
from mobile_bridge.agent.enrolment.steps import LockEnrolment
from mobile_bridge.agent.errors import KeyNotOnLock
from mobile_bridge.agent.lock import LockToken
from mobile_bridge.agent.logs import log_unexpected
from mobile_bridge.agent.page.open_tasks import End, OpenTask, OpenTasks
from mobile_bridge.agent.page.rendering import Rendering, attempt, text
from mobile_bridge.errors import NoToken, ServerUnreachable

_POLL: Final = 2.0


@dataclass(slots=True)
class OpenEnrolment:
    """An enrolment on a page. ``lock``: chosen; ``wants_pin``: for the certificate, which is here."""

    opened: OpenTask
    steps: LockEnrolment
    lock: LockToken | None = None
    wants_pin: bool = False
    _following: threading.Thread | None = field(default=None, repr=False)

    @property
    def is_following(self) -> bool:
        """Whether it goes on by itself: waiting for the phone, or writing."""
        return self._following is not None and self._following.is_alive()

    def begin(self, number: int, serial: str, pin: str) -> None:
        """Make the keys on a lock and go on from there. A PIN is used once for each page it was asked on."""
        with self.opened.turn:
            if self.opened.end or self.is_following or number != self.opened.attempt:
                return
            self.opened.attempt += 1

            def work() -> None:
                found = [each for each in self.steps.locks() if each.info.serial == serial]
                if not found:
                    raise NoToken("the lock was removed")
                if not self.steps.is_issued:
                    self.steps.make(found[0], lambda: pin)
                self.lock = found[0]

            self.opened.do("keys", work)
            if self.lock is not None and not self.opened.problem:
                self._following = threading.Thread(target=self._follow, daemon=True)
                self._following.start()

    def write(self, number: int, pin: str) -> None:
        """Write the certificate with the PIN, or once more without."""
        with self.opened.turn:
            if self.opened.end or self.is_following or number != self.opened.attempt:
                return
            self.opened.attempt += 1
            self.opened.do("writing", lambda: self._write(pin))

    def _follow(self) -> None:
        try:
            while not self.opened.end and not self._has_come():
                time.sleep(_POLL)
            if not self.opened.end:
                self.opened.do("writing", lambda: self._write(""))
        except Exception as error:
            log_unexpected(error)

    def _has_come(self) -> bool:
        """Whether the certificates are here, or never will be."""

        def work() -> None:
            self.steps.fetch()

        self.opened.do("certificates", work)
        problem = self.opened.problem
        return self.steps.returned is not None or not (
            problem is None or isinstance(problem, ServerUnreachable)
        )

    def _write(self, pin: str) -> None:
        if self.lock is None or self.steps.returned is None:
            return
        try:
            self.steps.write(self.lock, (lambda: pin) if pin else None)
        except LoginNeeded:
            self.wants_pin = True
            return
        except KeyNotOnLock:
            self.lock, self.wants_pin = None, False  # another lock may be chosen
            raise
        self.opened.end = End.ENROLLED


class EnrolmentPages:
    """The pages of enrolments."""

    def __init__(self, tasks: OpenTasks, rendering: Rendering) -> None:
        self._tasks = tasks
        self._rendering = rendering

    async def show(self, opened: OpenTask, enrolment: OpenEnrolment) -> Response:
        """The enrolment where it stands."""
        facts = {"opened": opened, "enrolment": enrolment, "wanted": enrolment.steps.wanted}
        if enrolment.is_following:
            return self._rendering.page("enrol_compare.html", problem=opened.problem, **facts)
        if enrolment.steps.returned is not None and enrolment.lock is not None:
            return self._rendering.page("enrol_write.html", problem=opened.problem, **facts)
        locks, missing = await attempt(enrolment.steps.locks)
        problem: SealBridgeError | None = opened.problem or missing
        return self._rendering.page("enrol.html", locks=locks or [], problem=problem, **facts)

    async def keys(self, request: Request) -> Response:
        """Make the keys with the PIN that was typed."""
        form = await self._rendering.form(request)
        opened = self._tasks.find(request.path_params["id"])
        enrolment = opened.enrolment
        if isinstance(enrolment, OpenEnrolment):
            words = _number(text(form, "attempt")), text(form, "lock"), text(form, "pin")
            await attempt(lambda: enrolment.begin(*words))
        return RedirectResponse(f"/tasks/{opened.id}", 303)

    async def writing(self, request: Request) -> Response:
        """Write the certificate."""
        form = await self._rendering.form(request)
        opened = self._tasks.find(request.path_params["id"])
        enrolment = opened.enrolment
        if isinstance(enrolment, OpenEnrolment):
            words = _number(text(form, "attempt")), text(form, "pin")
            await attempt(lambda: enrolment.write(*words))
        return RedirectResponse(f"/tasks/{opened.id}", 303)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1
