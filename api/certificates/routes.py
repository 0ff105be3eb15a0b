"""Certificates over HTTP (seed, section 六)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.certificates.download import CertificateDownload
from api.certificates.schemas import CertificateDetail, CertificateView, DownloadedCertificate, Pin
from api.certificates.service import Certificates
from api.openapi.refusals import ISSUANCE, PIN, refuses
from api.realname.access import Verified

router = APIRouter(prefix="/v1", tags=["证书"])


def _download(request: Request) -> CertificateDownload:
    found: CertificateDownload = request.app.state.services.download
    return found


def _certificates(request: Request) -> Certificates:
    found: Certificates = request.app.state.services.certificates
    return found


Service = Annotated[Certificates, Depends(_certificates)]


@router.post("/applications/{application_id}/download")
@refuses(
    "administrator_needed",
    "administrator_replaced_since",
    "application_state",
    "certificate_not_found",
    "handover_expired",
    "handover_state",
    "no_longer_member",
    "not_found",
    "payment_needed",
    "pin_refused",
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
def list_own(person: Verified, service: Service) -> list[CertificateView]:
    """证书管理: one's own certificates, newest first."""
    return [CertificateView.of(one) for one in service.all_of(person)]


@router.get("/certificates/{serial}")
@refuses("certificate_not_found", "not_found")
def show(serial: str, person: Verified, service: Service) -> CertificateDetail:
    """证书详情: one certificate with its chain."""
    return CertificateDetail.of(service.one_of(person, serial))
