"""Version 1.0.4.0 over HTTP."""

from __future__ import annotations

from base64 import b64encode

from fastapi import APIRouter, Request
from starlette.status import HTTP_204_NO_CONTENT

from api.accounts.access import Address
from api.csc import offer
from api.csc.access import Caller, Service, Signer
from api.csc.authorizing import Wanted
from api.csc.credentials import named
from api.csc.first.shapes import (
    AuthorizeRequest,
    CredentialRequest,
    CredentialView,
    Info,
    Listed,
    ListRequest,
    SignHashRequest,
)
from api.csc.listing import part_of
from api.csc.rules import (
    SAD_LASTS,
    check_count,
    check_description,
    hashing_by_length,
    read_hashes,
)
from api.csc.shapes import (
    Authorized,
    InfoRequest,
    LoggedIn,
    Login,
    Revocation,
    Signatures,
    Timestamp,
    TimestampRequest,
)
from api.csc.shapes import log_in as opened
from api.csc.signing import Asked
from api.csc.wire import BASIC, FirstRoute

router = APIRouter(prefix="/csc/v1", tags=["远程签名"], route_class=FirstRoute)


@router.post("/info")
def info(service: Service, body: InfoRequest | None = None) -> Info:
    """服务信息: what this service is and which methods it has."""
    lang = offer.language(body.lang if body else None)
    return Info(
        name=service.name,
        logo=service.url + offer.LOGO,
        region=offer.REGION,
        lang=lang,
        description=offer.description(lang),
        methods=offer.METHODS,
    )


@router.post("/auth/login", response_model_exclude_none=True, openapi_extra=BASIC)
def log_in(request: Request, service: Service, address: Address, body: Login | None = None) -> LoggedIn:
    """登录: mobile number and password in the header, or a refresh token."""
    return opened(service.login, request.headers, body or Login(), address)


@router.post("/auth/revoke", status_code=HTTP_204_NO_CONTENT)
def revoke(body: Revocation, person: Caller, service: Service) -> None:
    """退出: void an access or a refresh token."""
    service.login.revoke(person, body.token.get_secret_value(), body.token_type_hint)


@router.post("/credentials/list", response_model_exclude_none=True)
def list_credentials(person: Signer, service: Service, body: ListRequest | None = None) -> Listed:
    """证书列表: the caller's signing certificates by their serial numbers, newest first."""
    asked = body or ListRequest()
    known = [one.id for one in service.credentials.listed(person, asked.user_id)]
    ids, following = part_of(known, asked.max_results, asked.page_token)
    return Listed(credential_ids=ids, next_page_token=following)


@router.post("/credentials/info", response_model_exclude_none=True)
def show(body: CredentialRequest, person: Signer, service: Service) -> CredentialView:
    """证书信息: certificate, chain, algorithms and how it is authorised."""
    which = named(body.certificates)
    return CredentialView.of(
        service.credentials.one(person, body.credential_id),
        which,
        offer.language(body.lang),
        cert_info=bool(body.cert_info),
        auth_info=bool(body.auth_info),
    )


@router.post("/credentials/authorize")
def authorize(body: AuthorizeRequest, person: Signer, service: Service) -> Authorized:
    """授权签名: the PIN authorises these hashes, each for one signature, for five minutes."""
    hashes = read_hashes(body.hash, "hash")
    check_count(body.num_signatures, len(hashes))
    wanted = Wanted(
        body.credential_id, hashing_by_length(hashes), tuple(hashes), check_description(body.description)
    )
    sad = service.authorizing.authorize(person, wanted, body.pin.get_secret_value())
    return Authorized(sad=sad, sad_expires_in=int(SAD_LASTS.total_seconds()))


@router.post("/signatures/signHash")
def sign_hash(body: SignHashRequest, person: Signer, service: Service) -> Signatures:
    """签名: a signature for each hash that was authorised."""
    asked = Asked(
        credential_id=body.credential_id,
        sad=body.sad.get_secret_value(),
        hashes=tuple(read_hashes(body.hash, "hash")),
        algorithm=body.sign_algo,
        hash_algorithm=body.hash_algo,
        parameters=body.sign_algo_params,
        hash_parameter="hashAlgo",
    )
    made = service.signing.sign(person, asked)
    return Signatures(signatures=[b64encode(one).decode() for one in made])


@router.post("/signatures/timestamp")
def stamp(body: TimestampRequest, person: Caller, service: Service) -> Timestamp:
    """时间戳: of a hash, by our own authority; nonces are decimal."""
    return Timestamp(timestamp=service.stamping.stamp(body.hash, body.hash_algo, body.nonce, 10))
