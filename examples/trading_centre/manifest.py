"""What a tool says of the bid it hands in, and whether that can be true."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

from cryptography import x509
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from examples.trading_centre.site import Refusal
from mobile_bridge.envelopes import EnvelopeError, recipient_of

FORMAT: Final = "sealbridge-bid/1"
STATEMENT: Final = "statement"


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("base64 is expected") from None
    return text


Base64 = Annotated[str, Field(max_length=5500), AfterValidator(_base64)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Layer(BaseModel):
    """One envelope: digest and size of its file, its recipients' parts, and the MAC that proves its key."""

    model_config = ConfigDict(extra="forbid")

    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=1 << 33, alias="bytes")]
    recipients: Annotated[list[Base64], Field(min_length=1, max_length=20)]
    check: Annotated[Base64, Field(min_length=44, max_length=44)]

    def recipient_for(self, certificate: x509.Certificate) -> bytes | None:
        """The part (DER) that is for a certificate. Raises EnvelopeError."""
        return recipient_of(tuple(base64.b64decode(one) for one in self.recipients), certificate)


class BidEnvelope(Layer):
    """A part of the bid. ``inner``: the envelope inside, where two parties open only together."""

    id: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")]
    kind: Literal["statement", "technical", "commercial", "other"]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    file_name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^/\\\x00-\x1f]+$")]
    inner: Layer | None = None


class Manifest(BaseModel):
    """A whole bid."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["sealbridge-bid/1"]
    tender: Annotated[str, Field(max_length=60)]
    bidder: Annotated[str, Field(max_length=18)]
    made_at: Annotated[str, Field(max_length=40)]
    envelopes: Annotated[list[BidEnvelope], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({one.id for one in self.envelopes}) != len(self.envelopes):
            raise ValueError("two envelopes have one id")
        if sum(one.kind == STATEMENT for one in self.envelopes) != 1:
            raise ValueError("one opening statement is expected")
        return self


def check_for(manifest: Manifest, tender: sqlite3.Row, bidder: sqlite3.Row) -> None:
    """Whether a bid is for this tender, by this bidder, and to certificates that open it. Raises Refusal."""
    if manifest.tender != tender["number"] or manifest.bidder != bidder["credit_code"]:
        raise Refusal("投标文件不属于本项目或本单位", HTTPStatus.CONFLICT, "bid_of_another")
    if bidder["encryption"] is None:
        raise Refusal("请先同步诚信库，取得加密证书", HTTPStatus.CONFLICT, "no_encryption_certificate")
    own = x509.load_pem_x509_certificate(bidder["encryption"].encode())
    for one in manifest.envelopes:
        if (one.inner is not None) != (bool(tender["joint"]) and one.kind != STATEMENT):
            raise Refusal("加密层数与本项目的要求不一致", HTTPStatus.CONFLICT, "layers_wrong")
        for layer in (one, one.inner):
            if layer is not None and not _is_for(layer, own):
                raise Refusal(
                    f"“{one.title}”不是加密给贵单位现用的加密证书", HTTPStatus.CONFLICT, "recipient_missing"
                )


def _is_for(layer: Layer, certificate: x509.Certificate) -> bool:
    try:
        return layer.recipient_for(certificate) is not None
    except EnvelopeError:
        return False
