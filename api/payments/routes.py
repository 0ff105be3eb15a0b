"""Payments over HTTP (seed, section 六)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse

from api.accounts.access import Auditing, Managing
from api.logs import log
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.payments.rules import Status
from api.payments.schemas import CheckoutShown, OrderDossier, OrderEvent, OrderShown, RefundAsked
from api.payments.service import Payments
from api.realname.access import Verified
from hsm.errors import SealBridgeError

NOTICE_PATH: Final = "/v1/payments/alipay/notices"
RETURN_PATH: Final = "/payments/returned"
_RETURNED: Final = Path(__file__).parent / "templates" / "returned.html"

router = APIRouter(tags=["支付"])
operator_router = APIRouter(prefix="/v1/operator/orders", tags=["订单管理"])
pages = APIRouter(include_in_schema=False)


def _payments(request: Request) -> Payments:
    found: Payments = request.app.state.services.payments
    return found


PaymentsService = Annotated[Payments, Depends(_payments)]


@router.post("/v1/applications/{application_id}/payment")
@refuses("not_found", "order_state")
def check_out(person: Verified, application_id: str, payments: PaymentsService) -> CheckoutShown:
    """支付: the page on which the application is paid for. May be asked again, after a time-out too."""
    ready = payments.check_out(person, application_id)
    return CheckoutShown(order=OrderShown.of(ready.order), pay_url=ready.pay_url)


@router.get("/v1/applications/{application_id}/payment")
@refuses("not_found")
def show_order(person: Verified, application_id: str, payments: PaymentsService) -> OrderShown:
    """查询支付结果: how the order of an application stands. 404 where nothing is to be paid."""
    return OrderShown.of(payments.order_of(person, application_id))


@operator_router.get("")
def list_orders(
    operator: Auditing,
    payments: PaymentsService,
    page: Paged,
    status: Status | None = None,
    application: Annotated[str | None, Query(max_length=24)] = None,
) -> Page[OrderShown]:
    """订单列表: everybody's orders, newest first."""
    return page.page(payments.listed(page, status, application).map(OrderShown.of_row))


@operator_router.get("/{order_id}")
@refuses("not_found")
def show_order_dossier(operator: Auditing, order_id: str, payments: PaymentsService) -> OrderDossier:
    """订单详情: an order with what happened to it."""
    known, events = payments.dossier(order_id)
    told = [OrderEvent(at=one.at, action=one.action, status=one.status, note=one.note) for one in events]
    return OrderDossier(
        order=OrderShown.of(known), person_id=known.person_id, trade_no=known.trade_no, events=told
    )


@operator_router.post("/{order_id}/refund")
@refuses("not_found", "order_state", "refund_needs_revocation")
def refund(operator: Managing, order_id: str, body: RefundAsked, payments: PaymentsService) -> OrderShown:
    """退款: give the money of a paid order back, with a reason. A downloaded certificate is revoked by that,
    so ``revoke`` must say that it is meant."""
    return OrderShown.of(payments.give_back(operator, order_id, body.reason, revoke=body.revoke))


@pages.post(NOTICE_PATH)
async def take_notice(request: Request) -> PlainTextResponse:
    """支付结果通知: Alipay's signed notice; it is sent again until the answer is ``success``."""
    form = parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)
    try:
        await run_in_threadpool(request.app.state.services.settling.notice, form)
    except SealBridgeError as refused:
        log.warning("payment_notice_refused", code=refused.code)
        return PlainTextResponse("failure")
    return PlainTextResponse("success")


@pages.get(RETURN_PATH)
def returned() -> HTMLResponse:
    """The browser comes back from the cashier, which proves nothing: the app asks how the order stands."""
    return HTMLResponse(_RETURNED.read_text(encoding="utf-8"))
