"""EST over HTTP (RFC 7030), and the operator's side of it.

TLS, and with it the client's certificate, ends at the proxy in front of the service. The proxy hands the
certificate over in a header of its own, which it must set or remove on every request
(``SEALBRIDGE_CLIENT_CERTIFICATE_HEADER``; without it nothing is believed and re-enrolment is refused).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import unquote

from cryptography import x509
from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from api.accounts.access import Managing
from api.est.errors import ClientCertificateRefused, ContentTypeRefused, EnrolmentRefused
from api.est.messages import ATTRIBUTES, CERTIFICATES, REQUEST, certs_only, csr_attributes
from api.est.schemas import NewEnrolment, OpenedEnrolment
from api.est.service import Est
from api.openapi.refusals import ISSUANCE, refuses
from ca.distinguished import SubjectFacts
from ca.issuance import IssuedCertificate

router = APIRouter(tags=["EST 自动登记"])
# Every operation also under a label, which is a profile's name (RFC 7030, section 3.2.2): a client that is
# given one puts it into all of its requests.
_EST: Final = "/.well-known/est"
_basic = HTTPBasic(
    scheme_name="enrolment", auto_error=False, realm="est", description="User name and secret of an enrolment"
)
_CERTIFICATES: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {CERTIFICATES: {}}}}
_ATTRIBUTES: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {ATTRIBUTES: {}}}}
_REQUEST: Final = {
    "required": True,
    "description": "PKCS #10, DER in base64",
    "content": {REQUEST: {"schema": {"type": "string"}}},
}
_ENROLMENT: Final[dict[str, Any]] = {
    "responses": _CERTIFICATES,
    "openapi_extra": {"requestBody": _REQUEST},
}


def _est(request: Request) -> Est:
    found: Est = request.app.state.services.est
    return found


async def _request(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != REQUEST:
        raise ContentTypeRefused(f"{REQUEST} is expected")
    return await request.body()


def _client(request: Request) -> x509.Certificate:
    header = request.app.state.services.client_certificate_header
    given = request.headers.get(header, "") if header else ""
    try:
        return x509.load_pem_x509_certificate(unquote(given).encode())
    except ValueError:
        raise ClientCertificateRefused("a certificate of the TLS connection is expected") from None


Service = Annotated[Est, Depends(_est)]
Pkcs10 = Annotated[bytes, Depends(_request)]
Client = Annotated[x509.Certificate, Depends(_client)]
Basic = Annotated[HTTPBasicCredentials | None, Depends(_basic)]


@router.post("/v1/operator/enrolments", status_code=201)
@refuses("credit_code_invalid", "id_number_invalid", "profile_refused", "profile_unknown", "subject_invalid")
def open_enrolment(body: NewEnrolment, operator: Managing, est: Service) -> OpenedEnrolment:
    """登记设备或平台: opens one enrolment; hand user name and secret to the machine's administrator."""
    facts = SubjectFacts(
        enterprise_name=body.enterprise_name, credit_code=body.credit_code, host=body.host, device=body.device
    )
    opened = est.open(operator, body.profile, facts, body.validity_days, timedelta(hours=body.hours))
    return OpenedEnrolment(id=opened.id, secret=opened.secret, expires_at=opened.expires_at)


@router.get(f"{_EST}/cacerts", response_class=Response, responses=_CERTIFICATES)
@router.get(f"{_EST}/{{profile}}/cacerts", response_class=Response, responses=_CERTIFICATES)
@refuses("profile_unknown")
def ca_certificates(est: Service, profile: str = "lock") -> Response:
    """CA 证书 (RFC 7030, section 4.1)."""
    est.profile(profile)
    return _encoded(certs_only(est.ca_certificates()), CERTIFICATES)


@router.get(f"{_EST}/csrattrs", response_class=Response, responses=_ATTRIBUTES)
@router.get(f"{_EST}/{{profile}}/csrattrs", response_class=Response, responses=_ATTRIBUTES)
@refuses("profile_unknown")
def attributes(est: Service, profile: str = "lock") -> Response:
    """证书请求的要求 (RFC 7030, section 4.5): for the profile ``lock`` unless another is in the path."""
    return _encoded(csr_attributes(est.profile(profile)), ATTRIBUTES)


@router.post(f"{_EST}/simpleenroll", response_class=Response, **_ENROLMENT)
@router.post(f"{_EST}/{{profile}}/simpleenroll", response_class=Response, **_ENROLMENT)
@refuses("certificate_not_found", "csr_invalid", "enrolment_refused", "enrolment_used", *ISSUANCE)
def enrol(request: Pkcs10, credentials: Basic, est: Service, profile: str | None = None) -> Response:
    """申请证书 (RFC 7030, section 4.2.1): HTTP Basic with an enrolment's user name and secret."""
    if credentials is None:
        raise EnrolmentRefused("HTTP Basic authentication is expected")
    return _certificate(est.enrol(credentials.username, credentials.password, request, profile))


@router.post(f"{_EST}/simplereenroll", response_class=Response, **_ENROLMENT)
@router.post(f"{_EST}/{{profile}}/simplereenroll", response_class=Response, **_ENROLMENT)
@refuses("certificate_not_found", "client_certificate_refused", "csr_invalid", "request_invalid", *ISSUANCE)
def enrol_again(request: Pkcs10, client: Client, est: Service, profile: str | None = None) -> Response:
    """更新证书 (RFC 7030, section 4.2.2): authenticated by the certificate that is to be renewed."""
    return _certificate(est.enrol_again(client, request, profile))


def _certificate(issued: IssuedCertificate) -> Response:
    return _encoded(certs_only([issued.certificate]), CERTIFICATES)


def _encoded(content: bytes, media_type: str) -> Response:
    headers = {"content-transfer-encoding": "base64"}
    return Response(content, media_type=media_type, headers=headers)
