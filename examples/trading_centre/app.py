"""The web application: pages, errors as pages, and headers around all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response

from examples.trading_centre import accounts, opening, scans, tenders, tool, webhook
from examples.trading_centre.site import HERE, Refusal, Site, page, visitor_of
from mobile_bridge.sdk import SdkError

_ASSETS: Final = {"site.css": "text/css", "mark.svg": "image/svg+xml", "hall.js": "text/javascript"}


def create_app(site: Site) -> FastAPI:
    """The centre of ``site``."""
    app = FastAPI(title="演示交易中心", openapi_url=None)
    app.state.site = site
    for part in (accounts, scans, tenders, opening, tool, webhook):
        app.include_router(part.router)
    app.add_api_route("/assets/{name}", _asset, methods=["GET"])
    app.middleware("http")(_guarded)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SdkError, _service_refused)
    return app


def _asset(name: str) -> Response:
    if name not in _ASSETS:
        raise Refusal("没有该页面", HTTPStatus.NOT_FOUND)
    return FileResponse(HERE / "assets" / name, media_type=_ASSETS[name])


async def _guarded(request: Request, serve: Callable[[Request], Awaitable[Response]]) -> Response:
    """Forms of other sites do nothing here; every page has the policy."""
    site: Site = request.app.state.site
    foreign = request.method == "POST" and request.headers.get("origin") != site.origin
    # Who calls these has no cookie that a browser would send along.
    if foreign and request.url.path != webhook.PATH and not is_tool(request):
        return Response("来自其他网站的请求", HTTPStatus.FORBIDDEN, media_type="text/plain; charset=utf-8")
    answer = await serve(request)
    answer.headers["Content-Security-Policy"] = site.policy
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def is_tool(request: Request) -> bool:
    """Whether a program asks, which is answered in JSON."""
    return request.url.path.startswith(tool.PREFIX + "/")


def _problem(request: Request, message: str, status: int, code: str = "refused") -> Response:
    if is_tool(request):
        problem = {"code": code, "message": message}
        return JSONResponse(problem, status, media_type="application/problem+json")
    site: Site = request.app.state.site
    return page("problem.html", site, visitor_of(request, site), status, message=message)


def _refused(request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, Refusal) else Refusal("操作未能完成")
    return _problem(request, refusal.message, refusal.status, refusal.code)


def _invalid(request: Request, error: Exception) -> Response:
    message = "填写的内容不完整或格式不正确，请返回检查"
    return _problem(request, message, HTTPStatus.UNPROCESSABLE_ENTITY, "malformed")


def _service_refused(request: Request, error: Exception) -> Response:
    message = error.message if isinstance(error, SdkError) else SdkError.message
    code = error.code if isinstance(error, SdkError) else ""
    return _problem(request, f"签章服务：{message}（{code}）", HTTPStatus.BAD_GATEWAY, code)
