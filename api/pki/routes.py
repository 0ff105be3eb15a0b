"""Public PKI files (RFC 2585), with what caches need to know."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from api.accounts.access import Managing
from api.openapi.refusals import refuses
from api.pki.schemas import PublishedLists
from api.pki.service import Pki
from ca.crl import Published

router = APIRouter(prefix="/pki", tags=["PKI"])
operator_router = APIRouter(prefix="/v1/operator/lists", tags=["证书管理"])

CERTIFICATE: Final = "application/pkix-cert"
CHAIN: Final = "application/pem-certificate-chain"
LIST: Final = "application/pkix-crl"
_OF_CERTIFICATE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {CERTIFICATE: {}}}}
_OF_CHAIN: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {CHAIN: {}}}}
_OF_LIST: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {LIST: {}}}}
_OF_EDITION: Final = _OF_LIST | {304: {"description": "Unchanged since the edition in If-None-Match"}}
_LIST_SECONDS: Final = 60  # how long a cache may keep from relying parties that there is a newer list


def _pki(request: Request) -> Pki:
    found: Pki = request.app.state.services.pki
    return found


Service = Annotated[Pki, Depends(_pki)]
Held = Annotated[str | None, Header(alias="if-none-match", include_in_schema=False)]


@router.get("/root.cer", response_class=Response, responses=_OF_CERTIFICATE)
def root_certificate(pki: Service) -> Response:
    """根证书: the root certificate, DER."""
    return _public(pki.root_certificate(), CERTIFICATE, seconds=3600)


@router.get("/root.crl", response_class=Response, responses=_OF_LIST)
def root_list(pki: Service) -> Response:
    """根 CA 的吊销列表: the root's revocation list, DER."""
    return _public(pki.root_list.read_bytes(), LIST, seconds=3600)


@router.get("/{name}.cer", response_class=Response, responses=_OF_CERTIFICATE)
@refuses("authority_unknown")
def certificate(name: str, pki: Service) -> Response:
    """签发 CA 证书: an issuing CA's certificate, DER; ``issuing`` is the one that issues at present."""
    return _public(pki.certificate(name), CERTIFICATE, seconds=3600)


@router.get("/{name}.pem", response_class=Response, responses=_OF_CHAIN)
@refuses("authority_unknown")
def chain(name: str, pki: Service) -> Response:
    """签发 CA 证书链: an issuing CA's certificate and the root, PEM."""
    return _public(pki.chain(name), CHAIN, seconds=3600)


@router.get("/{name}.delta.crl", response_class=Response, responses=_OF_EDITION)
@refuses("authority_unknown", "list_unknown")
def delta_list(name: str, pki: Service, held: Held = None) -> Response:
    """增量吊销列表: what changed lately, DER."""
    return _delta(pki.edition(name, None), held)


@router.get("/{name}.crl", response_class=Response, responses=_OF_EDITION)
@refuses("authority_unknown", "list_unknown")
def complete_list(name: str, pki: Service, held: Held = None) -> Response:
    """证书吊销列表: an issuing CA's revocation list, DER."""
    return _complete(pki.edition(name, None), held)


@router.get("/{name}/{shard}.delta.crl", response_class=Response, responses=_OF_EDITION)
@refuses("authority_unknown", "list_unknown")
def delta_shard(name: str, shard: int, pki: Service, held: Held = None) -> Response:
    """增量吊销列表, where a CA spreads its revocations over several lists."""
    return _delta(pki.edition(name, shard), held)


@router.get("/{name}/{shard}.crl", response_class=Response, responses=_OF_EDITION)
@refuses("authority_unknown", "list_unknown")
def complete_shard(name: str, shard: int, pki: Service, held: Held = None) -> Response:
    """证书吊销列表, where a CA spreads its revocations over several."""
    return _complete(pki.edition(name, shard), held)


def _complete(edition: Published, held: str | None) -> Response:
    return _list(edition.complete, f'"{edition.number}"', edition.this_update, edition.next_update, held)


def _delta(edition: Published, held: str | None) -> Response:
    tag = f'"{edition.number}-delta"'
    return _list(edition.delta, tag, edition.this_update, edition.delta_next_update, held)


def _list(der: bytes, tag: str, this_update: datetime, next_update: datetime, held: str | None) -> Response:
    headers = {
        "cache-control": f"public, max-age={_LIST_SECONDS}",
        "etag": tag,
        "last-modified": format_datetime(this_update, usegmt=True),
        "expires": format_datetime(next_update, usegmt=True),
    }
    if held is not None and tag in held:
        return Response(status_code=304, headers=headers)
    return Response(der, media_type=LIST, headers=headers)


@operator_router.post("/publish")
def publish(operator: Managing, pki: Service) -> PublishedLists:
    """立即发布吊销列表: a new edition of every list, without waiting for the next round."""
    return PublishedLists(lists=pki.publish())


def _public(content: bytes, media_type: str, seconds: int) -> Response:
    headers = {"cache-control": f"public, max-age={seconds}"}
    return Response(content, media_type=media_type, headers=headers)
