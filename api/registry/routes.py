"""Certificates over HTTP: operators alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.accounts.access import OnDuty, Reading
from api.openapi.refusals import refuses
from api.registry.schemas import RegisteredCertificate, Revocation
from api.registry.service import Registry

router = APIRouter(prefix="/v1/operator/certificates", tags=["证书管理"])


def _registry(request: Request) -> Registry:
    found: Registry = request.app.state.services.registry
    return found


Service = Annotated[Registry, Depends(_registry)]


@router.get("")
def search(
    operator: Reading, registry: Service, credit_code: Annotated[str, Query(min_length=18, max_length=18)]
) -> list[RegisteredCertificate]:
    """企业的证书: by 统一社会信用代码, newest first."""
    return [RegisteredCertificate.of(one) for one in registry.of_enterprise(credit_code)]


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
