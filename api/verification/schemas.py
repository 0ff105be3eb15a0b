"""The report of a document, as JSON. Every code comes with its Chinese words."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire import Answer
from ca.documents.levels import Level
from ca.documents.verification.model import Changed, Coverage, Sign, Source, Standing, Verdict


class CodeView(Answer):
    """A code, and what it says."""

    code: str
    message: str


class SignView(Answer):
    """A sign that a document may deceive. ``where``: pages, names, objects or a count."""

    code: Sign
    message: str
    where: list[str]


class ChangeView(Answer):
    """What was added or altered after a signature. ``where``: names of fields, or page numbers."""

    kind: Changed
    message: str
    where: list[str]


class SignerView(Answer):
    """Whom the signer's certificate names. ``serial``: hexadecimal; ``certificate``: DER in base64."""

    subject: str
    common_name: str
    organisation: str
    credit_code: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    certificate: str


class SealView(Answer):
    """The electronic seal. ``picture``: PNG in base64, empty where the seal has another kind of picture."""

    id: str
    name: str
    type: int
    version: int
    maker: str
    valid_from: datetime
    valid_until: datetime
    picture_format: str
    picture: str
    width_mm: int
    height_mm: int
    faults: list[CodeView]


class CertificateStateView(Answer):
    """The certificate at a moment. ``as_of``: when the word on revocation was given that this rests on."""

    at: datetime
    standing: Standing
    message: str
    source: Source | None
    as_of: datetime | None
    revoked_at: datetime | None
    reason: str | None


class StampView(Answer):
    """A time stamp (RFC 3161). ``trusted``: it proves that what it is over was there at ``at``."""

    at: datetime
    authority: str
    over_document: bool
    trusted: bool
    problems: list[CodeView]


class AlgorithmsView(Answer):
    """``digest``, ``signature``: names such as sha256, ecdsa, sm3, sm2."""

    digest: str
    signature: str


class SignatureView(Answer):
    """One signature. ``appearance``: what is seen of it on its page (PNG, base64); it proves nothing.

    ``claimed_at``: by the signer alone; ``proven_at``: by time stamps."""

    field: str
    verdict: Verdict
    message: str
    problems: list[CodeView]
    signer: SignerView | None
    seal: SealView | None
    page: int | None
    appearance: str
    reason: str
    claimed_at: datetime | None
    proven_at: datetime | None
    algorithms: AlgorithmsView | None
    intact: bool
    coverage: Coverage
    covered_bytes: int
    revision: int
    changes_since: list[ChangeView]
    certification: int | None = Field(description="1 no changes, 2 forms and signatures, 3 annotations too")
    certificate_then: CertificateStateView | None
    certificate_now: CertificateStateView | None
    time_stamps: list[StampView]
    level: Level | None


class DocumentView(Answer):
    """What is known of a document. ``note``: what to do with the verdict."""

    verdict: Verdict
    message: str
    note: str
    sha256: str
    size: int
    pages: int
    revisions: int
    verified_at: datetime
    signatures: list[SignatureView]
    time_stamps: list[StampView]
    warnings: list[SignView]
