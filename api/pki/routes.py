"""Public PKI files (RFC 2585)."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from api.pki.service import Pki

router = APIRouter(prefix="/pki", tags=["PKI"])

CERTIFICATE: Final = "application/pkix-cert"
LIST: Final = "application/pkix-crl"


def _pki(request: Request) -> Pki:
    found: Pki = request.app.state.services.pki
    return found


Service = Annotated[Pki, Depends(_pki)]


@router.get("/root.cer", response_class=Response)
def root_certificate(pki: Service) -> Response:
    """根证书: the root certificate, DER."""
    return _public(pki.root_certificate(), CERTIFICATE, seconds=3600)


@router.get("/issuing.cer", response_class=Response)
def issuing_certificate(pki: Service) -> Response:
    """签发 CA 证书: the issuing CA's certificate, DER."""
    return _public(pki.issuing_certificate(), CERTIFICATE, seconds=3600)


@router.get("/root.crl", response_class=Response)
def root_list(pki: Service) -> Response:
    """根 CA 的吊销列表: the root's revocation list, DER."""
    return _public(pki.root_list, LIST, seconds=3600)


@router.get("/issuing.crl", response_class=Response)
def issuing_list(pki: Service) -> Response:
    """证书吊销列表: the issuing CA's revocation list, DER."""
    return _public(pki.issuing_list(), LIST, seconds=60)


def _public(content: bytes, media_type: str, seconds: int) -> Response:
    headers = {"cache-control": f"public, max-age={seconds}"}
    return Response(content, media_type=media_type, headers=headers)
