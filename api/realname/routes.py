"""实名认证 over HTTP (seed, section 三)."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.accounts.access import SignedIn
from api.openapi.refusals import refuses
from api.outside.identity import Subject
from api.realname.access import real_name
from api.realname.rules import NAMES, Status
from api.realname.schemas import CheckView, NewCheck, StandingView
from api.realname.service import RealName

router = APIRouter(prefix="/v1/realname", tags=["实名认证"])
pages = APIRouter(prefix="/realname", include_in_schema=False)

Service = Annotated[RealName, Depends(real_name)]
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@router.get("")
def standing(person: SignedIn, service: Service) -> StandingView:
    """实名状态: whether one is verified, by which method and until when; and the methods on offer."""
    return StandingView.of(service.standing(person), service.offered)


@router.post("/checks", status_code=HTTPStatus.CREATED)
@refuses(
    "alipay_refused",
    "bank_card_invalid",
    "id_number_invalid",
    "identity_differs",
    "name_invalid",
    "not_found",
    "phone_invalid",
    "provider_answer_invalid",
    "provider_refused",
    "provider_unreachable",
    "realname_attempts_exhausted",
    "realname_check_closed",
    "realname_method_not_offered",
)
def start(body: NewCheck, person: SignedIn, service: Service) -> CheckView:
    """去认证: by Alipay's face check, the police's records or a bank card.

    The last two are ``passed`` or ``failed`` in the answer. The face check answers ``started`` with a
    ``page`` to open; afterwards, ask for the check until it has ended.
    """
    asked = Subject(body.name, body.id_number, body.bank_card, body.bank_phone)
    return CheckView.of(service.start(person, body.method, asked))


@router.get("/checks/{check_id}")
@refuses(
    "alipay_refused",
    "not_found",
    "provider_answer_invalid",
    "provider_refused",
    "provider_unreachable",
    "realname_check_closed",
)
def show(check_id: str, person: SignedIn, service: Service) -> CheckView:
    """认证进度: where one's own check stands; ask every two seconds at most."""
    return CheckView.of(service.state(person, check_id))


@router.post("/checks/{check_id}/cancel")
@refuses("not_found", "realname_check_closed")
def cancel(check_id: str, person: SignedIn, service: Service) -> CheckView:
    """取消认证: give up a check that is under way."""
    return CheckView.of(service.cancel(person, check_id))


@router.delete("", status_code=HTTPStatus.NO_CONTENT)
@refuses("real_name_required")
def release(person: SignedIn, service: Service) -> None:
    """解除实名: give the identity free, so that another account of the same person can have it."""
    service.release(person)


@pages.get("/return/{check_id}")
def come_back(check_id: str, service: Service) -> HTMLResponse:
    """Where the provider's page sends the browser. What it says is not believed: the provider is asked."""
    status = service.come_back(check_id)
    if status is None:
        return _page(None, HTTPStatus.NOT_FOUND)
    return _page(status, HTTPStatus.OK)


def _page(status: Status | None, answer: HTTPStatus) -> HTMLResponse:
    shown = _TEMPLATES.get_template("returned.html").render(
        status=status, name=NAMES[status] if status else "没有找到这次认证"
    )
    return HTMLResponse(shown, answer)
