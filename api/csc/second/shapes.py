"""JSON of version 2."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from api.csc.credentials import Certificate, Credential
from api.csc.offer import PIN_WORDS
from api.csc.rules import ALGORITHMS, MULTISIGN
from api.csc.shapes import (
    A_SAD,
    DIGEST,
    ECDSA,
    SERIAL,
    SHA256,
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


class SignatureAlgorithms(Told):
    """Object identifiers."""

    algos: tuple[str, ...] = tuple(ALGORITHMS)


class SignatureFormats(Told):
    """None: hashes are signed, not documents."""

    formats: tuple[str, ...] = ()
    envelope_properties: tuple[tuple[str, ...], ...] = ()


class Info(Information):
    """Section 11.1."""

    specs: str = "2.0.0.2"
    asynchronous: bool = False
    validation_info: bool = False
    sign_algorithms: SignatureAlgorithms = SignatureAlgorithms()
    signature_formats: SignatureFormats = SignatureFormats()
    conformance_levels: tuple[str, ...] = ()


class ListRequest(Wishes):
    """Section 11.4. ``userID``: must be absent. ``onlyValid``: those alone that can sign now."""

    model_config = shown(credentialInfo=True, certificates="chain")

    user_id: Text | None = None
    credential_info: bool | None = None
    only_valid: bool | None = None


class CredentialRequest(Wishes):
    """Section 11.5. ``certificates``: none, single or chain."""

    model_config = shown(credentialID=SERIAL, certificates="chain", certInfo=True)

    credential_id: CredentialId


class AuthenticationObject(Told):
    """Section 8.3.1.1."""

    type: str = "Password"
    id: str = "PIN"
    label: str = Field(examples=["PIN 码"])
    description: str = Field(examples=["请输入证书的 PIN 码"])


class AuthenticationView(Told):
    """``objects``: told where ``authInfo`` asks for them."""

    mode: str = "explicit"
    expression: str = "PIN"
    objects: list[AuthenticationObject] | None = None


class CredentialView(Told):
    """Section 11.5. ``credentialID``: in lists."""

    credential_id: str | None = None
    description: str = Field(examples=["临沂阳光建设有限公司 李晓明"])
    key: KeyView
    cert: CertificateView
    auth: AuthenticationView
    scal: str = "2"
    multisign: int = MULTISIGN
    lang: str = Field(examples=["zh-CN"])

    @classmethod
    def of(
        cls,
        one: Credential,
        which: Certificate,
        lang: str,
        *,
        cert_info: bool,
        auth_info: bool,
        named: bool = False,
    ) -> CredentialView:
        """``lang``: one of ours; ``named``: with its own identifier."""
        label, says = PIN_WORDS[lang]
        pin = AuthenticationObject(label=label, description=says)
        return cls(
            credential_id=one.id if named else None,
            description=describe(one),
            key=KeyView.of(one),
            cert=CertificateView.of(one, which, with_info=cert_info),
            auth=AuthenticationView(objects=[pin] if auth_info else None),
            lang=lang,
        )


class Listed(Told):
    """``onlyValid``: true when it was asked for."""

    credential_ids: list[str] = Field(examples=[["5f3a9c01d2"]])
    credential_infos: list[CredentialView] | None = None
    only_valid: bool | None = None


class AuthenticationData(Sent):
    """Section 8.3: ``id`` PIN, and the PIN."""

    model_config = shown(id="PIN", value="8642-Seal")

    id: Text
    value: Annotated[SecretStr | None, Field(max_length=256)] = None


class AuthorizeRequest(Sent):
    """Section 11.6. ``hashes``: each of them is signed at most once; ``numSignatures``: as many as there are
    hashes."""

    model_config = shown(
        credentialID=SERIAL,
        numSignatures=1,
        hashes=[DIGEST],
        hashAlgorithmOID=SHA256,
        authData=[{"id": "PIN", "value": "8642-Seal"}],
    )

    credential_id: CredentialId
    num_signatures: int
    hashes: list[Text]
    hash_algorithm: Text
    auth_data: list[AuthenticationData] = Field(max_length=8)
    description: str | None = None
    client_data: ClientData = None


class SignHashRequest(Sent):
    """Section 11.10. ``operationMode``: S alone. ``hashAlgorithmOID``: needed where ``signAlgo`` does not say
    it."""

    model_config = shown(credentialID=SERIAL, SAD=A_SAD, hashes=[DIGEST], signAlgo=ECDSA)

    credential_id: CredentialId
    sad: Annotated[SecretStr, Field(max_length=255)]
    hashes: list[Text]
    hash_algorithm: Text | None = None
    sign_algo: Text
    sign_algo_params: Text | None = None
    operation_mode: Text | None = None
    client_data: ClientData = None
