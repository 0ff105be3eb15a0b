"""Whether a certificate leads to a trusted one and is in force, whatever its algorithms are: SM2 as well.

The path validation of RFC 5280, section 6, without policies and name constraints: a CA that depends on those
by a critical extension is not followed. pyHanko judges the signatures of PDFs and knows more, but not SM2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.signatures import check, spki_of
from ca.trust import is_complete_list, may_use

_LONGEST: Final = 8
_MOST_CHECKS: Final = 64
"""Signatures looked at for one answer: what a message carries may be made to cost."""
_PROCESSED: Final = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.CertificatePolicies,
)


def readable(encoded: bytes) -> x509.Certificate | None:
    """A certificate (DER) of which every field that is looked at here can be read; None of another.

    The library reads fields when they are asked for, and refuses then.
    """
    try:
        found = x509.load_der_x509_certificate(encoded)
        _ = (found.subject, found.issuer, found.serial_number, found.not_valid_before_utc)
        _ = (found.not_valid_after_utc, found.signature_algorithm_oid, *found.extensions)
    except ValueError:
        return None
    return found


class PathFault(StrEnum):
    """What is wrong with a certificate's standing, as stable codes."""

    UNTRUSTED = "issuer_untrusted"
    NOT_YET_VALID = "certificate_not_yet_valid"
    EXPIRED = "certificate_expired"
    REVOKED = "certificate_revoked"
    ISSUER_REVOKED = "issuer_revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """``chain``: from the certificate to a root, empty without one; ``fault``: None for a good one.

    ``revocation_checked``: a list of its issuer was at hand and in force.
    """

    chain: tuple[x509.Certificate, ...]
    fault: PathFault | None
    revocation_checked: bool


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots, and what helps to get there: other certificates and revocation lists, from anywhere."""

    roots: tuple[x509.Certificate, ...]
    others: tuple[x509.Certificate, ...] = ()
    lists: tuple[x509.CertificateRevocationList, ...] = ()

    def with_found(
        self,
        certificates: Iterable[x509.Certificate] = (),
        lists: Iterable[x509.CertificateRevocationList] = (),
    ) -> Trust:
        """The same roots, and what a message carries."""
        return replace(self, others=(*self.others, *certificates), lists=(*self.lists, *lists))

    def standing(self, certificate: x509.Certificate, at: datetime) -> Standing:
        """How ``certificate`` stood at ``at``. Without any list of its issuer revocation is not checked."""
        best = Standing((), PathFault.UNTRUSTED, False)
        if readable(certificate.public_bytes(Encoding.DER)) is None:
            return best
        for chain in _Search(self).chains(certificate):
            found = self._judge(chain, at)
            if found.fault is None:
                return found
            if not best.chain:
                best = found
        return best

    def _judge(self, chain: tuple[x509.Certificate, ...], at: datetime) -> Standing:
        listed = [self._revocation(one, issuer, at) for one, issuer in pairwise(chain)]
        checked = bool(listed) and listed[0] is not None
        faults = [_validity_fault(one, at) for one in chain]
        if any(listed[:1]):
            faults.append(PathFault.REVOKED)
        if any(listed[1:]):
            faults.append(PathFault.ISSUER_REVOKED)
        if not checked and len(chain) > 1 and self._named(chain[1]):
            faults.append(PathFault.REVOCATION_UNKNOWN)
        return Standing(chain, next((one for one in faults if one is not None), None), checked)

    def _revocation(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> bool | None:
        """Whether it was revoked at ``at``; None without a list that is the issuer's and in force."""
        lists = [one for one in self._named(issuer) if _is_list_of(one, issuer)]
        if any(_is_revoked(one, certificate, at) for one in lists):
            return True
        # RFC 5280, section 5.1.2.5: without nextUpdate nobody knows how long a list holds.
        fresh = any(one.next_update_utc is not None and at <= one.next_update_utc for one in lists)
        return False if fresh else None

    def _named(self, issuer: x509.Certificate) -> list[x509.CertificateRevocationList]:
        return [one for one in self.lists if one.issuer == issuer.subject]


class _Search:
    """Depth first; what it may cost is bounded."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._checks = 0

    def chains(self, certificate: x509.Certificate) -> Iterator[tuple[x509.Certificate, ...]]:
        if _is_followed(certificate):
            yield from self._beyond((certificate,))

    def _beyond(self, chain: tuple[x509.Certificate, ...]) -> Iterator[tuple[x509.Certificate, ...]]:
        if chain[-1] in self._trust.roots:
            yield chain
            return
        if len(chain) == _LONGEST:
            return
        for issuer in (*self._trust.roots, *self._trust.others):
            if issuer not in chain and self._issued(chain, issuer):
                yield from self._beyond((*chain, issuer))

    def _issued(self, chain: tuple[x509.Certificate, ...], issuer: x509.Certificate) -> bool:
        if chain[-1].issuer != issuer.subject or not _is_ca_above(chain, issuer):
            return False
        self._checks += 1
        return self._checks <= _MOST_CHECKS and _is_signed_by(chain[-1], issuer)


def _is_ca_above(chain: Sequence[x509.Certificate], issuer: x509.Certificate) -> bool:
    """Whether a CA's certificate allows it to stand above the chain (RFC 5280, section 6.1.4, k to n)."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    between = sum(1 for one in chain[1:] if one.issuer != one.subject)
    short = constraints.path_length is None or between <= constraints.path_length
    return constraints.ca and short and may_use(issuer, "key_cert_sign") and _is_followed(issuer)


def _is_followed(certificate: x509.Certificate) -> bool:
    try:
        extensions = list(certificate.extensions)
    except ValueError:
        return False
    return all(isinstance(one.value, _PROCESSED) for one in extensions if one.critical)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    return _is_good(
        issuer,
        certificate.signature_algorithm_oid,
        certificate.signature,
        certificate.tbs_certificate_bytes,
    )


def _is_list_of(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    if not (may_use(issuer, "crl_sign") and is_complete_list(found)):
        return False
    return _is_good(issuer, found.signature_algorithm_oid, found.signature, found.tbs_certlist_bytes)


def _is_good(
    issuer: x509.Certificate, algorithm: x509.ObjectIdentifier, signature: bytes, signed: bytes
) -> bool:
    try:
        check(spki_of(issuer.public_bytes(Encoding.DER)), algorithm.dotted_string, signature, signed)
    except (SignatureMismatch, SigningKeyRefused):
        return False
    return True


def _is_revoked(found: x509.CertificateRevocationList, certificate: x509.Certificate, at: datetime) -> bool:
    entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return entry is not None and entry.revocation_date_utc <= at


def _validity_fault(certificate: x509.Certificate, at: datetime) -> PathFault | None:
    if at < certificate.not_valid_before_utc:
        return PathFault.NOT_YET_VALID
    return PathFault.EXPIRED if at > certificate.not_valid_after_utc else None
