"""Applications, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.applications.evidence import EvidenceKind
from api.applications.kinds import NEEDS
from api.applications.queries import Application
from api.applications.rules import NAMES
from api.applications.service import Dossier
from api.wire import Answer, Body


class ClaimedEnterprise(Body):
    """The enterprise as its licence names it."""

    name: str = Field(max_length=200, examples=["临沂阳光建设有限公司"])
    credit_code: str = Field(max_length=40, examples=["91371300MA3C0TEQ4M"])
    legal_person: str = Field(max_length=100, examples=["张三丰"])
    legal_person_id: str = Field(max_length=40, description="证件号码, 18 characters")


class AdministratorOfCertificate(Body):
    """Who administers the certificate; the phone is that of the session."""

    name: str = Field(max_length=100, examples=["李四光"])
    id_number: str = Field(max_length=40)


class NewApplication(Body):
    """An application for an enterprise certificate. ``product``: a code of the catalogue."""

    enterprise: ClaimedEnterprise
    administrator: AdministratorOfCertificate
    product: str = Field(max_length=40, examples=["linyi-enterprise-month"])


class ApplicationView(Answer):
    """An application in a list. ``reason``: why it was rejected."""

    id: str
    status: str
    status_name: str
    kind: str
    kind_name: str
    revision: int
    enterprise_name: str | None
    credit_code: str | None
    product: str
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, application: Application) -> Self:
        """The view of a row."""
        told: dict[str, Any] = {
            "status_name": NAMES[application.status],
            "kind_name": NEEDS[application.kind].name,
        }
        for name in ApplicationView.model_fields.keys() - told.keys():
            told[name] = getattr(application, name)
        return cls(**told)


class EventView(Answer):
    """One thing that happened."""

    at: datetime
    actor: str
    action: str
    status: str
    note: str | None
    revision: int


class DossierView(ApplicationView):
    """An application with its history. The digests are SHA-256, hexadecimal; absent pieces are null."""

    product_name: str
    platform_name: str
    term: str
    fee_fen: int
    legal_person: str | None
    holder_name: str
    holder_phone: str
    licence_sha256: str | None
    form_sha256: str | None
    signed_form_sha256: str | None
    paper_form_sha256: str | None
    events: list[EventView]

    @classmethod
    def of_dossier(cls, dossier: Dossier) -> Self:
        """The view of a dossier."""
        application, product = dossier.application, dossier.product
        return cls(
            **ApplicationView.of(application).model_dump(),
            product_name=product.name,
            platform_name=product.platform_name,
            term=product.term,
            fee_fen=product.fee_fen,
            legal_person=application.legal_person,
            holder_name=application.holder_name,
            holder_phone=application.holder_phone,
            licence_sha256=dossier.digests.get(EvidenceKind.LICENCE),
            form_sha256=dossier.digests.get(EvidenceKind.FORM),
            signed_form_sha256=dossier.digests.get(EvidenceKind.SIGNED_FORM),
            paper_form_sha256=dossier.digests.get(EvidenceKind.PAPER_FORM),
            events=[EventView.model_validate(event) for event in dossier.events],
        )


class PictureKept(Answer):
    """SHA-256 of the picture as it is kept (upright, re-encoded), hexadecimal."""

    sha256: str


class StatusView(Answer):
    """Where an application stands now."""

    id: str
    status: str
    status_name: str


class SigningAddressView(Answer):
    """Type the address into the PC's browser, then the code."""

    address: str
    code: str
    expires_at: datetime


class SigningStateView(Answer):
    """Where the signing on the PC stands. ``openings``: how many browsers opened the address.

    ``result``: SHA-256 of the signed form once the status is ``complete``; ``failure``: a stable code;
    ``reason``: what the lock's holder said to a refusal.
    """

    status: str
    openings: int
    tries: int
    failure: str | None
    reason: str | None
    result: str | None
    expires_at: datetime
