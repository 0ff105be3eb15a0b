"""Platforms, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from api.platforms import public_keys
from api.platforms.public_keys import CallKey
from api.platforms.rules import MOST_ORIGINS, Scope, Standing
from api.platforms.service import Registration
from api.platforms.webhooks.rules import Outcome, State
from api.wire import Answer, Body

_CATALOGUE_CODE = "^[a-z0-9][a-z0-9-]{0,39}$"
_EXAMPLE_JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

Url = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Terms(Body):
    """What a platform is registered with. People are shown ``name`` and ``domain``.

    ``origins``: of its pages, at the domain or below it, the usual one first.
    """

    name: str = Field(min_length=1, max_length=60, examples=["临沂交易中心"])
    domain: str = Field(min_length=1, max_length=253, examples=["trade.example.cn"])
    origins: list[Url] = Field(min_length=1, max_length=MOST_ORIGINS, examples=[["https://trade.example.cn"]])
    callback_url: Url | None = Field(None, examples=["https://trade.example.cn/sealbridge/webhook"])
    scopes: list[Scope] = Field(max_length=len(Scope), examples=[["bind", "login", "sign"]])
    catalogue_code: str | None = Field(
        None,
        pattern=_CATALOGUE_CODE,
        description="Its code in the catalogue of certificates",
        examples=[None],
    )

    def registration(self) -> Registration:
        """As the service takes it."""
        return Registration(
            name=self.name,
            domain=self.domain,
            origins=tuple(self.origins),
            callback_url=self.callback_url,
            scopes=frozenset(self.scopes),
            catalogue_code=self.catalogue_code,
        )


class ChangedTerms(Terms):
    """What is to be true from now on, all of it. ``replaces``: the version that the change was made from."""

    replaces: int = Field(ge=1, le=2**31 - 1, examples=[1])


class Why(Body):
    """Why; kept in the platform's history."""

    reason: Reason = Field(examples=["平台迁移"])


class Jwk(Body):
    """A public key (RFC 7517): ``OKP`` with ``Ed25519``, or ``EC`` with ``P-256`` and ``y``."""

    kty: Literal["OKP", "EC"]
    crv: Literal["Ed25519", "P-256"]
    x: str = Field(max_length=64)
    y: str | None = Field(None, max_length=64, examples=[None])


class NewKey(Body):
    """A public key, as PEM or as a JWK."""

    label: str = Field("", max_length=60, examples=["2027"])
    pem: str | None = Field(None, max_length=2000, examples=[None])
    jwk: Jwk | None = Field(None, examples=[_EXAMPLE_JWK])

    @model_validator(mode="after")
    def _one_of_both(self) -> NewKey:
        if (self.pem is None) == (self.jwk is None):
            raise ValueError("either pem or jwk is expected")
        return self

    def key(self) -> CallKey:
        """Raises PublicKeyInvalid and KeyWeak."""
        if self.pem is not None:
            return public_keys.from_pem(self.pem)
        assert self.jwk is not None  # noqa: S101 - checked above
        return public_keys.from_jwk(self.jwk.model_dump(exclude_none=True))


class KeyView(Answer):
    """A key of a platform. ``id``: its JWK thumbprint (RFC 7638), which is ``keyid`` in signatures.

    ``algorithm``: as RFC 9421 names it; ``used_at``: to the minute, null for never; ``retired_at``: null
    while calls signed with it are taken.
    """

    id: str
    algorithm: str
    jwk: dict[str, str]
    label: str
    added_at: datetime
    added_by: str
    used_at: datetime | None
    retired_at: datetime | None


class PlatformView(Answer):
    """A registered platform."""

    id: str
    name: str
    domain: str
    origins: list[str]
    callback_url: str | None
    scopes: list[Scope]
    catalogue_code: str | None
    standing: Standing
    is_sandbox: bool
    version: int
    created_at: datetime


class PlatformWithKeys(PlatformView):
    """A registered platform and all keys that it has or had."""

    keys: list[KeyView]


class ChangeView(Answer):
    """What was done to a platform. ``who``: ``operator:NAME``, ``key:ID`` or ``console:NAME``."""

    at: datetime
    who: str
    act: str
    detail: dict[str, Any]


class SentDocumentView(Answer):
    """A document that was taken in. ``sha256``: what scans name it by; it is gone after ``expires_at``."""

    sha256: str
    bytes: int
    pages: int
    expires_at: datetime


class WebhookView(Answer):
    """What a platform is told of a scan. ``status``, ``version``: of the scan; ``body``: what is sent.

    ``next_at``: when it is tried next, null for never.
    """

    id: str
    scan: str
    status: str
    version: int
    body: str
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None


class AttemptView(Answer):
    """One try. ``http_status``: of the platform's answer, null where there was none."""

    number: int
    at: datetime
    outcome: Outcome
    http_status: int | None
    milliseconds: int


class WebhookWithTries(WebhookView):
    """What a platform is told, and every try to tell it."""

    tries: list[AttemptView]
