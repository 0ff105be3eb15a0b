"""What a platform asks for, one body for each kind of scan. Nothing is trimmed: the request is digested."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from api.openings.rules import Window
from api.openings.schemas import Moment
from api.openings.windows import Tender
from api.scanning.kinds import MOST_DOCUMENTS, MOST_ENVELOPES, MOST_FACTS, MOST_PLACES
from api.seals.places import PlacementAsked
from api.seals.terms import LockAsked, terms_of
from api.wire import Body, printable
from ca.documents.levels import Level
from ca.documents.terms import Changes, Terms
from ca.envelopes.recipients import MAX_RECIPIENT

_KEY: Final = "GQYKKnZiTGNtNLxCXPVJzwYmlDpBQyTdDBkNQZPVGAg="
_RECIPIENT: Final = "MIIBZAIBADBMMDQxCzAJBgNVBAYTAkNO"


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("base64 is expected") from None
    return text


def _text(most: int) -> Any:
    return (Field(min_length=1, max_length=most), AfterValidator(printable))


Title = Annotated[str, *_text(80)]
Words = Annotated[str, *_text(120)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Asked(Body):
    """What every kind has. ``nonce``: the platform's own, told again in the answer. ``origin``: of the page
    that waits; the first of the registered ones unless it is given."""

    model_config = ConfigDict(str_strip_whitespace=False)

    nonce: str = Field(
        min_length=16, max_length=128, pattern=r"^[!-~]+$", examples=["c2VhbGJyaWRnZS1ub25jZQ"]
    )
    origin: str | None = Field(None, max_length=200, examples=["https://trade.example.org.cn"])
    title: Title | None = Field(None, examples=["临沂市某道路工程"])
    lifetime_seconds: int = Field(180, ge=60, le=600)


class BindAsked(_Asked):
    """扫码绑定. ``user``: the platform's own name for its user. ``credit_code``: the enterprise that the user
    belongs to, where the platform knows it; another one's certificate is refused then."""

    kind: Literal["bind"]
    user: Annotated[str, *_text(80)] = Field(examples=["u-20260302"])
    user_name: Title | None = Field(None, examples=["李晓明"])
    credit_code: str | None = Field(None, min_length=18, max_length=18, examples=["91371300MA3C0TEQ4M"])


class LoginAsked(_Asked):
    """扫码登录."""

    kind: Literal["login"]


class ToolLoginAsked(_Asked):
    """投标工具 CA 认证. ``tool``: its name, as people know it."""

    kind: Literal["tool-login"]
    tool: Title = Field(examples=["投标文件制作工具"])


class RecordAsked(_Asked):
    """同步诚信库."""

    kind: Literal["record"]


class DocumentAsked(Body):
    """A document that was uploaded before. ``places``: at least one; all of them are one signature."""

    model_config = ConfigDict(str_strip_whitespace=False)

    sha256: Sha256
    title: Title = Field(examples=["招标文件"])
    places: list[PlacementAsked] = Field(
        min_length=1, max_length=200, description=f"at most {MOST_PLACES} (`too_many_places`)"
    )
    certify: Changes | None = Field(
        None, description="certify as the author, before anybody signs: 1 no changes, 2 signing, 3 and notes"
    )
    lock: LockAsked | None = None

    def terms(self) -> Terms:
        """What the seal says of the document as a whole. Raises LockRefused."""
        return terms_of(None, self.certify, self.lock)


class SignAsked(_Asked):
    """扫码签章: all of the documents by one approval."""

    kind: Literal["sign"]
    reason: Words = Field(examples=["签署招标文件"])
    documents: list[DocumentAsked] = Field(
        min_length=1, max_length=500, description=f"at most {MOST_DOCUMENTS} (`too_many_documents`)"
    )
    level: Level | None = Field(
        None, description="how long the signatures can be judged; as the CA's settings say unless given"
    )


class FileAsked(Body):
    """A file that stays with the platform. ``bytes``: its length."""

    model_config = ConfigDict(str_strip_whitespace=False)

    title: Title = Field(examples=["临沂市某道路工程招标文件"])
    sha256: Sha256
    bytes: int = Field(ge=0, le=2**53 - 1, examples=[1048576])


class FactAsked(Body):
    """A line that the phone shows."""

    model_config = ConfigDict(str_strip_whitespace=False)

    label: Annotated[str, *_text(20)] = Field(examples=["项目编号"])
    value: Words = Field(examples=["LY2026-0112"])


class GenerateAsked(_Asked):
    """扫码生成招标文件: an approval of the file by its digest."""

    kind: Literal["generate"]
    file: FileAsked
    facts: list[FactAsked] = Field(default_factory=list, max_length=MOST_FACTS)


class TenderAsked(Body):
    """Which opening it is, and when: the platform's own word, which its signature on the call makes binding.

    Later calls may postpone an opening, and never bring it forward. Left out, only bids open that were never
    deposited.
    """

    model_config = ConfigDict(str_strip_whitespace=False)

    title: Title = Field(examples=["临沂市某道路工程"])
    number: Title = Field(examples=["LY2026-0112"])
    opens_at: Moment | None = Field(None, examples=["2026-12-01T09:00:00+08:00"])
    closes_at: Moment | None = Field(None, examples=["2026-12-01T10:00:00+08:00"])

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.opens_at is None) != (self.closes_at is None):
            raise ValueError("opens_at and closes_at go together")
        return self


class OpeningTenderAsked(TenderAsked):
    """The same, with its window in any case."""

    opens_at: Moment = Field(examples=["2026-12-01T09:00:00+08:00"])
    closes_at: Moment = Field(examples=["2026-12-01T10:00:00+08:00"])


class EnvelopeAsked(Body):
    """A CMS RecipientInfo of an envelope, DER in base64. ``id``: the platform's own, once in a request."""

    model_config = ConfigDict(str_strip_whitespace=False)

    id: str = Field(min_length=1, max_length=64, pattern=r"^[!-~]+$", examples=["bid-1"])
    title: Title = Field(examples=["投标文件"])
    recipient: Annotated[str, AfterValidator(_base64)] = Field(
        min_length=4, max_length=(MAX_RECIPIENT + 2) // 3 * 4, examples=[_RECIPIENT]
    )


class DepositedAsked(EnvelopeAsked):
    """An envelope whose key is to be tried. ``sha256``, ``bytes``: of its file.

    ``check``: HMAC-SHA256 with the content key over "sealbridge-envelope-check" and the file's SHA-256 (32
    bytes), in base64: the service proves by it that the token has the very key, and gives none out.
    """

    sha256: Sha256
    bytes: int = Field(ge=1, le=2**53 - 1, examples=[1048576])
    check: Annotated[str, AfterValidator(_base64)] = Field(min_length=44, max_length=44, examples=[_KEY])


class DepositAsked(_Asked):
    """扫码递交: the token tries the key of every envelope; the bidder gets a receipt with a time stamp."""

    kind: Literal["deposit"]
    tender: OpeningTenderAsked
    envelopes: list[DepositedAsked] = Field(
        min_length=1, max_length=2000, description=f"at most {MOST_ENVELOPES} (`too_many_envelopes`)"
    )


class DecryptAsked(_Asked):
    """扫码解密. ``session_key``: X25519 public key, 32 bytes in base64, to which content keys are sealed."""

    kind: Literal["decrypt"]
    tender: TenderAsked
    session_key: Annotated[str, AfterValidator(_base64)] = Field(
        min_length=44, max_length=44, examples=[_KEY]
    )
    envelopes: list[EnvelopeAsked] = Field(
        min_length=1, max_length=2000, description=f"at most {MOST_ENVELOPES} (`too_many_envelopes`)"
    )


ScanAsked = Annotated[
    BindAsked
    | LoginAsked
    | ToolLoginAsked
    | RecordAsked
    | SignAsked
    | GenerateAsked
    | DepositAsked
    | DecryptAsked,
    Field(discriminator="kind"),
]
"""Any of them."""


def tender_of(asked: TenderAsked) -> Tender:
    """The tender as openings know it."""
    window = None
    if asked.opens_at is not None and asked.closes_at is not None:
        window = Window(datetime.fromisoformat(asked.opens_at), datetime.fromisoformat(asked.closes_at))
    return Tender(asked.number, asked.title, window)


def as_sent(asked: _Asked) -> dict[str, Any]:
    """The request as the platform sent it: what it left out is not there."""
    return asked.model_dump(mode="json", exclude_unset=True)
