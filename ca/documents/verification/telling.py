"""A report as JSON: codes for programs, and beside each code its words for people."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ca.documents.verification import words
from ca.documents.verification.model import (
    CertificateFacts,
    CertificateState,
    Change,
    DocumentReport,
    SealReport,
    SignatureReport,
    SignFound,
    TimeStampReport,
)


def to_json(report: DocumentReport) -> dict[str, Any]:
    """Times are RFC 3339 in UTC; binary values base64."""
    return {
        "verdict": report.verdict.value,
        "message": words.VERDICTS[report.verdict],
        "note": words.VERDICT_NOTES[report.verdict],
        "sha256": report.sha256,
        "size": report.size,
        "pages": report.pages,
        "revisions": report.revisions,
        "verified_at": time_json(report.at),
        "signatures": [_signature(one) for one in report.signatures],
        "time_stamps": [stamp_json(one) for one in report.time_stamps],
        "warnings": [_sign(one) for one in report.warnings],
    }


def _signature(one: SignatureReport) -> dict[str, Any]:
    algorithms = one.algorithms and {"digest": one.algorithms[0], "signature": one.algorithms[1]}
    return {
        "field": one.field,
        "verdict": one.verdict.value,
        "message": words.VERDICTS[one.verdict],
        "problems": codes_json(one.problems),
        "signer": facts_json(one.certificate) if one.certificate else None,
        "seal": seal_json(one.seal) if one.seal else None,
        "page": one.page,
        "appearance": b64encode(one.appearance).decode(),
        "reason": one.reason,
        "claimed_at": time_json(one.claimed_at),
        "proven_at": time_json(one.proven_at),
        "algorithms": algorithms,
        "intact": one.intact,
        "coverage": one.coverage.value,
        "covered_bytes": one.covered,
        "revision": one.revision,
        "changes_since": [_change(change) for change in one.changes],
        "certification": one.certification,
        "certificate_then": state_json(one.then) if one.then else None,
        "certificate_now": state_json(one.now) if one.now else None,
        "time_stamps": [stamp_json(stamp) for stamp in one.time_stamps],
        "level": one.level.value if one.level else None,
    }


def facts_json(one: CertificateFacts) -> dict[str, Any]:
    """Whom a certificate names."""
    return {
        "subject": one.subject,
        "common_name": one.common_name,
        "organisation": one.organisation,
        "credit_code": one.credit_code,
        "issuer": one.issuer,
        "serial": one.serial,
        "not_before": time_json(one.not_before),
        "not_after": time_json(one.not_after),
        "certificate": b64encode(one.der).decode(),
    }


def seal_json(one: SealReport) -> dict[str, Any]:
    """An electronic seal."""
    return {
        "id": one.id,
        "name": one.name,
        "type": one.type,
        "version": one.version,
        "maker": one.maker,
        "valid_from": time_json(one.starts),
        "valid_until": time_json(one.ends),
        "picture_format": one.picture_format,
        "picture": b64encode(one.picture).decode(),
        "width_mm": one.width_mm,
        "height_mm": one.height_mm,
        "faults": codes_json(one.faults),
    }


def state_json(one: CertificateState) -> dict[str, Any]:
    """A certificate at a moment."""
    return {
        "at": time_json(one.at),
        "standing": one.standing.value,
        "message": words.STANDINGS[one.standing],
        "source": one.source.value if one.source else None,
        "as_of": time_json(one.as_of),
        "revoked_at": time_json(one.revoked_at),
        "reason": one.reason,
    }


def stamp_json(one: TimeStampReport) -> dict[str, Any]:
    """A time stamp."""
    return {
        "at": time_json(one.at),
        "authority": one.authority,
        "over_document": one.over_document,
        "trusted": one.trusted,
        "problems": codes_json(one.problems),
    }


def codes_json(codes: Iterable[str]) -> list[dict[str, str]]:
    """Problems, each with its words."""
    return [{"code": one, "message": words.PROBLEMS[one]} for one in codes]


def _change(one: Change) -> dict[str, Any]:
    return {"kind": one.kind.value, "message": words.CHANGES[one.kind], "where": list(one.where)}


def _sign(one: SignFound) -> dict[str, Any]:
    return {"code": one.sign.value, "message": words.SIGNS[one.sign], "where": list(one.where)}


def time_json(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    if at is None:
        return None
    # A claim without a zone (a PDF date may lack one) is taken as UTC.
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
