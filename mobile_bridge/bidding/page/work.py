"""Steps at work for the page: one at a time, in a thread, with what a person is to see of it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import qrcode
from qrcode.image.svg import SvgPathImage

from hsm.errors import SealBridgeError
from mobile_bridge.agent.logs import log, log_unexpected
from mobile_bridge.bidding import approving, checking, handing_in, making
from mobile_bridge.bidding.centre import Centre
from mobile_bridge.bidding.errors import BiddingError, code_of, words_of
from mobile_bridge.bidding.project import Project
from mobile_bridge.bidding.scanning import Code, Screen
from mobile_bridge.envelopes import EnvelopeError

STEPS: Final[dict[str, Callable[[Project, Centre, Screen], Any]]] = {
    "certify": approving.certify,
    "record": approving.record,
    "sign": approving.seal,
    "make": making.make,
    "check": checking.check,
    "upload": handing_in.upload,
    "deposit": handing_in.receipt,
}


@dataclass
class Shown:
    """A ``scanning.Screen`` that a page asks again and again. Written by the step's thread alone."""

    step: str = ""
    is_running: bool = False
    words: str = ""
    digest: str = ""
    bar: tuple[str, int, int] | None = None
    problem: tuple[str, str] | None = None
    waiting: list[Code] = field(default_factory=list)

    def shows(self, title: str, digest: str) -> None:
        """A scan begins."""
        self.digest = " ".join(digest[at : at + 4].upper() for at in range(0, 16, 4))

    def codes(self, codes: list[Code]) -> None:
        """The next codes."""
        self.waiting = codes

    def hint(self, words: str) -> None:
        """What the person is to do."""
        self.words = words

    def tick(self) -> None:
        """The page draws by itself."""

    def ended(self) -> None:
        """The code disappears."""
        self.waiting, self.digest, self.words = [], "", ""

    def progress(self, title: str, done: int, size: int) -> None:
        """Bytes done of all."""
        self.bar = (title, done, size)

    @property
    def code(self) -> str:
        """The text of the code of this moment; empty without one."""
        now = time.monotonic()
        return next((one.text for one in reversed(self.waiting) if one.since <= now), "")

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        title, done, size = self.bar or ("", 0, 0)
        return {
            "running": self.is_running,
            "words": self.words,
            "digest": self.digest,
            "has_code": bool(self.code),
            "bar": {"title": title, "part": done / size if size else 1.0} if self.bar else None,
        }


class Work:
    """One project's steps."""

    def __init__(self, project: Project) -> None:
        self._folder = project.folder
        self._turn = threading.Lock()
        self.shown = Shown()

    @property
    def project(self) -> Project:
        """As it is on the disk now. Raises NoProject."""
        return Project.open(self._folder)

    def begin(self, step: str) -> None:
        """Start a step, unless one is at work: a form that is sent twice does nothing more."""
        with self._turn:
            if self.shown.is_running or step not in STEPS:
                return
            self.shown = Shown(step, is_running=True)
            threading.Thread(target=self._do, args=(step, self.shown), daemon=True).start()

    def change(self, work: Callable[[Project], Any]) -> None:
        """Do something quick with the project; what it refuses is shown."""
        try:
            project = self.project
            with project.lock():
                work(project)
        except BiddingError as error:
            self.shown = Shown(problem=(code_of(error), words_of(error)))

    def _do(self, step: str, shown: Shown) -> None:
        try:
            project = self.project
            with project.lock(), Centre(project.state.centre, project.token) as centre:
                STEPS[step](self.project, centre, shown)
            log.info("bidding: %s: done", step)
        except (SealBridgeError, EnvelopeError) as error:
            log.warning("bidding: %s: %s", step, code_of(error))
            shown.problem = (code_of(error), words_of(error))
        except Exception as error:
            log_unexpected(error)
            shown.problem = ("bidding_error", BiddingError.zh)
        finally:
            shown.is_running = False


def drawn(text: str) -> bytes:
    """A QR code as SVG."""
    picture = qrcode.make(text, image_factory=SvgPathImage, box_size=10, border=4)
    buffer = io.BytesIO()
    picture.save(buffer)
    return buffer.getvalue()
