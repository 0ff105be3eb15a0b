"""What is known of a file with a signature beside it. Codes and words are those of signatures in PDFs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ca.documents.verification import judging, words
from ca.documents.verification.model import (
    CertificateFacts,
    CertificateState,
    SealReport,
    TimeStampReport,
    Verdict,
)
from ca.documents.verification.telling import (
    codes_json,
    facts_json,
    seal_json,
    stamp_json,
    state_json,
    time_json,
)


@dataclass(frozen=True, slots=True)
class SignerReport:
    """One signer. ``intact``: digest and signature hold for the file. ``problems``: codes, the gravest first.

    ``then``: the certificate when it signed, by proof or else by claim; ``now``: at the verifier's moment.
    ``level``: of ETSI EN 319 122-1, None for a CMS that is no CAdES.
    """

    certificate: CertificateFacts | None = None
    claimed_at: datetime | None = None
    proven_at: datetime | None = None
    algorithms: tuple[str, str] | None = None
    intact: bool = False
    then: CertificateState | None = None
    now: CertificateState | None = None
    time_stamps: tuple[TimeStampReport, ...] = ()
    level: str | None = None
    seal: SealReport | None = None
    problems: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What it is worth."""
        return judging.verdict(self.problems)


@dataclass(frozen=True, slots=True)
class FileReport:
    """All signers of a file, as things stand ``at`` a moment."""

    at: datetime
    signers: tuple[SignerReport, ...]

    @property
    def verdict(self) -> Verdict:
        """A file is worth what its worst signature is worth."""
        return judging.worst(one.verdict for one in self.signers)


def to_json(report: FileReport) -> dict[str, Any]:
    """For programs and pages."""
    return {
        "verdict": report.verdict.value,
        "message": words.VERDICTS[report.verdict],
        "note": words.VERDICT_NOTES[report.verdict],
        "verified_at": time_json(report.at),
        "signatures": [_signer(one) for one in report.signers],
    }


def _signer(one: SignerReport) -> dict[str, Any]:
    algorithms = one.algorithms and {"digest": one.algorithms[0], "signature": one.algorithms[1]}
    return {
        "verdict": one.verdict.value,
        "message": words.VERDICTS[one.verdict],
        "problems": codes_json(one.problems),
        "signer": facts_json(one.certificate) if one.certificate else None,
        "seal": seal_json(one.seal) if one.seal else None,
        "claimed_at": time_json(one.claimed_at),
        "proven_at": time_json(one.proven_at),
        "algorithms": algorithms,
        "intact": one.intact,
        "certificate_then": state_json(one.then) if one.then else None,
        "certificate_now": state_json(one.now) if one.now else None,
        "time_stamps": [stamp_json(stamp) for stamp in one.time_stamps],
        "level": str(one.level) if one.level else None,
    }
