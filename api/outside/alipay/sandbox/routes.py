"""The sandbox over HTTP: the gateway for programs, its pages for people.

Its work is done in threads of its own: the server calls itself here, and must not wait for the thread that
waits for the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import parse_qsl, urlencode

import anyio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.db import Database
from api.money import yuan
from api.outside.alipay.sandbox.certifications import Certifications
from api.outside.alipay.sandbox.gateway import Clock, Gatekeeper, Refusal
from api.outside.alipay.sandbox.gateway import Request as Call
from api.outside.alipay.sandbox.notices import Notices
from api.outside.alipay.sandbox.trades import PAID, WAITING, Trades

PATH: Final = "/dev/alipay"
_THREADS: Final = 8
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class AlipaySandbox:
    """All of the sandbox. ``notices.deliver_due`` is to be called again and again."""

    keeper: Gatekeeper
    certifications: Certifications
    trades: Trades
    notices: Notices

    @classmethod
    def open(cls, db: Database, app_key: RSAPublicKey, own_key: RSAPrivateKey, clock: Clock) -> Self:
        """``app_key``: the application's, registered; ``own_key``: with which "Alipay" signs."""
        keeper = Gatekeeper(app_key, own_key, clock)
        return cls(keeper, Certifications(db, clock), Trades(db, keeper, clock), Notices(db, clock))

    def close(self) -> None:
        """Close its connections."""
        self.notices.close()

    def answer(self, form: list[tuple[str, str]]) -> str:
        """The answer of a call, signed whatever it says."""
        methods: dict[str, Callable[[Call], dict[str, Any]]] = {
            "alipay.user.certify.open.initialize": self.certifications.initialize,
            "alipay.user.certify.open.query": self.certifications.query,
            "alipay.trade.query": self.trades.query,
            "alipay.trade.close": self.trades.close,
            "alipay.trade.refund": self.trades.refund,
            "alipay.trade.fastpay.refund.query": self.trades.refund_query,
        }
        method = dict(form).get("method", "")
        try:
            call = self.keeper.admit(form)
            if method not in methods:
                raise Refusal.invalid("isv.invalid-method", "不存在的方法名")
            return self.keeper.answer(method, {"code": "10000", "msg": "Success"} | methods[method](call))
        except Refusal as refusal:
            return self.keeper.answer(method if method in methods else "", refusal.content)

    def page(self, form: list[tuple[str, str]]) -> str:
        """Where the person goes on after opening a signed address. Raises Refusal."""
        call = self.keeper.admit(form)
        if call.method == "alipay.user.certify.open.certify":
            return f"{PATH}/certify/{self.certifications.find(call.text('certify_id')).certify_id}"
        if call.method == "alipay.trade.wap.pay":
            return f"{PATH}/cashier/{self.trades.open(call)}"
        raise Refusal.invalid("isv.invalid-method", "不存在的方法名")


def router(sandbox: AlipaySandbox) -> APIRouter:
    """The sandbox under ``PATH``."""
    made = APIRouter(prefix=PATH, include_in_schema=False)
    limiter = anyio.CapacityLimiter(_THREADS)

    async def do(work: Callable[[], Result]) -> Result:
        return await anyio.to_thread.run_sync(work, limiter=limiter)

    async def shown(work: Callable[[], Response]) -> Response:
        try:
            return await do(work)
        except Refusal as refusal:
            return _page("refused.html", HTTPStatus.BAD_REQUEST, **refusal.content)

    @made.post("/gateway.do")
    async def call(request: Request) -> Response:
        """A call."""
        form = [*_pairs(request.url.query), *_pairs((await request.body()).decode(errors="replace"))]
        answer = await do(lambda: sandbox.answer(form))
        return Response(answer, media_type="text/html;charset=utf-8")

    @made.get("/gateway.do")
    async def page(request: Request) -> Response:
        """A page, opened by its signed address."""
        form = _pairs(request.url.query)
        return await shown(lambda: RedirectResponse(sandbox.page(form), HTTPStatus.SEE_OTHER))

    @made.get("/certify/{certify_id}")
    async def certify(certify_id: str) -> Response:
        """The face check, by buttons."""
        return await shown(
            lambda: _page("certify.html", found=sandbox.certifications.find(certify_id), path=PATH)
        )

    @made.post("/certify/{certify_id}")
    async def decide(certify_id: str, request: Request) -> Response:
        """通过, 不通过 or 取消; then back to where the application wants the person."""
        choice = dict(_pairs((await request.body()).decode(errors="replace"))).get("choice")

        def work() -> Response:
            found = sandbox.certifications.find(certify_id)
            if choice in ("pass", "fail"):
                sandbox.certifications.decide(certify_id, choice == "pass")
            return RedirectResponse(found.return_url or f"{PATH}/certify/{certify_id}", HTTPStatus.SEE_OTHER)

        return await shown(work)

    @made.get("/cashier/{trade_no}")
    async def cashier(trade_no: str) -> Response:
        """The cashier, by buttons."""

        def work() -> Response:
            found = sandbox.trades.find(trade_no)
            return _page(
                "cashier.html",
                found=found,
                amount=yuan(found.total_fen),
                waiting=found.status == WAITING,
                path=PATH,
            )

        return await shown(work)

    @made.post("/cashier/{trade_no}")
    async def pay(trade_no: str, request: Request) -> Response:
        """支付 or 取消; then back, with signed parameters once it is paid."""
        choice = dict(_pairs((await request.body()).decode(errors="replace"))).get("choice")

        def work() -> Response:
            if choice == "pay":
                sandbox.trades.pay(trade_no)
            found = sandbox.trades.find(trade_no)
            target = found.return_url or f"{PATH}/cashier/{trade_no}"
            if found.return_url and found.status == PAID:
                joint = "&" if "?" in target else "?"
                target += joint + urlencode(sandbox.trades.returned(trade_no))
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)

        return await shown(work)

    return made


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return []


def _page(template: str, status: int = HTTPStatus.OK, **values: Any) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(**values), status)
