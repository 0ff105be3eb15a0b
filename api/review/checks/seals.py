"""Checks of the signatures on form and letter. Pure."""

from __future__ import annotations

from api.review.checks.subject import Subject
from api.review.runs import Outcome, Result
from api.review.signatures import Finding, TrustedBy


def form_signature(seen: Subject) -> Result:
    """The form's seal, by a lock or by a certificate of this service."""
    return _judged("form_signature", "申请书", seen.form)


def letter_seal(seen: Subject) -> Result:
    """The seal of the enterprise on 授权书, by a certificate of this service."""
    return _judged("letter_seal", "授权书", seen.letter)


def _judged(code: str, paper: str, findings: list[Finding] | None) -> Result:
    if not findings:
        return Result(code, Outcome.FAILED, f"{paper}上没有电子签章")
    facts = {"seals": [_told(one) for one in findings]}
    if broken := next((one for one in findings if not one.valid), None):
        return Result(code, Outcome.FAILED, f"{paper}上的电子签章无效（{broken.problem}）", facts)
    by = "申请企业的 CA 锁" if findings[-1].trusted_by is TrustedBy.LOCK else "本机构颁发的证书"
    return Result(code, Outcome.PASSED, f"{paper}上的电子签章有效，由{by}签署", facts)


def _told(one: Finding) -> dict[str, str | bool | None]:
    return {"signer": one.signer, "trusted_by": one.trusted_by, "valid": one.valid, "problem": one.problem}
