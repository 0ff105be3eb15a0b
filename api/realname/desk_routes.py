"""实名管理 over HTTP, for operators. Numbers travel in bodies: addresses are logged on the way."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field, model_validator

from api.accounts.access import Managing, OnDuty
from api.accounts.rules import mask_phone
from api.openapi.refusals import refuses
from api.realname.desk import Holder, RealNameDesk
from api.realname.rules import Method, mask_name
from api.wire import Answer, Body

router = APIRouter(prefix="/v1/operator/realname", tags=["实名管理"])


def _desk(request: Request) -> RealNameDesk:
    found: RealNameDesk = request.app.state.services.real_name_desk
    return found


Service = Annotated[RealNameDesk, Depends(_desk)]


class AccountNamed(Body):
    """An account, by its phone or by its identity number."""

    phone: str | None = Field(None, max_length=24, examples=["13800001234"])
    id_number: str | None = Field(None, max_length=24)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.phone is None) == (self.id_number is None):
            raise ValueError("phone or id_number, one of them")
        return self


class Release(AccountNamed):
    """Why an account is given free; it goes into the journal."""

    reason: str = Field(min_length=2, max_length=200)


class OperatorIdentity(Body):
    """Who an operator is."""

    id_number: str = Field(max_length=24)


class HolderView(Answer):
    """An account's standing, masked."""

    phone: str
    name: str | None
    method: Method | None
    verified_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, holder: Holder) -> Self:
        """From an account and its identity."""
        one = holder.identity
        return cls(
            phone=mask_phone(holder.phone),
            name=None if one is None else mask_name(one.name),
            method=None if one is None else one.method,
            verified_at=None if one is None else one.verified_at,
            expires_at=None if one is None else one.expires_at,
        )


@router.post("/lookups")
@refuses("id_number_invalid", "not_found", "phone_invalid")
def look_up(body: AccountNamed, operator: OnDuty, service: Service) -> HolderView:
    """查询实名: which account has an identity number, or whether a phone's account is verified."""
    return HolderView.of(service.find(body.phone, body.id_number))


@router.post("/releases")
@refuses("id_number_invalid", "not_found", "phone_invalid")
def release(body: Release, operator: Managing, service: Service) -> HolderView:
    """解除实名: the number may be verified for another account, and the account for another person."""
    return HolderView.of(service.release(body.phone, body.id_number, body.reason))


@router.put("/operators/{name}", status_code=HTTPStatus.NO_CONTENT)
@refuses("id_number_invalid", "operator_identity_taken", "operator_unknown")
def identify_operator(
    name: Annotated[str, Path(max_length=64)], body: OperatorIdentity, operator: Managing, service: Service
) -> None:
    """登记操作员身份: by the identity number, so that nobody judges an application of their own."""
    service.identify_operator(name, body.id_number)
