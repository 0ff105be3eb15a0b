"""Whether a certificate was revoked at a moment, from lists and OCSP answers at hand (RFC 5280, RFC 6960).

Only what its own issuer says counts: the list of that issuer, complete or for the certificate's own
distribution point; an answer of the issuer or of a responder that it certified. Lists by others are left out.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.x509 import ocsp

from ca.documents.verification.model import Source
from ca.documents.verification.signature_values import Unknown, is_right, is_weak

log = logging.getLogger(__name__)

_KNOWN_CRITICAL: Final = (x509.IssuingDistributionPoint, x509.CRLReason, x509.InvalidityDate)


@dataclass(frozen=True, slots=True)
class Word:
    """What one source says of one certificate. ``until``: when something newer was due."""

    source: Source
    given: datetime
    until: datetime | None
    revoked_at: datetime | None = None
    reason: str | None = None

    def speaks_of(self, at: datetime) -> bool:
        """Whether it tells what was so at a moment: given later, or not yet overtaken then."""
        return self.given >= at or (self.until is not None and at <= self.until)


class Revocations:
    """Everything at hand. Lists and answers are read once; what cannot be read is left out."""

    def __init__(self, lists: Iterable[bytes], answers: Iterable[bytes]) -> None:
        self._lists = [*_each(lists, x509.load_der_x509_crl, asn1_crl.CertificateList)]
        self._answers = [*_each(answers, ocsp.load_der_ocsp_response, asn1_ocsp.OCSPResponse)]
        self._signed: dict[tuple[int, bytes], bool] = {}

    def words(self, certificate: asn1.Certificate, issuer: asn1.Certificate) -> list[Word]:
        """What the issuer said of a certificate, at any time."""
        found: list[Word] = []
        for one, raw in self._lists:
            found += _readable(self._in_list(one, raw, certificate, issuer))
        for one, raw in self._answers:
            found += _readable(self._in_answer(one, raw, certificate, issuer))
        return sorted(found, key=lambda word: word.given)

    def lists_of(self, issuer: asn1.Certificate) -> bool:
        """Whether there is a list under the issuer's name, good or not: then a good one is due."""
        name = issuer.subject.dump()
        return any(_issuer_of(one) == name for one, _ in self._lists)

    def _in_list(
        self, one: Any, raw: Any, certificate: asn1.Certificate, issuer: asn1.Certificate
    ) -> Iterator[Word]:
        if one.issuer.public_bytes() != issuer.subject.dump() or not _covers(one, certificate):
            return
        if not self._is_by(raw, issuer, "crl_sign"):
            return
        entry = one.get_revoked_certificate_by_serial_number(certificate.serial_number)
        revoked = entry.revocation_date_utc if entry is not None else None
        reason = _reason(entry) if entry is not None else None
        if reason == "removeFromCRL":
            revoked = reason = None
        yield Word(Source.CRL, one.last_update_utc, one.next_update_utc, revoked, reason)

    def _is_by(self, raw: Any, issuer: asn1.Certificate, usage: str) -> bool:
        key = (id(raw), issuer.dump())
        if key not in self._signed:
            allowed = issuer.key_usage_value is None or usage in issuer.key_usage_value.native
            algorithm, spki = raw["signature_algorithm"], issuer.public_key
            value, data = raw["signature"].native, raw["tbs_cert_list"].dump()
            self._signed[key] = allowed and _is_signed(value, data, spki, algorithm)
        return self._signed[key]

    def _in_answer(
        self, one: Any, raw: Any, certificate: asn1.Certificate, issuer: asn1.Certificate
    ) -> Iterator[Word]:
        if one.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return
        singles = [single for single in one.responses if _is_of(single, certificate, issuer)]
        if not singles or not _is_answered_by(raw, issuer, one.produced_at_utc):
            return
        for single in singles:
            if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
                continue
            reason = single.revocation_reason
            yield Word(
                Source.OCSP,
                single.this_update_utc,
                single.next_update_utc or single.this_update_utc,
                single.revocation_time_utc,
                None if reason is None else str(reason.value),
            )


def _readable(words: Iterator[Word]) -> list[Word]:
    """Lists and answers are read while they are asked, and one that breaks then says nothing at all."""
    try:
        return list(words)
    except Exception as error:  # hostile structures meet a reader's every exception
        log.info("left out what cannot be read: %s", type(error).__name__)
        return []


def _each(encoded: Iterable[bytes], read: Any, kind: Any) -> Iterator[tuple[Any, Any]]:
    for der in dict.fromkeys(encoded):
        try:
            yield read(der), kind.load(der)
        except Exception as error:  # somebody's broken list hides no other
            log.info("left out what cannot be read: %s", error)


def _issuer_of(one: x509.CertificateRevocationList) -> bytes:
    try:
        return one.issuer.public_bytes()
    except ValueError:
        return b""


def _covers(one: x509.CertificateRevocationList, certificate: asn1.Certificate) -> bool:
    """Whether a list would name the certificate (RFC 5280, 5.2.5 and 6.3.3): not a delta, not of others."""
    try:
        extensions = list(one.extensions)
    except ValueError:
        return False
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            return False
        if isinstance(value, x509.IssuingDistributionPoint):
            if not _is_point_of(value, certificate):
                return False
        elif extension.critical and not isinstance(value, _KNOWN_CRITICAL):
            return False
    return True


def _is_point_of(point: x509.IssuingDistributionPoint, certificate: asn1.Certificate) -> bool:
    if point.only_contains_attribute_certs or point.indirect_crl or point.only_some_reasons is not None:
        return False
    if point.only_contains_ca_certs and not certificate.ca:
        return False
    if point.only_contains_user_certs and certificate.ca:
        return False
    if point.full_name is None:
        return point.relative_name is None
    named = {str(one.value) for one in point.full_name if isinstance(one, x509.UniformResourceIdentifier)}
    return bool(named & _points(certificate))


def _points(certificate: asn1.Certificate) -> set[str]:
    """Where the certificate says that its list is."""
    found = set()
    for point in certificate.crl_distribution_points:
        names = point["distribution_point"]
        for one in names.chosen if names.name == "full_name" else ():
            if one.name == "uniform_resource_identifier":
                found.add(str(one.native))
    return found


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return str(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value)
    except (x509.ExtensionNotFound, ValueError):
        return "unspecified"


def _is_signed(value: bytes, data: bytes, spki: Any, algorithm: Any) -> bool:
    try:
        return is_right(value, data, spki, algorithm) and not is_weak(_digest(algorithm), spki)
    except Unknown:
        return False


def _digest(algorithm: Any) -> str:
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return ""


def _is_of(single: Any, certificate: asn1.Certificate, issuer: asn1.Certificate) -> bool:
    """Whether an answer is of the certificate: serial, and both digests of its issuer (RFC 6960, 4.1.1)."""
    if single.serial_number != certificate.serial_number:
        return False
    name = single.hash_algorithm.name.replace("-", "_")
    key = bytes(issuer.public_key["public_key"])
    return bool(
        single.issuer_name_hash == hashlib.new(name, issuer.subject.dump(), usedforsecurity=False).digest()
        and single.issuer_key_hash == hashlib.new(name, key, usedforsecurity=False).digest()
    )


def _is_answered_by(raw: Any, issuer: asn1.Certificate, at: datetime) -> bool:
    """Whether the issuer signed, or a responder that it certified for that (RFC 6960, 4.2.2.2)."""
    basic = raw["response_bytes"]["response"].parsed
    algorithm, value = basic["signature_algorithm"], basic["signature"].native
    data = basic["tbs_response_data"].dump()
    for one in (issuer, *_responders(basic["certs"], issuer, at)):
        if _is_signed(value, data, one.public_key, algorithm):
            return True
    return False


def _responders(certificates: Any, issuer: asn1.Certificate, at: datetime) -> Sequence[asn1.Certificate]:
    return [
        one
        for one in certificates or ()
        if one.issuer.dump() == issuer.subject.dump()
        and one.extended_key_usage_value is not None
        and "ocsp_signing" in one.extended_key_usage_value.native
        and one.not_valid_before <= at <= one.not_valid_after
        and _is_signed(
            one["signature_value"].native,
            one["tbs_certificate"].dump(),
            issuer.public_key,
            one["signature_algorithm"],
        )
    ]
