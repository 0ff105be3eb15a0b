"""Enterprises over HTTP (seed, sections 七 and 八, and what follows from them)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.enterprises.lookup import Lookups
from api.enterprises.schemas import (
    FoundView,
    LookupRequest,
    MemberView,
    OwnEnterpriseView,
    Powers,
    Removal,
)
from api.enterprises.service import Enterprises
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.realname.access import Verified

router = APIRouter(prefix="/v1/enterprises", tags=["企业与办事人员"])


def _enterprises(request: Request) -> Enterprises:
    found: Enterprises = request.app.state.services.enterprises
    return found


def _lookups(request: Request) -> Lookups:
    found: Lookups = request.app.state.services.lookups
    return found


Service = Annotated[Enterprises, Depends(_enterprises)]
CreditCode = Annotated[str, Path(min_length=18, max_length=18)]
MemberId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/lookup")
@refuses("credit_code_invalid", "enterprise_not_found", "too_many_lookups")
def look_up(
    body: LookupRequest, person: Verified, lookups: Annotated[Lookups, Depends(_lookups)]
) -> FoundView:
    """查询企业: the enterprise to join, masked. Name and code must both fit; 10 tries an hour, 30 a day."""
    return FoundView.model_validate(lookups.look_up(person, body.name, body.credit_code))


@router.get("")
def list_own(person: Verified, service: Service) -> list[OwnEnterpriseView]:
    """我的企业: those that one acts for, with role and permissions."""
    return [OwnEnterpriseView.of(one) for one in service.all_of(person)]


@router.get("/{credit_code}")
@refuses("not_found")
def show(credit_code: CreditCode, person: Verified, service: Service) -> OwnEnterpriseView:
    """企业详情: one of one's enterprises."""
    return OwnEnterpriseView.of(service.one_of(person, credit_code))


@router.get("/{credit_code}/members")
@refuses("administrator_needed", "not_found")
def list_members(
    credit_code: CreditCode, person: Verified, service: Service, page: Paged
) -> Page[MemberView]:
    """办事人员列表: who acts for the enterprise; its administrator alone may see it."""
    return page.page(service.members(person, credit_code, page).map(MemberView.of))


@router.put("/{credit_code}/members/{member}/permissions")
@refuses("administrator_has_all", "administrator_needed", "not_found")
def change_permissions(
    credit_code: CreditCode, member: MemberId, body: Powers, person: Verified, service: Service
) -> MemberView:
    """调整办事人员权限: just these, from now on."""
    return MemberView.of(service.change(person, credit_code, member, body.permissions, body.department))


@router.post("/{credit_code}/members/{member}/remove", status_code=HTTPStatus.NO_CONTENT)
@refuses(
    "administrator_cannot_leave",
    "administrator_needed",
    "handover_expired",
    "handover_state",
    "no_longer_member",
    "not_found",
)
def remove(
    credit_code: CreditCode, member: MemberId, body: Removal, person: Verified, service: Service
) -> None:
    """移出办事人员: power ends at once, and the certificates for the enterprise are revoked."""
    service.remove(person, credit_code, member, body.reason)


@router.post("/{credit_code}/leave", status_code=HTTPStatus.NO_CONTENT)
@refuses("administrator_cannot_leave", "handover_expired", "handover_state", "no_longer_member", "not_found")
def leave(credit_code: CreditCode, person: Verified, service: Service) -> None:
    """退出企业: as its clerk; an administrator hands over first."""
    service.leave(person, credit_code)
