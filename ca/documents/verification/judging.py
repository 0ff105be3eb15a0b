"""From findings to a verdict: what each problem means for somebody who must rely on the document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ca.documents.verification.certificates import Judged
from ca.documents.verification.changes import Permission, Since
from ca.documents.verification.model import Changed, Problem, TimeStampReport, Verdict
from ca.seals.objects.verification import Fault

_ORDER: Final = (Verdict.VALID, Verdict.ATTENTION, Verdict.UNDETERMINED, Verdict.INVALID)
SEVERITIES: Final[dict[str, Verdict]] = {
    **{one.value: Verdict.INVALID for one in (*Problem, *Fault)},
    Problem.FORMAT_UNKNOWN: Verdict.UNDETERMINED,
    Problem.ALGORITHM_UNKNOWN: Verdict.UNDETERMINED,
    Problem.ALGORITHM_WEAK: Verdict.UNDETERMINED,
    Problem.ISSUER_UNTRUSTED: Verdict.UNDETERMINED,
    Problem.CERTIFICATE_UNTRUSTED: Verdict.UNDETERMINED,
    Problem.CERTIFICATE_REVOKED_SINCE: Verdict.UNDETERMINED,
    Problem.CERTIFICATE_EXPIRED_SINCE: Verdict.UNDETERMINED,
    Problem.REVOCATION_UNKNOWN: Verdict.UNDETERMINED,
    Problem.REVOCATION_UNCHECKED: Verdict.ATTENTION,
    Problem.FORM_FILLED_SINCE: Verdict.ATTENTION,
    Problem.ANNOTATED_SINCE: Verdict.ATTENTION,
    Problem.TIME_STAMP_WRONG: Verdict.ATTENTION,
    Fault.MAKER_UNTRUSTED: Verdict.UNDETERMINED,
    Fault.ALGORITHM: Verdict.UNDETERMINED,
    Fault.EXTENSION: Verdict.UNDETERMINED,
}
"""Verdict on a signature by the code of each of its problems."""

_ANNOTATIONS: Final = 3  # the level of a certification that allows them too

_INTEGRITY: Final = frozenset(
    {Problem.DIGEST_DIFFERS, Problem.SIGNATURE_BROKEN, Problem.CERTIFICATE_DIFFERS, Problem.UNREADABLE}
)
_REVOKED: Final = frozenset(
    {Problem.CERTIFICATE_REVOKED, Problem.CERTIFICATE_SUSPENDED, Problem.ISSUER_REVOKED}
)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest; VALID for none."""
    return max(verdicts, key=_ORDER.index, default=Verdict.VALID)


def verdict(problems: Iterable[str]) -> Verdict:
    """On a signature with these problems."""
    return worst(SEVERITIES[one] for one in problems)


def by_gravity(problems: Iterable[str]) -> tuple[str, ...]:
    """Each once, the gravest first."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: -_ORDER.index(SEVERITIES[one])))


def certificate_problems(
    then: Judged, now: Judged, proven: datetime | None, claimed: datetime | None
) -> list[Problem]:
    """What speaks against a certificate that signed at ``then`` and is judged ``now``.

    A proven time counts alone. A claimed one may accuse, never excuse: whoever holds a key that was revoked
    or has expired can claim any time.
    """
    if proven is not None:
        return _with_checking(then)
    if now.problem is None:
        return _with_checking(now if then.problem is None else then)
    excused = claimed is not None and then.problem in (None, Problem.REVOCATION_UNKNOWN)
    if now.problem is Problem.CERTIFICATE_EXPIRED and (excused or claimed is None):
        return [Problem.CERTIFICATE_EXPIRED_SINCE]
    if now.problem in _REVOKED and excused:
        return [Problem.CERTIFICATE_REVOKED_SINCE]
    return [now.problem]


def stamp_problems(stamps: Iterable[TimeStampReport]) -> list[Problem]:
    """What speaks against a signature in its time stamps: a broken one; one of a stranger proves nothing."""
    broken = any(set(one.problems) & _INTEGRITY for one in stamps)
    return [Problem.TIME_STAMP_WRONG] if broken else []


def _with_checking(judged: Judged) -> list[Problem]:
    if judged.problem is not None:
        return [judged.problem]
    return [] if judged.revocation_checked else [Problem.REVOCATION_UNCHECKED]


def change_problems(since: Since, permission: Permission) -> list[Problem]:
    """What speaks against a signature in what came after it."""
    if since.allowed:
        filled = {Changed.FIELDS_FILLED, Changed.FIELDS_ADDED} & since.kinds
        return [Problem.FORM_FILLED_SINCE] if filled else []
    if permission.level is not None and permission.level >= _ANNOTATIONS and since.only_annotations:
        return [Problem.ANNOTATED_SINCE]
    if permission.certification is not None:
        return [Problem.CERTIFICATION_VIOLATED]
    if permission.lock is not None or permission.level is not None:
        return [Problem.LOCK_VIOLATED]
    return [Problem.MODIFIED_SINCE]
