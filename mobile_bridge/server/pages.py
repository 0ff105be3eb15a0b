"""The page at the signing address: asks for the code on the phone, then leads to the agent on this PC.

No script runs here and nothing here calls the agent: browsers guard loopback against public pages, so the
page has plain links to it. The task token travels in the link's fragment, which browsers send to nobody.
"""

from __future__ import annotations

import hmac
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Cookie, Form, Header
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mobile_bridge.errors import BridgeError, PageStale, TaskTokenRefused
from mobile_bridge.server.enrolling import Enrolments
from mobile_bridge.server.rules import TASK_LIFETIME, SessionKind, Status
from mobile_bridge.server.service import BridgeService
from mobile_bridge.wire import AGENT_PORT, PAGE_PREFIX, START_LINK, agent_link

_HERE: Final = Path(__file__).parent
_PAGES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FORM_COOKIE: Final = "bridge_form"  # the other half of the double submit; also tells browsers apart
_TASK_COOKIE: Final = "bridge_task"  # lets the browser that claimed the session reload its page


def router(
    service: BridgeService,
    site_name: str,
    agent_port: int = AGENT_PORT,
    enrolments: Enrolments | None = None,
) -> APIRouter:
    """The pages under ``wire.PAGE_PREFIX``. ``enrolments``: where certificates are given to locks too."""
    pages = _Pages(service, site_name, agent_port, enrolments)
    routes = APIRouter(prefix=PAGE_PREFIX, include_in_schema=False)
    routes.add_api_route("/assets/page.css", _style, methods=["GET"])
    routes.add_api_route("/{address}", pages.show, methods=["GET"], response_class=HTMLResponse)
    routes.add_api_route("/{address}", pages.claim, methods=["POST"], response_class=HTMLResponse)
    return routes


def _style() -> FileResponse:
    return FileResponse(_HERE / "assets" / "page.css", media_type="text/css")


class _Pages:
    def __init__(
        self, service: BridgeService, site_name: str, agent_port: int, enrolments: Enrolments | None
    ) -> None:
        self._enrolments = enrolments
        self._service = service
        self._site_name = site_name
        self._agent_port = agent_port

    def show(
        self,
        address: str,
        form: Annotated[str, Cookie(alias=_FORM_COOKIE)] = "",
        task: Annotated[str, Cookie(alias=_TASK_COOKIE)] = "",
    ) -> Response:
        """The task page for the browser that has claimed it, the code page for every other."""
        if task:
            try:
                return self._task_page(task, address)
            except TaskTokenRefused:
                pass  # of a server that has forgotten it
        if not form:
            self._service.opened(address)
        return self._code_page(address, form or secrets.token_urlsafe(16))

    def claim(
        self,
        address: str,
        code: Annotated[str, Form()] = "",
        token: Annotated[str, Form()] = "",
        form: Annotated[str, Cookie(alias=_FORM_COOKIE)] = "",
        user_agent: Annotated[str, Header()] = "",
    ) -> Response:
        """Claim the session; a redirect to ``show``, so that a reload sends no form again."""
        try:
            if not form or not hmac.compare_digest(form.encode(), token.encode()):
                raise PageStale("the form does not belong to this browser's page")
            task = self._service.claim(address, code, user_agent)
        except BridgeError as error:
            return self._code_page(address, form or secrets.token_urlsafe(16), error.message)
        here = f"{PAGE_PREFIX}/{address}"
        answer = RedirectResponse(here, HTTPStatus.SEE_OTHER, headers=_HEADERS)
        seconds = int(TASK_LIFETIME.total_seconds())
        # Lax: the agent's page, another site, sends the browser back here.
        self._set_cookie(answer, _TASK_COOKIE, task, here, "lax", seconds)
        return answer

    def _code_page(self, address: str, form: str, problem: str = "") -> Response:
        # An alarm in the page and yet 200: whatever an address is, its page answers alike.
        page = self._render("code.html", address=address[:20], token=form, problem=problem)
        self._set_cookie(page, _FORM_COOKIE, form, PAGE_PREFIX, "strict", None)
        return page

    def _task_page(self, task: str, address: str) -> Response:
        state = self._service.progress(task)
        enrols = state.kind is SessionKind.LOCK_ENROLMENT
        if state.status is not Status.CLAIMED:
            return self._render("end.html", status=state.status.value, enrols=enrols)
        if state.pc is not None and not state.pc.confirmed and not enrols:
            return self._render("confirm.html", number=state.pc.number)
        if enrols and self._enrolments is not None:
            facts = self._enrolments.facts(task)[0].facts
        else:
            facts, _ = self._service.facts(task)
        here = f"{PAGE_PREFIX}/{address}"
        agent = agent_link(self._service.base_url, task, self._agent_port, back=here)
        minutes = int(TASK_LIFETIME.total_seconds() // 60)
        return self._render(
            "task.html", facts=facts, agent=agent, start=START_LINK, minutes=minutes, enrols=enrols
        )

    def _render(self, template: str, **facts: Any) -> HTMLResponse:
        html = _PAGES.get_template(template).render(site_name=self._site_name, **facts)
        return HTMLResponse(html, headers=_HEADERS)

    def _set_cookie(
        self, answer: Response, name: str, value: str, path: str, same_site: Any, seconds: int | None
    ) -> None:
        secure = self._service.base_url.startswith("https:")
        answer.set_cookie(
            name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite=same_site
        )
