"""A certificate at a moment: does it lead to a root that the verifier trusts, and was it in force then?

Paths are pyHanko's (RFC 5280, section 6, judged by NIST's PKITS), with SM2 by our own check of values.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from asn1crypto import x509 as asn1
from cryptography import x509
from pyhanko_certvalidator import ValidationContext, find_valid_path
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    ValidationError,
)
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)

from ca.documents.verification.model import CertificateFacts, CertificateState, Problem, Standing
from ca.documents.verification.revocation import Revocations, Word
from ca.documents.verification.signature_values import VALUES, Unknown, is_right
from ca.documents.verification.trust import Trust

log = logging.getLogger(__name__)

_ORGANISATION_IDENTIFIER: Final = "2.5.4.97"
_REGISTER_PREFIX: Final = "NTRCN-"
_NO_REVOCATION: Final = CertRevTrustPolicy(
    RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
)
_HELD: Final = "certificateHold"


@dataclass(frozen=True, slots=True)
class Judged:
    """``path`` from the certificate to a root; empty for none. ``problem``: why it is not in force."""

    state: CertificateState
    path: tuple[Any, ...]
    problem: Problem | None
    revocation_checked: bool


class Certificates:
    """What one verification knows: the trust that was given, and what documents carry besides."""

    def __init__(
        self, trust: Trust, others: Iterable[Any] = (), revocations: Revocations | None = None
    ) -> None:
        self._roots = [asn1.Certificate.load(one) for one in trust.roots]
        given = [asn1.Certificate.load(one) for one in trust.intermediates]
        self._others = [*given, *_issued_below([*self._roots, *given], others)]
        self._revocations = revocations or Revocations(trust.lists, trust.answers)
        self._paths: dict[tuple[bytes, datetime], tuple[tuple[Any, ...], Problem | None]] = {}

    def judge(self, certificate: Any, at: datetime) -> Judged:
        """A certificate at a moment, with every certificate between it and the root."""
        path, problem = self._path(certificate, at)
        if not path:
            standing = {
                Problem.CERTIFICATE_EXPIRED: Standing.EXPIRED,
                Problem.CERTIFICATE_NOT_YET_VALID: Standing.NOT_YET_VALID,
            }.get(problem or Problem.CERTIFICATE_UNTRUSTED, Standing.UNTRUSTED)
            return Judged(CertificateState(at, standing), (), problem, False)
        return self._with_revocation(path, at)

    def is_trusted(self, certificate: Any, at: datetime) -> bool:
        """Whether it leads to a root and was in force at a moment, as far as is known."""
        return self.judge(certificate, at).problem in (None, Problem.REVOCATION_UNKNOWN)

    def words(self, path: tuple[Any, ...]) -> list[list[Word]]:
        """What is known of each certificate of a path but the root."""
        return [self._revocations.words(one, issuer) for one, issuer in pairwise(path)]

    def _with_revocation(self, path: tuple[Any, ...], at: datetime) -> Judged:
        state, problem, checked = CertificateState(at, Standing.IN_FORCE), None, True
        for number, words in enumerate(self.words(path)):
            speaking = [one for one in words if one.speaks_of(at)]
            revoked = next((one for one in reversed(words) if _revoked_by(one, at)), None)
            newest = speaking[-1] if speaking else None
            if revoked is not None and not _released(revoked, words):
                return _revoked(path, at, revoked, is_own=number == 0)
            if newest is None and self._revocations.lists_of(path[number + 1]):
                problem = Problem.REVOCATION_UNKNOWN
            if number == 0:
                checked = newest is not None
                if newest is not None:
                    state = CertificateState(at, Standing.IN_FORCE, newest.source, newest.given)
        return Judged(state, path, problem, checked)

    def _path(self, certificate: Any, at: datetime) -> tuple[tuple[Any, ...], Problem | None]:
        key = (certificate.dump(), at)
        if key not in self._paths:
            self._paths[key] = self._find_path(certificate, at)
        return self._paths[key]

    def _find_path(self, certificate: Any, at: datetime) -> tuple[tuple[Any, ...], Problem | None]:
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=self._others,
            moment=at,
            revinfo_policy=_NO_REVOCATION,
            signature_validator=VALUES,
        )
        try:
            paths = context.path_builder.async_build_paths_lazy(certificate)
            found = asyncio.run(find_valid_path(certificate, paths, context))
        except Exception as error:  # hostile certificates meet a reader's every exception
            log.info("no path: %s", error)
            return (), _problem(error)
        return tuple(reversed(list(found.iter_certs(include_root=True)))), None


def _issued_below(authorities: Iterable[Any], carried: Iterable[Any]) -> list[Any]:
    """Of the certificates that a document carries, those issued by ``authorities`` or by CAs below them.

    Paths are looked for by names alone, and strangers may name each other in a circle: with ten of them there
    are millions of ways, all of which would be walked. Each is verified once for each namesake of its issuer.
    """
    by_issuer: dict[str, list[Any]] = {}
    for one in carried:
        with suppress(Exception):  # a name that cannot be read leads nowhere
            by_issuer.setdefault(one.issuer.hashable, []).append(one)
    found: list[Any] = []
    waiting = list(authorities)
    while waiting:
        issuer = waiting.pop()
        alike = by_issuer.get(issuer.subject.hashable, [])
        issued = [one for one in alike if _is_issued_by(one, issuer)]
        by_issuer[issuer.subject.hashable] = [one for one in alike if one not in issued]
        found += issued
        waiting += [one for one in issued if _is_ca(one)]  # subscribers could make circles too
    return found


def _is_issued_by(one: Any, issuer: Any) -> bool:
    value, signed = one["signature_value"].native, one["tbs_certificate"].dump()
    try:
        return is_right(value, signed, issuer.public_key, one["signature_algorithm"])
    except Unknown:
        return False


def _is_ca(one: Any) -> bool:
    try:
        return bool(one.ca)
    except Exception:  # an extension that cannot be read
        return False


def _problem(error: Exception) -> Problem:
    if isinstance(error, PathBuildingError):
        return Problem.ISSUER_UNTRUSTED
    if isinstance(error, NotYetValidError):
        return Problem.CERTIFICATE_NOT_YET_VALID
    if isinstance(error, ExpiredError):
        return Problem.CERTIFICATE_EXPIRED
    if isinstance(error, DisallowedAlgorithmError):
        return Problem.ALGORITHM_WEAK
    return Problem.CERTIFICATE_UNTRUSTED if isinstance(error, ValidationError) else Problem.ISSUER_UNTRUSTED


def _revoked_by(word: Word, at: datetime) -> bool:
    return word.revoked_at is not None and word.revoked_at <= at


def _released(revoked: Word, words: list[Word]) -> bool:
    """Whether a certificate that was on hold was released later: only a newer word than that says so."""
    return revoked.reason == _HELD and words[-1].given > revoked.given and words[-1].revoked_at is None


def _revoked(path: tuple[Any, ...], at: datetime, word: Word, *, is_own: bool) -> Judged:
    held = word.reason == _HELD
    standing = (Standing.SUSPENDED if held else Standing.REVOKED) if is_own else Standing.ISSUER_REVOKED
    problem = {
        Standing.SUSPENDED: Problem.CERTIFICATE_SUSPENDED,
        Standing.REVOKED: Problem.CERTIFICATE_REVOKED,
    }.get(standing, Problem.ISSUER_REVOKED)
    state = CertificateState(at, standing, word.source, word.given, word.revoked_at, word.reason)
    return Judged(state, path, problem, True)


def facts(certificate: Any) -> CertificateFacts:
    """Who a certificate (asn1crypto's) names."""
    names = {one["type"].dotted: one["value"].native for rdn in certificate.subject.chosen for one in rdn}
    return CertificateFacts(
        subject=subject_of(certificate),
        common_name=str(names.get("2.5.4.3", "")),
        organisation=str(names.get("2.5.4.10", "")),
        credit_code=str(names.get(_ORGANISATION_IDENTIFIER, "")).removeprefix(_REGISTER_PREFIX),
        issuer=_name_of(certificate, "issuer"),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
        der=certificate.dump(),
    )


def subject_of(certificate: Any) -> str:
    """As RFC 4514 writes it; empty for a certificate that cannot be read."""
    return _name_of(certificate, "subject")


def _name_of(certificate: Any, whose: str) -> str:
    try:
        found = x509.load_der_x509_certificate(certificate.dump())
        return str(getattr(found, whose).rfc4514_string())
    except ValueError:
        return ""


def may_sign_documents(certificate: Any) -> bool:
    """RFC 5280, section 4.2.1.3: without the extension the key is not restricted."""
    usage = certificate.key_usage_value
    return usage is None or bool({"digital_signature", "non_repudiation"} & usage.native)
