"""What a verification says: the report of a document and of each signature in it, as data.

Independent of who issued the certificates. ``words`` says all of it in Chinese, ``telling`` as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ca.documents.levels import Level


class Verdict(StrEnum):
    """In one word, worst last but one: a document is worth what its worst signature is worth."""

    VALID = "valid"
    ATTENTION = "attention"  # valid, and there is something a reader should know
    UNDETERMINED = "undetermined"  # whole, but nobody here can vouch for it
    INVALID = "invalid"
    UNSIGNED = "unsigned"


class Problem(StrEnum):
    """What is wrong with a signature, as stable codes. ``judging.SEVERITIES`` says how bad each is."""

    UNREADABLE = "unreadable"
    CONTENTS_MISSING = "contents_missing"
    BYTE_RANGE_MISSING = "byte_range_missing"
    BYTE_RANGE_WRONG = "byte_range_wrong"
    COVERAGE_UNCLEAR = "coverage_unclear"
    FORMAT_UNKNOWN = "format_unknown"
    DIGEST_DIFFERS = "digest_differs"
    SIGNATURE_BROKEN = "signature_broken"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_DIFFERS = "certificate_differs"
    ALGORITHM_UNKNOWN = "algorithm_unknown"
    ALGORITHM_WEAK = "algorithm_weak"
    MODIFIED_SINCE = "modified_since"
    CERTIFICATION_VIOLATED = "certification_violated"
    LOCK_VIOLATED = "lock_violated"
    TRAILING_BYTES = "trailing_bytes"
    FORM_FILLED_SINCE = "form_filled_since"
    ANNOTATED_SINCE = "annotated_since"
    ISSUER_UNTRUSTED = "issuer_untrusted"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_NOT_FOR_SIGNING = "certificate_not_for_signing"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_REVOKED_SINCE = "certificate_revoked_since"
    CERTIFICATE_SUSPENDED = "certificate_suspended"
    ISSUER_REVOKED = "issuer_revoked"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_EXPIRED_SINCE = "certificate_expired_since"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    REVOCATION_UNKNOWN = "revocation_unknown"
    REVOCATION_UNCHECKED = "revocation_unchecked"
    TIME_STAMP_WRONG = "time_stamp_wrong"
    SEAL_MALFORMED = "seal_malformed"


class Sign(StrEnum):
    """What a document shows that may deceive, before or beside any signature: signs of shadow attacks."""

    UNREFERENCED_PAGES = "unreferenced_pages"
    UNREFERENCED_CONTENT = "unreferenced_content"
    DUPLICATE_OBJECTS = "duplicate_objects"
    UNLISTED_OBJECTS = "unlisted_objects"
    TRAILING_BYTES = "trailing_bytes"
    COVERED_CONTENT = "covered_content"
    ANNOTATION_COVERS = "annotation_covers_content"
    HIDDEN_ANNOTATION = "hidden_annotation"
    HIDDEN_LAYERS = "hidden_layers"
    FIELD_DIFFERS = "field_differs_from_value"
    APPEARANCE_LEFT_OPEN = "appearance_left_to_viewer"
    ACTIVE_CONTENT = "active_content"
    EXTERNAL_CONTENT = "external_content"
    SIGNATURE_OUTSIDE_FORM = "signature_outside_form"
    NOT_INSPECTED = "not_inspected"


class Changed(StrEnum):
    """What was added or altered after a signature."""

    SIGNATURES = "signatures"
    TIME_STAMPS = "time_stamps"
    VALIDATION_DATA = "validation_data"
    FIELDS_FILLED = "fields_filled"
    FIELDS_ADDED = "fields_added"
    ANNOTATIONS = "annotations"
    PAGES = "pages"
    PAGE_CONTENT = "page_content"
    FONTS = "fonts"
    METADATA = "metadata"
    DOCUMENT_SETTINGS = "document_settings"
    UNUSED_OBJECTS = "unused_objects"
    REMOVED_OBJECTS = "removed_objects"
    BYTES_OUTSIDE = "bytes_outside"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """``where``: field names, or page numbers as people count them."""

    kind: Changed
    where: tuple[str, ...] = ()


class Standing(StrEnum):
    """What a certificate is at a moment."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    ISSUER_REVOKED = "issuer_revoked"
    UNTRUSTED = "untrusted"  # no path to a root that the verifier trusts


class Source(StrEnum):
    """Where the word on revocation came from."""

    CRL = "crl"
    OCSP = "ocsp"


@dataclass(frozen=True, slots=True)
class CertificateState:
    """A certificate at a moment. ``as_of``: when the newest word on revocation was given; None: none was."""

    at: datetime
    standing: Standing
    source: Source | None = None
    as_of: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None  # RFC 5280, section 5.3.1, as cryptography names it


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Who a certificate names. ``serial``: hexadecimal; ``organisation``, ``credit_code``: where named."""

    subject: str
    common_name: str
    organisation: str
    credit_code: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    der: bytes


@dataclass(frozen=True, slots=True)
class TimeStampReport:
    """An RFC 3161 token in a signature, or over the document. ``trusted``: it proves ``at``."""

    at: datetime
    authority: str
    over_document: bool
    trusted: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SealReport:
    """The electronic seal that a signature was made with (GB/T 38540). ``faults``: codes of ``Fault``.

    ``picture``: PNG for a page to show, empty where the format is of another kind; sizes in mm.
    """

    id: str
    name: str
    type: int
    version: int
    maker: str
    starts: datetime
    ends: datetime
    picture_format: str
    picture: bytes
    width_mm: int
    height_mm: int
    faults: tuple[str, ...] = ()


class Coverage(StrEnum):
    """Which bytes a signature covers: the file, the file as it was then, or no whole version of it."""

    FILE = "file"
    REVISION = "revision"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What is known of one signature.

    ``page``: where its appearance is, as people count; None for an invisible one. ``appearance``: what is
    seen of it there, PNG; empty for none. ``covered``: how many of
    the file's bytes it covers, from the first one, all but its own value. ``algorithms``: digest and
    signature. ``certification``: 1 no changes, 2 forms, 3 annotations too; None for an approval signature.
    ``then``: the certificate when it signed, by proof or else by claim; ``now``: at the verifier's moment.
    """

    field: str
    certificate: CertificateFacts | None
    page: int | None
    appearance: bytes
    reason: str
    claimed_at: datetime | None
    proven_at: datetime | None
    algorithms: tuple[str, str] | None
    coverage: Coverage
    covered: int
    revision: int
    intact: bool
    changes: tuple[Change, ...]
    certification: int | None
    then: CertificateState | None
    now: CertificateState | None
    time_stamps: tuple[TimeStampReport, ...]
    level: Level | None
    seal: SealReport | None
    problems: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SignFound:
    """A sign of deceit, and where: page numbers, names, or a count."""

    sign: Sign
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What is known of a document. ``signatures`` oldest first; ``time_stamps``: those over the document."""

    sha256: str
    size: int
    pages: int
    revisions: int
    at: datetime
    verdict: Verdict
    signatures: tuple[SignatureReport, ...]
    time_stamps: tuple[TimeStampReport, ...]
    warnings: tuple[SignFound, ...]
