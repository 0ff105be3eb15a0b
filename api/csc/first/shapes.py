"""JSON of version 1.0.4.0."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from api.csc.credentials import Certificate, Credential
from api.csc.offer import PIN_WORDS
from api.csc.rules import MULTISIGN
from api.csc.shapes import (
    A_SAD,
    DIGEST,
    ECDSA,
    SERIAL,
    CertificateView,
    ClientData,
    CredentialId,
    Information,
    KeyView,
    Sent,
    Text,
    Told,
    Wishes,
    describe,
    shown,
)


class Info(Information):
    """Section 11.1."""

    specs: str = "1.0.4.0"


class ListRequest(Sent):
    """Section 11.4. ``userID``: must be absent, as the access token says whose the credentials are."""

    model_config = shown(maxResults=20)

    user_id: Text | None = None
    max_results: int | None = None
    page_token: Text | None = None
    client_data: ClientData = None


class Listed(Told):
    """``nextPageToken``: for the part after this one."""

    credential_ids: list[str] = Field(examples=[["5f3a9c01d2"]])
    next_page_token: str | None = None


class CredentialRequest(Wishes):
    """Section 11.5. ``certificates``: none, single or chain."""

    model_config = shown(credentialID=SERIAL, certificates="chain", certInfo=True)

    credential_id: CredentialId


class Factor(Told):
    """Whether a PIN or a one-time password is needed. ``format``: A, characters of any kind."""

    presence: str = Field(examples=["true"])
    format: str | None = None
    label: str | None = None
    description: str | None = None


class CredentialView(Told):
    """Section 11.5."""

    description: str = Field(examples=["临沂阳光建设有限公司 李晓明"])
    key: KeyView
    cert: CertificateView
    auth_mode: str = "explicit"
    scal: str = "2"
    pin: Factor | None = None
    otp: Factor | None = None
    multisign: int = MULTISIGN
    lang: str = Field(examples=["zh-CN"])

    @classmethod
    def of(
        cls, one: Credential, which: Certificate, lang: str, *, cert_info: bool, auth_info: bool
    ) -> CredentialView:
        """``lang``: one of ours."""
        label, says = PIN_WORDS[lang]
        return cls(
            description=describe(one),
            key=KeyView.of(one),
            cert=CertificateView.of(one, which, with_info=cert_info),
            pin=Factor(presence="true", format="A", label=label, description=says) if auth_info else None,
            otp=Factor(presence="false") if auth_info else None,
            lang=lang,
        )


class AuthorizeRequest(Sent):
    """Section 11.6. ``hash``: each of them is signed at most once; their algorithm follows from their length.
    ``numSignatures``: as many as there are hashes."""

    model_config = shown(credentialID=SERIAL, numSignatures=1, hash=[DIGEST], PIN="8642-Seal")

    credential_id: CredentialId
    num_signatures: int
    hash: list[Text]
    pin: Annotated[SecretStr, Field(max_length=256)]
    description: str | None = None
    client_data: ClientData = None


class SignHashRequest(Sent):
    """Section 11.9. ``hashAlgo``: needed where ``signAlgo`` does not say it."""

    model_config = shown(credentialID=SERIAL, SAD=A_SAD, hash=[DIGEST], signAlgo=ECDSA)

    credential_id: CredentialId
    sad: Annotated[SecretStr, Field(max_length=255)]
    hash: list[Text]
    hash_algo: Text | None = None
    sign_algo: Text
    sign_algo_params: Text | None = None
    client_data: ClientData = None
