"""What is known of an OFD document's signatures. Codes and words are those of PDFs, and a few of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ca.documents.verification import judging, words
from ca.documents.verification.model import (
    CertificateFacts,
    CertificateState,
    SealReport,
    TimeStampReport,
    Verdict,
)
from ca.documents.verification.telling import facts_json, seal_json, stamp_json, state_json, time_json
from ca.ofd.appearance import Appearance


class OfdProblem(StrEnum):
    """What is wrong with a signature of an OFD document and cannot be wrong with one of a PDF."""

    UNREADABLE = "ofd_signature_unreadable"
    DIGEST_UNKNOWN = "ofd_digest_unknown"
    FILES_CHANGED = "ofd_files_changed"
    FILES_ADDED = "ofd_files_added"
    SEAL_DIFFERS = "ofd_seal_differs"


WORDS: Final[dict[str, str]] = words.PROBLEMS | {
    OfdProblem.UNREADABLE: "签名数据缺失、已损坏或无法识别",
    OfdProblem.DIGEST_UNKNOWN: "文件摘要算法不受支持或已不安全",
    OfdProblem.FILES_CHANGED: "签章之后，包内有文件被修改或删除",
    OfdProblem.FILES_ADDED: "包内有不受该签名保护的文件",
    OfdProblem.SEAL_DIFFERS: "印章文件与签章数据中的印章不一致",
}
_ORDER: Final = (Verdict.VALID, Verdict.ATTENTION, Verdict.UNDETERMINED, Verdict.INVALID)
_NAMED: Final = 200  # files that a report names at most, of a kind
_BROKEN: Final = frozenset(
    {
        *(
            OfdProblem.UNREADABLE,
            OfdProblem.DIGEST_UNKNOWN,
            OfdProblem.FILES_CHANGED,
            OfdProblem.SEAL_DIFFERS,
        ),
        *("stamp_signature_wrong", "stamp_of_other_document", "seal_algorithm_unknown"),
        *("signature_broken", "digest_differs", "certificate_differs", "algorithm_unknown", "unreadable"),
    }
)
"""Of these, one alone says that what was signed is not what is there, or that nobody can tell."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """``files``: whose digests a signature has; ``changed``, ``missing``: those that are other or gone;
    ``added``: files that neither it nor a later signature brought."""

    files: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfdSignature:
    """One signature; ``path``: of its Signature.xml. ``problems``: codes, the gravest first.

    ``signed_at`` is the signer's word, ``proven_at`` that of a trusted time stamp. ``then``: the certificate
    when it signed, by proof or else by claim; ``now``: at the verifier's moment.
    """

    id: str
    path: str
    coverage: Coverage = Coverage()
    appearances: tuple[Appearance, ...] = ()
    certificate: CertificateFacts | None = None
    seal: SealReport | None = None
    signed_at: datetime | None = None
    proven_at: datetime | None = None
    algorithms: tuple[str, str] | None = None
    then: CertificateState | None = None
    now: CertificateState | None = None
    time_stamps: tuple[TimeStampReport, ...] = ()
    problems: tuple[str, ...] = ()

    def but(self, **known: Any) -> OfdSignature:
        """The same with more known of it."""
        return replace(self, **known)

    @property
    def verdict(self) -> Verdict:
        """What it is worth."""
        return judging.worst(_severity(one) for one in self.problems)

    @property
    def intact(self) -> bool:
        """What it covers is as it was, and the signature holds, whoever made it."""
        return not _BROKEN.intersection(self.problems)


@dataclass(frozen=True, slots=True)
class OfdReport:
    """All signatures of a package, in their order, as things stand ``at`` a moment."""

    at: datetime
    signatures: tuple[OfdSignature, ...]

    @property
    def verdict(self) -> Verdict:
        """A document is worth what its worst signature is worth."""
        if not self.signatures:
            return Verdict.UNSIGNED
        return judging.worst(one.verdict for one in self.signatures)


def by_gravity(problems: Iterable[str]) -> tuple[str, ...]:
    """Each once, the gravest first."""
    return tuple(sorted(dict.fromkeys(map(str, problems)), key=lambda one: -_ORDER.index(_severity(one))))


def to_json(report: OfdReport) -> dict[str, Any]:
    """For programs and pages; times in RFC 3339, sizes in mm."""
    return {
        "verdict": report.verdict.value,
        "message": words.VERDICTS[report.verdict],
        "note": words.VERDICT_NOTES[report.verdict],
        "verified_at": time_json(report.at),
        "signatures": [_signature(one) for one in report.signatures],
    }


def _signature(one: OfdSignature) -> dict[str, Any]:
    algorithms = one.algorithms and {"digest": one.algorithms[0], "signature": one.algorithms[1]}
    return {
        "id": one.id,
        "verdict": one.verdict.value,
        "message": words.VERDICTS[one.verdict],
        "problems": [{"code": code, "message": WORDS[code]} for code in one.problems],
        "signer": facts_json(one.certificate) if one.certificate else None,
        "seal": seal_json(one.seal) if one.seal else None,
        "claimed_at": time_json(one.signed_at),
        "proven_at": time_json(one.proven_at),
        "algorithms": algorithms,
        "intact": one.intact,
        "covered_files": len(one.coverage.files),
        "changed_files": [*one.coverage.changed, *one.coverage.missing][:_NAMED],
        "added_files": list(one.coverage.added[:_NAMED]),
        "appearances": [
            {"page": shown.page, "boundary_mm": list(shown.boundary)} for shown in one.appearances
        ],
        "certificate_then": state_json(one.then) if one.then else None,
        "certificate_now": state_json(one.now) if one.now else None,
        "time_stamps": [stamp_json(stamp) for stamp in one.time_stamps],
    }


def _severity(code: str) -> Verdict:
    return judging.SEVERITIES.get(code, Verdict.INVALID)
