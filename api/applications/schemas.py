"""Applications, as JSON."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.accounts.rules import mask_phone
from api.applications.evidence import TITLES, EvidenceKind, Piece
from api.applications.kinds import NEEDS
from api.applications.model import Application
from api.applications.rules import NAMES, Status
from api.applications.service.consent import Asking
from api.applications.service.read import Dossier, KeptVersion
from api.applications.service.sign import SignatureChoice
from api.wire import Answer


class ApplicationView(Answer):
    """An application in a list. ``reason``: why it was rejected, declined or returned. ``serial``: of the
    certificate that it is about."""

    id: str
    kind: str
    kind_name: str
    status: str
    status_name: str
    revision: int
    enterprise_name: str | None
    credit_code: str | None
    product: str
    serial: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, application: Application) -> Self:
        """The view of a row."""
        told: dict[str, Any] = {"status_name": NAMES[application.status]}
        told["kind_name"] = NEEDS[application.kind].name
        for name in ApplicationView.model_fields.keys() - told.keys():
            told[name] = getattr(application, name)
        return cls(**told)


class EventView(Answer):
    """One thing that happened, to which version."""

    at: datetime
    actor: str
    action: str
    status: str
    note: str | None
    revision: int


class PieceView(Answer):
    """A piece of evidence. ``name``: the code of an attachment, empty for what there is one of. ``sha256``:
    hexadecimal."""

    kind: str
    name: str
    sha256: str
    media_type: str


class AttachmentView(Answer):
    """What the product asks for beside the form, and whether it is there."""

    code: str
    name: str
    required: bool
    note: str
    sha256: str | None


class WantedView(Answer):
    """What an operator wants to have again or in addition; ``title``: how people call it."""

    kind: EvidenceKind
    name: str = Field(description="The code of an attachment, empty for what there is one of")
    title: str = Field(examples=["营业执照照片"])


class DossierView(ApplicationView):
    """An application with its history. The digests are SHA-256, hexadecimal; absent pieces are null."""

    product_name: str
    platform_name: str
    term: str
    fee_fen: int
    legal_person: str | None
    holder_name: str
    holder_phone: str
    department: str | None
    permissions: list[str]
    grounds: str | None
    licence_sha256: str | None
    form_sha256: str | None
    signed_form_sha256: str | None
    paper_form_sha256: str | None
    letter_sha256: str | None
    signed_letter_sha256: str | None
    signature_sha256: str | None
    attachments: list[AttachmentView]
    events: list[EventView]
    wanted: list[WantedView] = Field(description="What is to be added, while it is `returned`")

    @classmethod
    def of_dossier(cls, dossier: Dossier) -> Self:
        """The view of a dossier."""
        application, product = dossier.application, dossier.product
        of_product: dict[str, Any] = {
            "product_name": product.name,
            "platform_name": product.platform_name,
            "term": product.term,
            "fee_fen": product.fee_fen,
        }
        names = ("legal_person", "holder_name", "department", "grounds")
        of_application: dict[str, Any] = {name: getattr(application, name) for name in names}
        return cls(
            **ApplicationView.of(application).model_dump(),
            **of_product,
            **of_application,
            holder_phone=application.holder_phone,
            permissions=list(application.permissions),
            **_digests(dossier.pieces),
            attachments=_attachments(dossier),
            events=[EventView.model_validate(event) for event in dossier.events],
            wanted=_wanted(dossier),
        )


class VersionView(Answer):
    """What one version said, and its evidence."""

    revision: int
    created_at: datetime
    product: str
    product_name: str
    term: str
    enterprise_name: str | None
    credit_code: str | None
    legal_person: str | None
    holder_name: str
    department: str | None
    permissions: list[str]
    grounds: str | None
    pieces: list[PieceView]

    @classmethod
    def of(cls, kept: KeptVersion) -> Self:
        """The view of a version."""
        own = cls.model_fields.keys() - {"product_name", "term", "pieces", "permissions"}
        told: dict[str, Any] = {name: getattr(kept.version, name) for name in own}
        told["permissions"] = list(kept.version.permissions)
        pieces = [PieceView.model_validate(one) for one in kept.pieces]
        return cls(**told, product_name=kept.product.name, term=kept.product.term, pieces=pieces)


class AskingView(Answer):
    """A clerk who asks the administrator. Phone and identity number are masked."""

    id: str
    status: str
    status_name: str
    enterprise_name: str | None
    credit_code: str | None
    applicant_name: str
    applicant_phone: str
    applicant_id_number: str
    department: str | None
    permissions: list[str]
    product_name: str
    platform_name: str
    term: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, asking: Asking) -> Self:
        """The view of an application that waits for consent."""
        known, product = asking.application, asking.product
        return cls(
            id=known.id,
            status=known.status,
            status_name=NAMES[known.status],
            enterprise_name=known.enterprise_name,
            credit_code=known.credit_code,
            applicant_name=known.holder_name,
            applicant_phone=mask_phone(known.holder_phone),
            applicant_id_number=asking.id_number,
            department=known.department,
            permissions=list(known.permissions),
            product_name=product.name,
            platform_name=product.platform_name,
            term=product.term,
            created_at=known.created_at,
            updated_at=known.updated_at,
        )


class PictureKept(Answer):
    """SHA-256 of the picture as it is kept (upright, re-encoded), hexadecimal."""

    sha256: str


class SignatureView(Answer):
    """A picture of a signature that may be chosen: PNG with transparent ground, in base 64. ``written``: cut
    out of the photo (手写签名), else made of the name (生成签名)."""

    sha256: str
    written: bool
    png: str

    @classmethod
    def of(cls, choice: SignatureChoice) -> Self:
        """The view of a choice."""
        return cls(sha256=choice.sha256, written=choice.written, png=b64encode(choice.png).decode())


class StatusView(Answer):
    """Where an application stands now."""

    id: str
    status: str
    status_name: str

    @classmethod
    def at(cls, application_id: str, status: Status) -> Self:
        """The view of a status."""
        return cls(id=application_id, status=status, status_name=NAMES[status])


class SigningAddressView(Answer):
    """Type the address into the PC's browser, then the code."""

    address: str
    code: str
    expires_at: datetime


class ClaimedPcView(Answer):
    """The PC that opened the address and knew the code. ``number``: two digits that it shows too;
    ``program``: what it says of itself; ``confirmed``: whether the phone said yes to it."""

    number: str
    program: str
    confirmed: bool


class SigningStateView(Answer):
    """Where the signing on the PC stands. ``openings``: how many browsers opened the address.

    ``pc``: the one that waits for the phone's yes, or has it, null before.
    ``result``: SHA-256 of the signed form once the status is ``complete``; ``failure``: a stable code;
    ``reason``: what the lock's holder said to a refusal.
    """

    status: str
    openings: int
    tries: int
    pc: ClaimedPcView | None
    failure: str | None
    reason: str | None
    result: str | None
    expires_at: datetime


def _digests(pieces: list[Piece]) -> dict[str, Any]:
    there = {one.kind: one.sha256 for one in pieces if not one.name}
    kinds = [kind for kind in EvidenceKind if kind is not EvidenceKind.ATTACHMENT]
    return {f"{kind.replace('-', '_')}_sha256": there.get(kind) for kind in kinds}


def _wanted(dossier: Dossier) -> list[WantedView]:
    attachments = {one.code: one.name for one in dossier.product.attachments}
    return [
        WantedView(
            kind=one.kind, name=one.name, title=attachments.get(one.name) or TITLES.get(one.kind, one.name)
        )
        for one in dossier.wanted
    ]


def _attachments(dossier: Dossier) -> list[AttachmentView]:
    if not NEEDS[dossier.application.kind].attachments:
        return []
    there = {one.name: one.sha256 for one in dossier.pieces if one.kind is EvidenceKind.ATTACHMENT}
    return [
        AttachmentView(
            code=one.code, name=one.name, required=one.required, note=one.note, sha256=there.get(one.code)
        )
        for one in dossier.product.attachments
    ]
