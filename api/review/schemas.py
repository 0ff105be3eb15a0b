"""Review, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from api.applications.evidence import EvidenceKind, Piece
from api.applications.schemas import ApplicationView, EventView
from api.review.claims import Claim
from api.review.queue import Count, Queued
from api.review.runs import Outcome, Run
from api.review.service.case import CaseFile, VersionFile
from api.review.signatures import TrustedBy
from api.wire import Answer


class ClaimView(Answer):
    """Who has a case, and until when unless an act of theirs renews it."""

    operator: str
    claimed_at: datetime
    expires_at: datetime


class QueuedView(ApplicationView):
    """An application in a queue. ``claim``: null while nobody has it."""

    claim: ClaimView | None

    @classmethod
    def of_queued(cls, queued: Queued) -> Self:
        """The view of a row."""
        return cls(**ApplicationView.of(queued.application).model_dump(), claim=claim_view(queued.claim))


class CountView(Answer):
    """A queue's length. ``more``: it is longer, and was not counted further."""

    number: int
    more: bool


class CountsView(Answer):
    """The queues' lengths by name: a status, ``status.kind``, ``status.unassigned``, or ``mine``."""

    queues: dict[str, CountView]

    @classmethod
    def of(cls, counts: dict[str, Count]) -> Self:
        """The view of all."""
        return cls(queues={name: CountView.model_validate(one) for name, one in counts.items()})


class SealOnForm(Answer):
    """One signature on form or letter. ``problem``: a stable code, null when nothing is wrong.
    ``trusted_by``: lock CAs, this service's own CAs, or null for a signer that nobody here knows."""

    signer: str
    valid: bool
    problem: str | None
    trusted_by: TrustedBy | None
    credit_code: str | None
    signed_at: datetime | None


class EvidenceView(Answer):
    """A piece of evidence. ``link``: where its content is; opening it is in the journal."""

    kind: str
    name: str
    sha256: str
    media_type: str
    link: str


class CheckView(Answer):
    """What one machine check says. ``code`` is stable; ``facts`` depend on it."""

    code: str
    outcome: Outcome
    zh: str
    facts: dict[str, Any]


class RunView(Answer):
    """A run of the checks. ``version``: of the checks; ``asked_by``: null where the submission asked."""

    revision: int
    asked_by: str | None
    version: int
    done_at: datetime
    results: list[CheckView]


class VersionView(Answer):
    """One version: particulars (numbers masked), evidence, signatures and checks."""

    revision: int
    created_at: datetime
    product_name: str
    platform_name: str
    authority_name: str
    term: str
    particulars: dict[str, str | None]
    evidence: list[EvidenceView]
    seals: list[SealOnForm]
    checks: RunView | None

    @classmethod
    def of_version(cls, application_id: str, one: VersionFile) -> Self:
        """The view of a version."""
        product, number = one.product, one.version.revision
        return cls(
            revision=number,
            created_at=one.version.created_at,
            product_name=product.name,
            platform_name=product.platform_name,
            authority_name=product.authority_name,
            term=product.term,
            particulars=dict(one.told.shown),
            evidence=[_piece(application_id, number, piece) for piece in one.pieces],
            seals=[SealOnForm.model_validate(finding) for finding in one.signatures],
            checks=run_view(one.run),
        )


class DifferenceView(Answer):
    """What is another in version ``revision``. Of evidence, SHA-256 digests are told."""

    revision: int
    field: str
    name: str
    before: str | None
    after: str | None


class PaymentView(Answer):
    """The order that counts."""

    id: str
    status: str
    amount_fen: int
    created_at: datetime
    paid_at: datetime | None
    refunded_at: datetime | None


class RealNameView(Answer):
    """The applicant's real-name check. ``matches``: name and number are the application's."""

    method: str
    provider: str | None
    reference: str | None
    answer_digest: str | None
    verified_at: datetime
    expires_at: datetime
    matches: bool


class EnterpriseView(Answer):
    """The enterprise as registered here, with up to 20 of its members in force."""

    credit_code: str
    name: str
    legal_person: str | None
    administrator_id: int
    since: datetime
    members: list[dict[str, Any]]


class CertificateView(Answer):
    """A certificate of the same enterprise or person."""

    serial: str
    application_id: str
    enterprise_name: str | None
    issued_at: datetime
    usable: bool
    revoked: bool


class WantedPiece(Answer):
    """What was asked for when the version before was returned. ``name``: the code of an attachment."""

    kind: EvidenceKind
    name: str


class CaseView(ApplicationView):
    """Everything an operator judges by. Numbers are masked; see ``reveal``. Fields at the top are of the
    version that is judged; ``versions`` has each, ``differences`` what changed."""

    approvals: int
    claim: ClaimView | None
    product_name: str
    platform_name: str
    term: str
    legal_person: str | None
    legal_person_id: str | None
    holder_name: str
    holder_id: str
    holder_phone: str
    licence_sha256: str | None
    signed_form_sha256: str | None
    paper_form_sha256: str | None
    seals: list[SealOnForm]
    checks: RunView | None
    wanted: list[WantedPiece]
    versions: list[VersionView]
    differences: list[DifferenceView]
    events: list[EventView]
    payment: PaymentView | None
    real_name: RealNameView | None
    enterprise: EnterpriseView | None
    applications: list[ApplicationView]
    certificates: list[CertificateView]

    @classmethod
    def of_case(cls, case: CaseFile) -> Self:
        """The view of a case."""
        current, shown = case.current, case.current.told.shown
        versions = [VersionView.of_version(case.application.id, one) for one in case.versions]
        digests = {one.kind: one.sha256 for one in current.pieces if not one.name}
        personal = ("legal_person", "legal_person_id", "holder_name", "holder_id", "holder_phone")
        told: dict[str, Any] = {name: shown[name] for name in personal}
        return cls(
            **ApplicationView.of(case.application).model_dump(),
            **told,
            approvals=case.approvals,
            claim=claim_view(case.claim),
            product_name=current.product.name,
            platform_name=current.product.platform_name,
            term=current.product.term,
            licence_sha256=digests.get(EvidenceKind.LICENCE),
            signed_form_sha256=digests.get(EvidenceKind.SIGNED_FORM),
            paper_form_sha256=digests.get(EvidenceKind.PAPER_FORM),
            seals=versions[-1].seals,
            checks=versions[-1].checks,
            wanted=[WantedPiece.model_validate(one) for one in case.wanted],
            versions=versions,
            differences=[DifferenceView.model_validate(one) for one in case.differences],
            events=[EventView.model_validate(event) for event in case.events],
            payment=None if case.order is None else PaymentView.model_validate(case.order),
            real_name=None if case.real_name is None else RealNameView.model_validate(case.real_name),
            enterprise=None if case.enterprise is None else EnterpriseView.model_validate(case.enterprise),
            applications=[ApplicationView.of(one) for one in case.applications],
            certificates=[CertificateView.model_validate(one) for one in case.certificates],
        )


class RevealedView(Answer):
    """Numbers as they are; who asked is in the journal."""

    holder_id: str
    holder_phone: str
    legal_person_id: str | None


def claim_view(claim: Claim | None) -> ClaimView | None:
    """The view of a claim, if there is one."""
    return None if claim is None else ClaimView.model_validate(claim)


def run_view(run: Run | None) -> RunView | None:
    """The view of a run, if there is one."""
    return None if run is None else RunView.model_validate(run)


def _piece(application_id: str, revision: int, piece: Piece) -> EvidenceView:
    link = f"/v1/review/applications/{application_id}/versions/{revision}/evidence/{piece.kind}"
    if piece.name:
        link = f"{link}?{urlencode({'name': piece.name})}"
    return EvidenceView(
        kind=piece.kind, name=piece.name, sha256=piece.sha256, media_type=piece.media_type, link=link
    )
