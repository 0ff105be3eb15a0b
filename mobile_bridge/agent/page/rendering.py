"""Templates, the token of the forms, and what every page says."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hsm import PinState
from hsm.errors import SealBridgeError
from mobile_bridge.agent.errors import PageForged, PageUnknown, code_of
from mobile_bridge.agent.logs import log
from mobile_bridge.agent.page.open_tasks import OpenTasks
from mobile_bridge.agent.versions import OWN

PIN_STATES: Final = {
    PinState.LOW: "这把锁之前输错过 PIN 码，再连续输错会被锁定",
    PinState.LAST_TRY: "这把锁只剩最后 1 次机会，再输错将被锁定",
    PinState.LOCKED: "PIN 码已锁定，请联系发证机构解锁",
    PinState.UNINITIALISED: "这把锁尚未设置 PIN 码",
}
"""What a person should know of a lock's PIN; nothing where all is well."""

_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Result = TypeVar("Result")


class Rendering:
    """Makes pages, and reads the forms that came from them."""

    def __init__(self, tasks: OpenTasks) -> None:
        self._tasks = tasks
        self._form_token = secrets.token_urlsafe(32)

    def page(self, template: str, **facts: Any) -> HTMLResponse:
        """A page. A newer version that a server told of is on every one."""
        given = {
            "form": self._form_token,
            "code_of": code_of,
            "pin_states": PIN_STATES,
            "own_version": OWN,
            "newer_version": self._tasks.newer_agent,
            "now": datetime.now(UTC),
        }
        return HTMLResponse(_PAGES.get_template(template).render(given | facts))

    async def form(self, request: Request) -> FormData:
        """What a form of ours sent. Raises PageForged for any other."""
        form = await request.form(max_files=0, max_fields=8)
        if not hmac.compare_digest(text(form, "form").encode(), self._form_token.encode()):
            raise PageForged("the form carries no token of this program")
        return form

    async def refused(self, request: Request, error: Exception) -> Response:
        """A refusal outside of any task."""
        if isinstance(error, SealBridgeError):
            log.warning("page refused: %s", code_of(error))
        page = self.page("problem.html", problem=error)
        page.status_code = 400
        return page

    async def unknown(self, request: Request, error: Exception) -> Response:
        """An address that leads nowhere."""
        page = self.page("problem.html", problem=PageUnknown("no such page"))
        page.status_code = 404
        return page


async def attempt(work: Callable[[], Result]) -> tuple[Result | None, SealBridgeError | None]:
    """Do blocking work in a thread; its result, or what it refused."""
    try:
        return await run_in_threadpool(work), None
    except SealBridgeError as error:
        return None, error


def text(form: FormData, name: str) -> str:
    """A field of a form; nothing where it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
