"""Certificates over HTTP: operators alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.accounts.access import OnDuty, Reading
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.registry.schemas import RegisteredCertificate, Revocation, SearchRequest
from api.registry.search import CertificateSearch, Wanted
from api.registry.service import Registry
from ca.status import Standing

router = APIRouter(prefix="/v1/operator/certificates", tags=["证书管理"])


def _registry(request: Request) -> Registry:
    found: Registry = request.app.state.services.registry
    return found


def _search(request: Request) -> CertificateSearch:
    found: CertificateSearch = request.app.state.services.certificate_search
    return found


Service = Annotated[Registry, Depends(_registry)]
Searching = Annotated[CertificateSearch, Depends(_search)]


@router.get("")
@refuses("certificate_not_found", "search_too_wide")
def listed(
    operator: Reading,
    searching: Searching,
    page: Paged,
    credit_code: Annotated[str | None, Query(min_length=18, max_length=18)] = None,
    serial: Annotated[str | None, Query(max_length=60, description="its beginning, 4 digits or more")] = None,
    standing: Standing | None = None,
) -> Page[RegisteredCertificate]:
    """查询证书: by 统一社会信用代码 or by the beginning of the serial number, newest first."""
    wanted = Wanted(credit_code=credit_code, serial=serial, standing=standing)
    return page.page(searching.search(wanted, page).map(RegisteredCertificate.of))


@router.post("/search")
@refuses("certificate_not_found", "id_number_invalid", "search_too_wide")
def search(
    body: SearchRequest, operator: Reading, searching: Searching, page: Paged
) -> Page[RegisteredCertificate]:
    """按持有人查询: by name or identity number too. A POST, so that neither is in any log of addresses."""
    return page.page(searching.search(body.wanted(), page).map(RegisteredCertificate.of))


@router.get("/{serial}")
@refuses("certificate_not_found")
def find(serial: str, operator: Reading, registry: Service) -> RegisteredCertificate:
    """一张证书: by its serial number."""
    return RegisteredCertificate.of(registry.find(serial))


@router.post("/{serial}/suspend")
@refuses("certificate_already_revoked", "certificate_not_found", "certificate_status_conflict")
def suspend(serial: str, operator: OnDuty, registry: Service) -> RegisteredCertificate:
    """冻结证书: on hold until it is released or revoked."""
    return RegisteredCertificate.of(registry.suspend(serial))


@router.post("/{serial}/release")
@refuses("certificate_already_revoked", "certificate_not_found", "certificate_status_conflict")
def release(serial: str, operator: OnDuty, registry: Service) -> RegisteredCertificate:
    """解冻证书."""
    return RegisteredCertificate.of(registry.release(serial))


@router.post("/{serial}/revoke")
@refuses(
    "certificate_already_revoked",
    "certificate_not_found",
    "certificate_status_conflict",
    "revocation_reason_invalid",
)
def revoke(serial: str, body: Revocation, operator: OnDuty, registry: Service) -> RegisteredCertificate:
    """吊销证书, for good, with the reason."""
    return RegisteredCertificate.of(registry.revoke(serial, body.reason, body.invalidity_date))
