"""A scan from its code on the screen to its answer, in a way that a killed program finds again.

The centre makes the scan; the code and the news of it come from the signing service itself, by a token that
is good for waiting alone. What was scanned and approved while nobody waited is found at the next start.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx

from mobile_bridge.bidding.errors import CentreRefused, CentreUnreachable, ScanEnded
from mobile_bridge.bidding.project import Project

_POLL: Final = httpx.Timeout(40.0, connect=10.0)
_PAUSE: Final = 1.0
_TICK: Final = 0.1
_TRIES: Final = 30
_REASONS: Final = {
    "refused": "已在手机上拒绝",
    "expired": "二维码已过期",
    "cancelled": "本次扫码已取消",
    "failed": "手机上的操作未能完成",
    "gone": "本次扫码已失效",
}
HINTS: Final = {
    "outstanding": "请用手机 App 扫描二维码",
    "claimed": "已扫码，请在手机上核对并确认",
    "approving": "手机已确认，正在处理",
    "pin_wrong": "PIN 码错误，请在手机上重新输入",
    "pin_locked": "PIN 码已锁定",
    "not_bound": "该手机用户尚未与本站账号绑定，请先在网站申请手机证书",
    "not_permitted": "该用户没有此权限",
    "certificate_invalid": "证书不能使用",
    "token_unavailable": "密码设备暂时不可用，请稍后在手机上重试",
}


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code's text, and the moment (of ``time.monotonic``) from which it is shown."""

    since: float
    text: str


class Screen(Protocol):
    """Where a person sees what happens: a terminal, or the local page."""

    def shows(self, title: str, digest: str) -> None:
        """A scan begins; ``digest``: what phone and screen both show."""

    def codes(self, codes: list[Code]) -> None:
        """The codes to show until the next ones come; none where a phone has scanned."""

    def hint(self, words: str) -> None:
        """What the person is to do, or what the phone does."""

    def tick(self) -> None:
        """Time to draw again."""

    def ended(self) -> None:
        """No code is shown any more."""

    def progress(self, title: str, done: int, size: int) -> None:
        """Bytes done of all."""


def by_scan(
    project: Project,
    step: str,
    screen: Screen,
    begin: Callable[[], Mapping[str, Any]],
    finish: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """What a scan answered. ``begin`` starts one at the centre, ``finish`` asks there for the answer.

    A scan of this step that waits already is taken up. Raises ScanEnded, BiddingError.
    """
    pending = project.state.pending.get(step)
    if pending is not None:
        # It may have ended while nobody waited; what is asked for now is another one.
        with contextlib.suppress(ScanEnded, CentreRefused):
            return _through(project, step, screen, pending, finish)
    fresh = dict(begin())
    project.change(pending=project.state.pending | {step: fresh})
    return _through(project, step, screen, fresh, finish)


def forget(project: Project, step: str) -> None:
    """The scan of a step is of no use any more: it was answered, or what it was about changed."""
    if step in project.state.pending:
        left = {name: one for name, one in project.state.pending.items() if name != step}
        project.change(pending=left)


def _through(
    project: Project,
    step: str,
    screen: Screen,
    scan: Mapping[str, Any],
    finish: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    status = _Wait(scan, screen).status()
    if status != "complete":
        forget(project, step)
        raise ScanEnded(status, reason=_REASONS.get(status, _REASONS["failed"]))
    for _ in range(_TRIES):
        told = finish(scan)
        if told.get("status") == "complete":
            return told
        time.sleep(_PAUSE)  # the service tells its pages a moment before its platforms
    raise CentreUnreachable("complete, and no answer came")


class _Wait:
    """Long polls in a thread; the codes are drawn meanwhile."""

    def __init__(self, scan: Mapping[str, Any], screen: Screen) -> None:
        self._scan, self._screen = scan, screen
        self._version = 0

    def status(self) -> str:
        """How the scan ended. Raises CentreUnreachable."""
        self._screen.shows(str(self._scan["kind"]), str(self._scan["request_digest"]))
        headers = {"Authorization": f"Bearer {self._scan['wait_token']}"}
        failures = 0
        with httpx.Client(headers=headers, timeout=_POLL) as http, ThreadPoolExecutor(1) as aside:
            try:
                while True:
                    told = self._drawn(aside.submit(self._ask, http))
                    failures = failures + 1 if told is None else 0
                    if failures > _TRIES:
                        raise CentreUnreachable(f"{self._scan['wait_url']} does not answer")
                    if told is not None and (ended := self._took(told)):
                        return ended
            finally:
                self._screen.ended()

    def _drawn(self, asking: Future[dict[str, Any] | None]) -> dict[str, Any] | None:
        while not asking.done():
            self._screen.tick()
            time.sleep(_TICK)
        return asking.result()

    def _ask(self, http: httpx.Client) -> dict[str, Any] | None:
        """What the service tells; None where it cannot be reached at the moment."""
        try:
            response = http.get(str(self._scan["wait_url"]), params={"after": self._version})
            if response.status_code == httpx.codes.UNAUTHORIZED:
                return {"status": "gone"}
            told = response.raise_for_status().json()
            return told if isinstance(told, dict) else None
        except (httpx.HTTPError, ValueError):
            time.sleep(_PAUSE)
            return None

    def _took(self, told: Mapping[str, Any]) -> str:
        """Show what changed; the status, if nothing follows it."""
        status, now = str(told.get("status", "")), time.monotonic()
        if status in ("complete", *_REASONS):
            return status
        self._version = int(told.get("version", 0))
        frames = told.get("frames") or []
        self._screen.codes([Code(now + one["in_ms"] / 1000, str(one["url"])) for one in frames])
        hint = str(told.get("hint", ""))
        self._screen.hint(HINTS.get(hint, HINTS["claimed"]))
        return ""
