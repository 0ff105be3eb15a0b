"""What the signatures on a form or a letter are worth: a lock's by the lock CAs, ours by our own CAs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from sqlalchemy import Connection

from api.applications.outward import CertificatesAtHand
from api.errors import NotFound
from ca.distinguished import credit_code_of
from ca.documents.verification import SignatureReport, verify_pdf
from ca.errors import CaError, LockRefused
from ca.trust import LockTrust

UNREADABLE: Final = "document_unreadable"
OTHER_ENTERPRISE: Final = "other_enterprise"
NOT_USABLE: Final = "certificate_not_usable"


class TrustedBy(StrEnum):
    """Whose certificate signed."""

    LOCK = "lock"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Finding:
    """One signature. ``problem``: a stable code, None when nothing is wrong. ``trusted_by``: None of a signer
    that nobody here knows. ``credit_code``: in the signer's certificate."""

    signer: str
    trusted_by: TrustedBy | None
    credit_code: str | None
    problem: str | None
    signed_at: datetime | None

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.problem is None


class Judge:
    """Judges signatures. ``lock_trust``, ``own``: as they are at this moment; both are asked each time."""

    def __init__(
        self,
        lock_trust: Callable[[], LockTrust],
        own: Callable[[], Sequence[x509.Certificate]],
        certificates: CertificatesAtHand,
    ) -> None:
        self._lock_trust = lock_trust
        self._own = own
        self._certificates = certificates

    def findings(self, tx: Connection, pdf: bytes, credit_code: str | None, at: datetime) -> list[Finding]:
        """Every signature of ``pdf``, which must be of this enterprise, if one is named."""
        locks, own = self._lock_trust(), self._own()
        names = {one.subject for one in own}
        try:
            by_lock = verify_pdf(pdf, locks.cas, (), locks.crls, at)
            by_own = verify_pdf(pdf, own, (), (), at)
        except CaError:
            return [Finding("", None, None, UNREADABLE, None)]
        return [
            self._issued_here(tx, second, credit_code)
            if not first.trusted and second.certificate is not None and second.certificate.issuer in names
            else self._lock(locks, first, credit_code, at)
            for first, second in zip(by_lock, by_own, strict=True)
        ]

    @staticmethod
    def _lock(locks: LockTrust, report: SignatureReport, credit_code: str | None, at: datetime) -> Finding:
        problem = report.problem
        if problem is None and report.certificate is not None and credit_code is not None:
            try:
                locks.check(report.certificate, at, credit_code)
            except LockRefused as refusal:
                problem = refusal.code
        return _finding(report, TrustedBy.LOCK if report.trusted else None, problem)

    def _issued_here(self, tx: Connection, report: SignatureReport, credit_code: str | None) -> Finding:
        problem = report.problem
        if problem is None and report.certificate is not None:
            problem = self._standing(tx, report.certificate, credit_code)
        return _finding(report, TrustedBy.OWN, problem)

    def _standing(self, tx: Connection, certificate: x509.Certificate, credit_code: str | None) -> str | None:
        try:
            held = self._certificates.find(tx, f"{certificate.serial_number:x}")
        except NotFound:
            return NOT_USABLE
        if credit_code is not None and held.credit_code != credit_code:
            return OTHER_ENTERPRISE
        return None if held.usable else NOT_USABLE


def _finding(report: SignatureReport, by: TrustedBy | None, problem: str | None) -> Finding:
    code = None if report.certificate is None else credit_code_of(report.certificate)
    return Finding(report.signer, by, code, problem, report.signed_at)
