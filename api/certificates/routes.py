"""Certificates over HTTP (seed, sections 六 and 九 to 十二)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.certificates.download import CertificateDownload
from api.certificates.listing import Listing
from api.certificates.pin_change import PinChanges
from api.certificates.schemas import (
    CertificateDetail,
    CertificateView,
    DownloadedCertificate,
    ListedView,
    PendingView,
    Pin,
    PinChange,
    PinChanged,
    PinView,
)
from api.certificates.service import Certificates
from api.certificates.suspension import Suspensions
from api.openapi.refusals import ISSUANCE, PIN, refuses
from api.paging import Page, Paged
from api.realname.access import Verified

router = APIRouter(prefix="/v1", tags=["证书"])


def _download(request: Request) -> CertificateDownload:
    found: CertificateDownload = request.app.state.services.download
    return found


def _certificates(request: Request) -> Certificates:
    found: Certificates = request.app.state.services.certificates
    return found


def _pins(request: Request) -> PinChanges:
    found: PinChanges = request.app.state.services.pin_changes
    return found


def _suspensions(request: Request) -> Suspensions:
    found: Suspensions = request.app.state.services.suspensions
    return found


Service = Annotated[Certificates, Depends(_certificates)]
Pins = Annotated[PinChanges, Depends(_pins)]
Suspending = Annotated[Suspensions, Depends(_suspensions)]
CreditCode = Annotated[str, Path(min_length=18, max_length=18)]
_OURS = "/enterprises/{credit_code}/certificates"


@router.post("/applications/{application_id}/download")
@refuses(
    "administrator_needed",
    "administrator_replaced_since",
    "application_state",
    "certificate_not_found",
    "certificate_replaced",
    "handover_expired",
    "handover_state",
    "no_longer_member",
    "not_found",
    "payment_needed",
    "pin_refused",
    "renewal_held",
    "renewal_refused",
    *PIN,
    *ISSUANCE,
)
def download(
    application_id: str,
    body: Pin,
    person: Verified,
    service: Annotated[CertificateDownload, Depends(_download)],
) -> DownloadedCertificate:
    """下载证书: set the PIN; the key pair is made in the token and certified. May be repeated."""
    issued = service.download(person, application_id, body.pin.get_secret_value())
    return DownloadedCertificate.of(issued)


@router.get("/certificates")
@refuses("not_found")
def list_own(
    person: Verified,
    service: Service,
    page: Paged,
    which: Annotated[Listing | None, Query(alias="list", description="all certificates without it")] = None,
) -> Page[ListedView]:
    """证书管理: 生效中, 待审核 or 已失效, newest first."""
    if which is Listing.PENDING:
        return page.page(service.pending(person, page).map(PendingView.of))
    return page.page(service.listed(person, which, page).map(CertificateView.of))


@router.get(_OURS)
@refuses("administrator_needed", "not_found")
def list_of_enterprise(
    credit_code: CreditCode,
    person: Verified,
    service: Service,
    page: Paged,
    which: Annotated[Listing | None, Query(alias="list")] = None,
) -> Page[CertificateView]:
    """企业证书列表: everybody's certificates for the enterprise, for its administrator."""
    return page.page(service.of_enterprise(person, credit_code, which, page).map(CertificateView.of))


@router.post(_OURS + "/{serial}/suspend", status_code=HTTPStatus.NO_CONTENT)
@refuses("administrator_needed", "certificate_not_found", "certificate_status_conflict", "not_found")
def suspend_clerks(credit_code: CreditCode, serial: str, person: Verified, service: Suspending) -> None:
    """冻结办事人员证书: at once, by the administrator."""
    service.suspend_clerks(person, credit_code, serial)


@router.post(_OURS + "/{serial}/release", status_code=HTTPStatus.NO_CONTENT)
@refuses("administrator_needed", "certificate_not_found", "not_suspended_by_you", "not_found")
def release_clerks(credit_code: CreditCode, serial: str, person: Verified, service: Suspending) -> None:
    """解冻办事人员证书: what the administrator suspended."""
    service.release_clerks(person, credit_code, serial)


@router.get("/certificates/{serial}")
@refuses("certificate_not_found", "not_found")
def show(serial: str, person: Verified, service: Service) -> CertificateDetail:
    """证书详情: one certificate with its chain."""
    return CertificateDetail.of(service.one_of(person, serial))


@router.get("/certificates/{serial}/pin")
@refuses("custody_is_lock", "not_found", "key_not_found")
def pin_status(serial: str, person: Verified, service: Pins) -> PinView:
    """PIN 码状态: tries left, and whether it is locked."""
    return PinView.of(service.status(person, serial))


@router.post("/certificates/{serial}/pin")
@refuses("not_found", "key_damaged", "key_not_found", "pin_changing", "pin_refused", *PIN)
def change_pin(serial: str, body: PinChange, person: Verified, service: Pins) -> PinChanged:
    """修改 PIN 码: of both halves of a dual certificate. A wrong present PIN counts as one."""
    old, new = body.pin.get_secret_value(), body.new_pin.get_secret_value()
    return PinChanged(serials=service.change(person, serial, old, new))


@router.post("/certificates/{serial}/suspend", status_code=HTTPStatus.NO_CONTENT)
@refuses("certificate_not_found", "certificate_status_conflict", "not_found")
def suspend(serial: str, person: Verified, service: Suspending) -> None:
    """挂失: on hold at once, without review, both halves of a dual certificate."""
    service.suspend(person, serial)


@router.post("/certificates/{serial}/release", status_code=HTTPStatus.NO_CONTENT)
@refuses("certificate_not_found", "key_damaged", "key_not_found", "not_suspended_by_you", "not_found", *PIN)
def release(serial: str, body: Pin, person: Verified, service: Suspending) -> None:
    """解除挂失: by the PIN, of what one suspended oneself."""
    service.release(person, serial, body.pin.get_secret_value())
