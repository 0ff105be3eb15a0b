"""JSON that both versions of the interface have in common. Names are the specification's."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel
from starlette.datastructures import Headers

from api.accounts.sessions import SessionToken
from api.csc.credentials import Certificate, Credential, instant
from api.csc.logging_in import LoggingIn

SERIAL: Final = "5f3a9c01d2"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
DIGEST: Final = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
ECDSA: Final = "1.2.840.10045.4.3.2"
A_SAD: Final = "Zk3W0c9Tq1bUe7yR5mXo2pVd8sJhLaNf4gKiBxQwCzE"

Text = Annotated[str, Field(max_length=4096)]
ClientData = Annotated[str | None, Field(max_length=4096)]
CredentialId = Annotated[str, Field(max_length=255)]
Lang = Annotated[str | None, Field(max_length=64)]


_NAMES: Final = {
    "credential_id": "credentialID",
    "credential_ids": "credentialIDs",
    "user_id": "userID",
    "issuer_dn": "issuerDN",
    "subject_dn": "subjectDN",
    "sad": "SAD",
    "sad_expires_in": "expiresIn",
    "scal": "SCAL",
    "pin": "PIN",
    "otp": "OTP",
    "hash_algorithm": "hashAlgorithmOID",
    "asynchronous": "asynchronousOperationMode",
}
_AS_THEY_ARE: Final = frozenset(
    {
        *("access_token", "token_type", "expires_in", "refresh_token", "token_type_hint"),
        *("signature_formats", "envelope_properties", "conformance_levels"),
    }
)


def name_of(field: str) -> str:
    """How the specification calls a field: some in one manner, some in another."""
    if field in _AS_THEY_ARE:
        return field
    return _NAMES.get(field) or to_camel(field)


def shown(**example: Any) -> ConfigDict:
    """What a description shows of a request; what may be left out is, as most of it contradicts the rest."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class Sent(BaseModel):
    """What a client sends: types are not converted, unknown members are passed over, null is absent."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True, alias_generator=name_of)


class Told(BaseModel):
    """What is answered; what is None is left out."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, alias_generator=name_of)


class InfoRequest(Sent):
    """``lang``: the language of names and descriptions (RFC 5646)."""

    model_config = shown(lang="zh-CN")

    lang: Lang = None


class Login(Sent):
    """Without a refresh token number and password are in the header. ``rememberMe``: give a refresh token."""

    model_config = shown(rememberMe=True)

    refresh_token: Annotated[SecretStr | None, Field(max_length=128)] = None
    remember_me: bool | None = None
    client_data: ClientData = None


class LoggedIn(Told):
    """``expires_in``: seconds. A refresh token is changed at each use."""

    access_token: str = Field(examples=["yVQ0l9x3Yk0pVn2qj7oY6b8mZ1rTt5sWcUe4hKdLgA"])
    token_type: str = "Bearer"  # noqa: S105 - of RFC 6750
    expires_in: int = Field(examples=[3600])
    refresh_token: str | None = None

    @classmethod
    def of(cls, made: SessionToken, login: LoggingIn) -> LoggedIn:
        """The tokens of a session. ``login``: who gave them."""
        return cls(access_token=made.token, expires_in=login.lasts(made), refresh_token=made.refresh_token)


class Revocation(Sent):
    """``token``: an access or a refresh token of the caller."""

    model_config = shown(token="fGm5S8c1N2vB7xQ4wR9tY0uI3oP6aD5sKjHlZzXcVb")  # noqa: S106 - no token

    token: SecretStr = Field(max_length=128)
    token_type_hint: Annotated[str | None, Field(max_length=64)] = None
    client_data: ClientData = None


class TimestampRequest(Sent):
    """``hash``: in base64; ``hashAlgo``: SHA-256, SHA-384 or SHA-512, by its object identifier."""

    model_config = shown(hash=DIGEST, hashAlgo=SHA256)

    hash: Text
    hash_algo: Text
    nonce: Annotated[str | None, Field(max_length=64)] = None
    client_data: ClientData = None


class Timestamp(Told):
    """A TimeStampToken (RFC 3161), DER in base64."""

    timestamp: str = Field(examples=["MIIFxgYJKoZIhvcNAQcCoIIFtzCC"])


class Signatures(Told):
    """In base64, in the order of the hashes; ECDSA as ECDSA-Sig-Value in DER."""

    signatures: list[str] = Field(examples=[["MEUCIQDx3cXyqE0V7w2n1yYw"]])


class Authorized(Told):
    """``SAD``: signature activation data, which signs what was authorised and nothing else."""

    sad: str = Field(examples=[A_SAD])
    sad_expires_in: int = Field(examples=[300])


class KeyView(Told):
    """``status``: enabled or disabled; ``len``: bits."""

    status: str = Field(examples=["enabled"])
    algo: list[str] = Field(examples=[["1.2.840.10045.4.3.2"]])
    len: int = Field(examples=[256])
    curve: str | None = None

    @classmethod
    def of(cls, one: Credential) -> KeyView:
        """The key of a credential."""
        status = "enabled" if one.enabled else "disabled"
        return cls(status=status, algo=list(one.algorithms), len=one.length, curve=one.curve)


class CertificateView(Told):
    """``status``: valid, expired, revoked or suspended. Times are GeneralizedTime in UTC."""

    status: str = Field(examples=["valid"])
    certificates: list[str] | None = None
    issuer_dn: str | None = None
    serial_number: str | None = None
    subject_dn: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None

    @classmethod
    def of(cls, one: Credential, which: Certificate, *, with_info: bool) -> CertificateView:
        """The certificate of a credential."""
        certificate = one.held.certificate
        info = {
            "issuer_dn": certificate.issuer.rfc4514_string(),
            "serial_number": one.id.upper(),
            "subject_dn": certificate.subject.rfc4514_string(),
            "valid_from": instant(certificate.not_valid_before_utc),
            "valid_to": instant(certificate.not_valid_after_utc),
        }
        certificates = None if which is Certificate.NONE else one.certificates(which)
        return cls(status=one.status, certificates=certificates, **(info if with_info else {}))


def log_in(login: LoggingIn, headers: Headers, body: Login, address: str) -> LoggedIn:
    """Number and password of the header, or the refresh token of the body. Raises what ``login`` does."""
    if body.refresh_token is not None:
        return LoggedIn.of(login.renew(body.refresh_token.get_secret_value()), login)
    header, agent = headers.get("authorization"), headers.get("user-agent", "")
    return LoggedIn.of(login.by_password(header, agent, address, remember=bool(body.remember_me)), login)


def describe(one: Credential) -> str:
    """A credential in the words of its holder: enterprise and person."""
    held = one.held.holding
    return " ".join(name for name in (held.enterprise_name, held.person_name) if name)


class Information(Told):
    """What both versions tell of the service (section 11.1 of either)."""

    name: str
    logo: str = Field(examples=["https://ra.example.org.cn/csc/logo.png"])
    region: str = Field(examples=["CN"])
    lang: str = Field(examples=["zh-CN"])
    description: str = Field(examples=["远程签名"])
    auth_type: tuple[str, ...] = ("basic",)
    methods: list[str] = Field(examples=[["credentials/list"]])


class Wishes(Sent):
    """What somebody wants to know of credentials (section 11.5 of either). ``certificates``: none, single or
    chain."""

    certificates: Text | None = None
    cert_info: bool | None = None
    auth_info: bool | None = None
    lang: Lang = None
    client_data: ClientData = None
