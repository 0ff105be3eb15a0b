"""The tasks that pages are open for. They live as long as the program: their tokens are kept nowhere else."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hsm.errors import SealBridgeError
from mobile_bridge.agent.enrolment.steps import LockEnrolment
from mobile_bridge.agent.errors import ServerRefused, TaskForgotten, code_of
from mobile_bridge.agent.lock import LockCertificate, Locks
from mobile_bridge.agent.logs import log, log_unexpected
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.agent.task import LockTask
from mobile_bridge.errors import TaskIsEnrolment

if TYPE_CHECKING:
    from mobile_bridge.agent.page.enrolling import OpenEnrolment

_MOST_TASKS: Final = 16  # a person works on one; the oldest are forgotten
_ANSWERED: Final = "session_answered"


class End(StrEnum):
    """How a task ended. ENROLLED: a lock has its certificate. OVER: by itself, for a reason that the server
    gives."""

    SIGNED = "signed"
    ENROLLED = "enrolled"
    DECLINED = "declined"
    OVER = "over"


@dataclass(slots=True)
class OpenTask:
    """A task on a page.

    ``task``: None until the server has told of it; ``enrolment``: in its place, where a lock is to get its
    certificate; ``turn``: held by one step at a time; ``problem``: what the last step refused; ``words``: why
    it is OVER; ``attempt``: the number that the next PIN must come with; ``back``: path of the server's page,
    ``sent_back``: whether the browser was led there; ``received``, ``size``: bytes of the document.
    """

    id: str
    client: ServerClient
    locks: Locks
    back: str
    task: LockTask | None = None
    enrolment: OpenEnrolment | None = None
    end: End | None = None
    words: str = ""
    problem: SealBridgeError | None = None
    attempt: int = 0
    sent_back: bool = False
    received: int = 0
    size: int | None = None
    _fetching: Future[None] | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def back_url(self) -> str:
        """Where the browser goes afterwards; empty when nobody said."""
        return self.client.origin.text + self.back if self.back else ""

    @property
    def is_fetching(self) -> bool:
        """Whether the document is on its way."""
        return self._fetching is not None and not self._fetching.done()

    def arrive(self) -> None:
        """Ask the server for the task, unless it is known."""

        def work() -> None:
            if self.task is None and self.enrolment is None:
                try:
                    self.task = LockTask(self.client, self.locks)
                except ServerRefused as refused:
                    if refused.server_code != TaskIsEnrolment.code:
                        raise
                    self.enrolment = self._enrolment()

        self.do("task", work)

    def _enrolment(self) -> OpenEnrolment:
        from mobile_bridge.agent.page.enrolling import OpenEnrolment  # which is made of this class

        return OpenEnrolment(self, LockEnrolment(self.client, self.locks))

    def choose(self, certificate: LockCertificate, wait: float) -> None:
        """Begin to fetch the document for a certificate; comes back when it is there, or after ``wait`` s."""
        with self.turn:
            if self._fetching is None or self._fetching.done():
                self.received, self.size, self.problem = 0, None, None
                self._fetching = Future()
                threading.Thread(target=self._fetch, args=(certificate, self._fetching), daemon=True).start()
            fetching = self._fetching
        try:
            fetching.result(wait)
        except TimeoutError:
            return  # the page shows how far it is

    def approve(self, attempt: int, pin: str) -> None:
        """Sign with a PIN and post the answer.

        A PIN is used once for each page it was asked on: a second click, a reload or a step back must not
        cost the lock another try.
        """
        with self.turn:
            task = self.task
            if self.end or task is None or (attempt != self.attempt and not task.is_signed):
                return
            self.attempt += 1

            def work() -> None:
                task.approve(lambda: pin)
                self.end = End.SIGNED

            self.do("approval", work)

    def decline(self) -> None:
        """Tell the server no."""
        with self.turn:

            def work() -> None:
                self.client.refuse("")
                self.end = End.DECLINED

            if not self.end:
                self.do("refusal", work)

    def _fetch(self, certificate: LockCertificate, done: Future[None]) -> None:
        def progress(received: int, size: int | None) -> None:
            self.received, self.size = received, size

        try:
            if self.task is not None:
                task = self.task
                self.do("certificate", lambda: task.choose(certificate, progress))
        except Exception as error:
            log_unexpected(error)
        finally:
            done.set_result(None)

    def do(self, step: str, work: Callable[[], None]) -> None:
        """Do one step; what it refuses is kept to be shown, and ends the task where the server said so."""
        if self.end:
            return
        try:
            work()
        except SealBridgeError as error:
            log.warning("task %s: %s: %s", self.id[:6], step, code_of(error))
            self.problem = error
            if isinstance(error, ServerRefused) and (error.is_final or error.server_code == _ANSWERED):
                self.end, self.words = End.OVER, error.message
        else:
            self.problem = None
            log.info("task %s: %s: done", self.id[:6], step)


class OpenTasks:
    """All of them, the oldest first."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, OpenTask] = OrderedDict()
        self._by_token: dict[str, str] = {}

    def open(self, client: ServerClient, token: str, locks: Locks, back: str) -> OpenTask:
        """The task of a token: the page that is open for it already, else a new one."""
        name = hashlib.sha256(f"{client.origin.text} {token}".encode()).hexdigest()
        known = self._tasks.get(self._by_token.get(name, ""))
        if known is not None:
            return known
        made = OpenTask(secrets.token_urlsafe(16), client, locks, back)
        self._tasks[made.id], self._by_token[name] = made, made.id
        self._forget_old()
        return made

    def find(self, task_id: str) -> OpenTask:
        """The task of a page. Raises TaskForgotten."""
        try:
            return self._tasks[task_id]
        except KeyError:
            raise TaskForgotten("no such task since this program started") from None

    def all(self) -> list[OpenTask]:
        """The newest first."""
        return list(reversed(self._tasks.values()))

    @property
    def newer_agent(self) -> str:
        """A newer version of this program that a server told of."""
        return next((each.client.newer_agent for each in self.all() if each.client.newer_agent), "")

    def _forget_old(self) -> None:
        while len(self._tasks) > _MOST_TASKS:
            ended = next((each.id for each in self._tasks.values() if each.end), next(iter(self._tasks)))
            del self._tasks[ended]
        self._by_token = {name: each for name, each in self._by_token.items() if each in self._tasks}
