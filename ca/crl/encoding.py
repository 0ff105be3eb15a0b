"""Writing a list: its frame by ``cryptography``, its entries by hand.

A list of 100,000 entries is written in a fraction of a second; building it entry by entry takes many times
as long, for the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.hierarchy import Authority, sign_with
from ca.lint import check_list
from ca.tbs import filler_key

REMOVE: Final = "remove_from_crl"
_REASON: Final = "2.5.29.21"
_INVALIDITY_DATE: Final = "2.5.29.24"
_JUDGED_ENTRIES: Final = 8

# CRLReason (RFC 5280, section 5.3.1) by the names of ``x509.ReasonFlags``; unspecified is left out.
REASON_CODES: Final = {
    "key_compromise": 1,
    "ca_compromise": 2,
    "affiliation_changed": 3,
    "superseded": 4,
    "cessation_of_operation": 5,
    "certificate_hold": 6,
    REMOVE: 8,
    "privilege_withdrawn": 9,
    "aa_compromise": 10,
}


class Listed(NamedTuple):
    """An entry. ``reason``: as ``x509.ReasonFlags`` names it, or ``remove_from_crl`` on a delta list."""

    serial: int
    at: datetime
    reason: str
    invalidity_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list covers and what goes with it.

    ``distribution_point``: the list's own URL, where it is one of several (IssuingDistributionPoint).
    ``freshest``: the URL of its delta lists. ``base_number``: makes it a delta list to that complete one.
    """

    distribution_point: str | None = None
    freshest: str | None = None
    base_number: int | None = None


def sign_crl(
    authority: Authority,
    revoked: Iterable[tuple[int, datetime, str]],
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> x509.CertificateRevocationList:
    """A complete list of everything its CA revoked: (serial, time, reason) each."""
    listed = (Listed(*one) for one in revoked)
    return x509.load_der_x509_crl(sign_list(authority, listed, number, this_update, next_update))


def sign_list(
    authority: Authority,
    listed: Iterable[Listed],
    number: int,
    this_update: datetime,
    next_update: datetime,
    scope: Scope = Scope(),
) -> bytes:
    """A list in DER. It is judged by pkilint before the token signs. Raises LintFailed, HsmError."""
    begin, algorithm = _frame(authority, number, this_update, next_update, scope)
    entries = [_entry(one) for one in listed]
    check_list(_whole(_tbs(begin, entries[:_JUDGED_ENTRIES]), algorithm, b"\0" * 64))
    tbs = _tbs(begin, entries)
    return _whole(tbs, algorithm, sign_with(authority.key, tbs))


def _frame(
    authority: Authority, number: int, this_update: datetime, next_update: datetime, scope: Scope
) -> tuple[list[der.Element], bytes]:
    """The elements of a to-be-signed list without entries, and the signature algorithm."""
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.AuthorityKeyIdentifier(authority.key_id, None, None), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    if scope.base_number is not None:
        made = made.add_extension(x509.DeltaCRLIndicator(scope.base_number), critical=True)
    elif scope.freshest is not None:
        made = made.add_extension(x509.FreshestCRL([_point(scope.freshest)]), critical=False)
    if scope.distribution_point is not None:
        made = made.add_extension(_own_point(scope.distribution_point), critical=True)
    empty = made.sign(filler_key(authority.key.public_key()), authority.digest)
    tbs, algorithm, _ = der.read(empty.public_bytes(Encoding.DER)).children()
    return tbs.children(), algorithm.whole


def _tbs(frame: list[der.Element], entries: list[bytes]) -> bytes:
    # revokedCertificates stands before the extensions and is absent when empty (RFC 5280, 5.1.2.6).
    *before, extensions = (part.whole for part in frame)
    return der.sequence(*before, *([der.sequence(*entries)] if entries else []), extensions)


def _whole(tbs: bytes, algorithm: bytes, signature: bytes) -> bytes:
    return der.sequence(tbs, algorithm, der.bits(signature))


def _entry(one: Listed) -> bytes:
    serial, at, reason, invalidity_date = one
    extensions = _REASON_EXTENSIONS.get(reason, b"")
    if invalidity_date is not None:
        extensions += _extension(_INVALIDITY_DATE, der.generalized_time(invalidity_date))
    entry = der.integer(serial) + der.time(at.replace(microsecond=0))
    if extensions:
        entry += der.element(der.SEQUENCE, extensions)
    return der.element(der.SEQUENCE, entry)


def _extension(identifier: str, value: bytes) -> bytes:
    return der.sequence(der.identifier(identifier), der.octets(value))


_REASON_EXTENSIONS: Final = {
    name: _extension(_REASON, der.element(der.ENUMERATED, bytes((code,))))
    for name, code in REASON_CODES.items()
}


def _point(url: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)


def _own_point(url: str) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
