"""Reports on files with a signature beside them, and on OFD documents, as JSON."""

from __future__ import annotations

from datetime import datetime

from api.verification.schemas import (
    AlgorithmsView,
    CertificateStateView,
    CodeView,
    SealView,
    SignerView,
    StampView,
)
from api.wire import Answer
from ca.documents.levels import Level
from ca.documents.verification.model import Verdict


class _SignedView(Answer):
    verdict: Verdict
    message: str
    problems: list[CodeView]
    signer: SignerView | None
    seal: SealView | None
    claimed_at: datetime | None
    proven_at: datetime | None
    algorithms: AlgorithmsView | None
    intact: bool
    certificate_then: CertificateStateView | None
    certificate_now: CertificateStateView | None
    time_stamps: list[StampView]


class FileSignatureView(_SignedView):
    """One signer of a file. ``claimed_at``: by the signer alone; ``proven_at``: by a time stamp."""

    level: Level | None


class FileView(Answer):
    """What is known of a file and the signature beside it. ``note``: what to do with the verdict."""

    verdict: Verdict
    message: str
    note: str
    verified_at: datetime
    signatures: list[FileSignatureView]


class AppearanceView(Answer):
    """Where the seal shows: the identifier of a page, and left, top, width and height in mm."""

    page: str
    boundary_mm: list[float]


class OfdSignatureView(_SignedView):
    """One signature of an OFD document. ``changed_files``: other than when it was signed, or gone;
    ``added_files``: covered neither by it nor brought by a later signature; 200 of each at most."""

    id: str
    covered_files: int
    changed_files: list[str]
    added_files: list[str]
    appearances: list[AppearanceView]


class OfdView(Answer):
    """What is known of an OFD document. ``note``: what to do with the verdict."""

    verdict: Verdict
    message: str
    note: str
    verified_at: datetime
    signatures: list[OfdSignatureView]
