"""Version 2 over HTTP."""

from __future__ import annotations

from base64 import b64encode

from fastapi import APIRouter, Request
from starlette.status import HTTP_204_NO_CONTENT

from api.accounts.access import Address
from api.csc import offer
from api.csc.access import Caller, Service, Signer
from api.csc.authorizing import Wanted
from api.csc.credentials import Certificate, Credential, named
from api.csc.errors import CscRefused, invalid
from api.csc.rules import (
    SAD_LASTS,
    check_count,
    check_description,
    check_lengths,
    hashing_of,
    read_hashes,
)
from api.csc.second.shapes import (
    AuthenticationData,
    AuthorizeRequest,
    CredentialRequest,
    CredentialView,
    Info,
    Listed,
    ListRequest,
    SignHashRequest,
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
from api.csc.wire import BASIC, SecondRoute

router = APIRouter(prefix="/csc/v2", tags=["远程签名"], route_class=SecondRoute)


@router.post("/info")
def info(service: Service, body: InfoRequest | None = None) -> Info:
    """服务信息: what this service is, which methods and algorithms it has."""
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
    """证书列表: the caller's signing certificates, newest first; with what is known of them."""
    asked = body or ListRequest()
    which = named(asked.certificates)
    known = service.credentials.listed(person, asked.user_id)
    if asked.only_valid:
        known = [one for one in known if one.enabled]
    infos = [_view(one, which, asked, is_named=True) for one in known] if asked.credential_info else None
    return Listed(
        credential_ids=[one.id for one in known],
        credential_infos=infos,
        only_valid=True if asked.only_valid else None,
    )


@router.post("/credentials/info", response_model_exclude_none=True)
def show(body: CredentialRequest, person: Signer, service: Service) -> CredentialView:
    """证书信息: certificate, chain, algorithms and how it is authorised."""
    which = named(body.certificates)
    return _view(service.credentials.one(person, body.credential_id), which, body)


@router.post("/credentials/authorize")
def authorize(body: AuthorizeRequest, person: Signer, service: Service) -> Authorized:
    """授权签名: the PIN authorises these hashes, each for one signature, for five minutes."""
    hashes, hashing = read_hashes(body.hashes, "hashes"), hashing_of(body.hash_algorithm, "hashAlgorithmOID")
    check_lengths(hashes, hashing)
    check_count(body.num_signatures, len(hashes))
    wanted = Wanted(body.credential_id, hashing, tuple(hashes), check_description(body.description))
    sad = service.authorizing.authorize(person, wanted, _pin(body.auth_data))
    return Authorized(sad=sad, sad_expires_in=int(SAD_LASTS.total_seconds()))


@router.post("/signatures/signHash")
def sign_hash(body: SignHashRequest, person: Signer, service: Service) -> Signatures:
    """签名: a signature for each hash that was authorised."""
    if body.operation_mode not in (None, "S"):
        raise invalid("operationMode")
    asked = Asked(
        credential_id=body.credential_id,
        sad=body.sad.get_secret_value(),
        hashes=tuple(read_hashes(body.hashes, "hashes")),
        algorithm=body.sign_algo,
        hash_algorithm=body.hash_algorithm,
        parameters=body.sign_algo_params,
        hash_parameter="hashAlgorithmOID",
    )
    made = service.signing.sign(person, asked)
    return Signatures(signatures=[b64encode(one).decode() for one in made])


@router.post("/signatures/timestamp")
def stamp(body: TimestampRequest, person: Caller, service: Service) -> Timestamp:
    """时间戳: of a hash, by our own authority; nonces are hexadecimal."""
    return Timestamp(timestamp=service.stamping.stamp(body.hash, body.hash_algo, body.nonce, 16))


def _view(
    one: Credential, which: Certificate, asked: ListRequest | CredentialRequest, *, is_named: bool = False
) -> CredentialView:
    return CredentialView.of(
        one,
        which,
        offer.language(asked.lang),
        cert_info=bool(asked.cert_info),
        auth_info=bool(asked.auth_info),
        named=is_named,
    )


def _pin(given: list[AuthenticationData]) -> str:
    """The PIN, which is all that a credential asks for."""
    pins = [one.value for one in given if one.id == "PIN"]
    if len(pins) != 1 or len(given) != 1 or pins[0] is None:
        raise CscRefused("The authentication data is invalid", error="invalid_authentication_data")
    return pins[0].get_secret_value()
