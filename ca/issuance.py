"""Issuing a certificate in two strokes, so that nothing signed is ever forgotten.

``prepare`` builds the to-be-signed certificate, has it judged unsigned, and writes the intent with its serial
number to the ledger in a transaction of its own. Only then does ``complete`` let the token sign, and the
certificate is recorded. A crash between the two leaves an intent. ``settle`` gives such intents up after a
while: the serial number is spent and goes on the revocation list, and the request may be made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.exc import IntegrityError

from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal
from ca.authorities import Authorities, IssuingAuthority
from ca.distinguished import Subject, SubjectFacts, credit_code_of
from ca.errors import (
    CaError,
    InvalidCreditCode,
    KeyTaken,
    LintFailed,
    ProfileRefused,
    ProfileUnknown,
    RequestConflict,
    RequestInProgress,
    SubjectRefused,
)
from ca.hierarchy import algorithm_name, spki
from ca.key_quality import KeyWeak, check_key
from ca.ledger import Entry, KeyUse, Ledger, State
from ca.lint import Linter
from ca.profiles.model import CertificateProfile
from ca.status import COMPROMISE
from ca.tbs import KeyIds, Validity, builder, sign_unsigned, unsigned_certificate
from hsm import PublicKey

REFUSALS: Final = (
    InvalidCreditCode,
    KeyTaken,
    KeyWeak,
    LintFailed,
    ProfileRefused,
    ProfileUnknown,
    RequestConflict,
    SubjectRefused,
)
"""What a request is refused for, whenever it is made again; anything else may pass."""

_SIGNERS: Final = 2
# Longer than any signature may take; an older intent belongs to a caller that is gone.
_LEASE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class IssuanceRequest:
    """What is to be certified.

    ``request_id``: the caller's own name for the request, at most 80 characters. Asking twice under one name
    gives one certificate. ``subject``: facts of which the profile makes the name, or the subject of the
    certificate that is renewed. ``validity_days``: the profile's default for None. ``authority``: the key
    identifier of the CA that must sign (hexadecimal); None for the one that is active.
    """

    request_id: str
    profile: str
    subject: SubjectFacts | Subject
    public_key: PublicKey
    validity_days: int | None = None
    replaces: int | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A certificate that passed the linter and is in the ledger as an intent; good for one ``complete``."""

    entry: Entry
    unsigned: x509.Certificate
    issuing: IssuingAuthority


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that is signed and recorded, with its issuers up to the root."""

    serial: int
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


class Issuer:
    """Issues under the active CA of ``authorities``. Safe for many threads.

    ``id_salt``: keys the digests of identity numbers in subjects. ``on_issued``: is told the profile of every
    certificate that was recorded. ``blocked_keys``: digests of keys that are publicly known. ``journal``: is
    told what was refused, and why; what was issued the ledger tells it.
    """

    def __init__(
        self,
        authorities: Authorities,
        profiles: Mapping[str, CertificateProfile],
        ledger: Ledger,
        linter: Linter,
        clock: Callable[[], datetime],
        id_salt: bytes = b"",
        on_issued: Callable[[str], None] | None = None,
        blocked_keys: Collection[str] = frozenset(),
        journal: Journal | None = None,
    ) -> None:
        self._authorities = authorities
        self._profiles = profiles
        self._ledger = ledger
        self._linter = linter
        self._clock = clock
        self._id_salt = id_salt
        self._on_issued = on_issued
        self._blocked_keys = blocked_keys
        self._journal = journal

    def issue(self, request: IssuanceRequest) -> IssuedCertificate:
        """Both strokes. A request that was served before gets the certificate it got then.

        Raises ProfileUnknown, ProfileRefused, SubjectRefused, KeyTaken, KeyWeak, LintFailed, RequestConflict,
        RequestInProgress, HsmError.
        """
        return self.issue_together([request])[0]

    def issue_together(self, requests: Sequence[IssuanceRequest]) -> list[IssuedCertificate]:
        """Certificates that belong together, such as a signing and an encryption certificate: one durable
        intent for all, one record for all. Each request that was served before gets what it got then.

        Raises as ``issue`` does; then none of them was recorded by this call.
        """
        try:
            return self._issue_together(requests)
        except REFUSALS as refused:
            self._tell(requests[0], refused)
            raise

    def _tell(self, request: IssuanceRequest, refused: CaError) -> None:
        """The request id names an application or an enrolment: no personal data."""
        if self._journal is not None:
            detail = {"profile": request.profile}
            self._journal.record(
                Event(Action.CERTIFICATE_ISSUED, request.request_id, Outcome.REFUSED, refused.code, detail)
            )

    def _issue_together(self, requests: Sequence[IssuanceRequest]) -> list[IssuedCertificate]:
        try:
            return self.complete_many(self.prepare_many(requests))
        except IntegrityError:
            # The ledger has one living certificate a request; nothing was signed for this call.
            known = [self._ledger.find_by_request(request.request_id) for request in requests]
        served = {
            request.request_id: self._again(request, entry)
            for request, entry in zip(requests, known, strict=True)
            if entry is not None and not self._gave_up(entry)
        }
        missing = [request for request in requests if request.request_id not in served]
        made = self.complete_many(self.prepare_many(missing)) if missing else []
        served |= {request.request_id: issued for request, issued in zip(missing, made, strict=True)}
        return [served[request.request_id] for request in requests]

    def subject_of(self, profile: str, facts: SubjectFacts) -> x509.Name:
        """The name that a certificate will have. Raises ProfileUnknown, SubjectRefused, InvalidCreditCode."""
        known = self._profiles.get(profile)
        if known is None:
            raise ProfileUnknown(f"no profile {profile!r}")
        return Subject.of_facts(known, facts, self._id_salt).name

    def rehearse(self, requests: Sequence[IssuanceRequest]) -> None:
        """All that is asked before an intent is written, and nothing written: for keys that another device
        offers long before they are certified. Raises as ``issue``."""
        prepared = [self._build(request, self._clock()) for request in requests]
        self._check_blocked(prepared)
        self._ledger.judge_keys([one.entry for one in prepared], _judge_uses)

    def settle(self) -> list[Entry]:
        """Give up the intents that no running caller can still complete; returns them for the operator."""
        left = self._ledger.unsettled(self._clock() - _LEASE)
        return [entry for entry in left if self._ledger.abandon(entry.serial, self._clock())]

    def prepare(self, request: IssuanceRequest) -> Prepared:
        """First stroke: build, lint, write the intent. Nothing is signed."""
        return self.prepare_many([request])[0]

    def prepare_many(self, requests: Sequence[IssuanceRequest]) -> list[Prepared]:
        """First stroke for several requests, with one durable write; all or none."""
        now = self._clock()
        prepared = [self._build(request, now) for request in requests]
        self._check_blocked(prepared)
        self._ledger.intend([one.entry for one in prepared], _judge_uses)
        return prepared

    def complete(self, prepared: Prepared) -> IssuedCertificate:
        """Second stroke: sign on the token what was linted, and record it."""
        return self.complete_many([prepared])[0]

    def complete_many(self, prepared: Sequence[Prepared]) -> list[IssuedCertificate]:
        """Second stroke for several, with one durable write."""
        signed = self._sign(prepared)
        recorded = [(one.serial_number, one.public_bytes(Encoding.DER)) for one in signed]
        self._ledger.record(recorded, self._clock())
        for one in prepared:
            if self._on_issued is not None:
                self._on_issued(one.entry.profile)
        return [_issued(one.issuing, found) for one, found in zip(prepared, signed, strict=True)]

    def _sign(self, prepared: Sequence[Prepared]) -> list[x509.Certificate]:
        def sign(one: Prepared) -> x509.Certificate:
            return sign_unsigned(one.unsigned, one.issuing.authority.key)

        if len(prepared) == 1:
            return [sign(prepared[0])]
        # The token signs several at once; more threads than that only wait for each other.
        with ThreadPoolExecutor(_SIGNERS) as signers:
            return list(signers.map(sign, prepared))

    def _build(self, request: IssuanceRequest, now: datetime) -> Prepared:
        profile = self._profile(request)
        subject = self._subject(profile, request)
        issuing = self._issuing(request)
        issuer_key = issuing.authority.key.public_key()
        check_key(request.public_key)
        # 159 random bits, positive: far above the 64 that the CA/Browser Forum asks for.
        serial = x509.random_serial_number()
        shard = issuing.shard_of(serial)
        made = builder(
            profile,
            subject.name,
            request.public_key,
            issuing.authority.certificate.subject,
            issuer_key,
            serial,
            _validity(profile, request.validity_days, issuing, now),
            issuing.pointers(shard),
            subject.extensions(),
            KeyIds(issuer=issuing.authority.key_id),
        )
        unsigned = unsigned_certificate(made, issuer_key)
        self._linter.check(unsigned, _shape(profile, subject, request, unsigned))
        return Prepared(_entry(request, issuing, shard, unsigned, now), unsigned, issuing)

    def _issuing(self, request: IssuanceRequest) -> IssuingAuthority:
        if request.authority is None:
            return self._authorities.active()
        return self._authorities.find(request.authority)

    def _subject(self, profile: CertificateProfile, request: IssuanceRequest) -> Subject:
        if isinstance(request.subject, Subject):
            return request.subject
        return Subject.of_facts(profile, request.subject, self._id_salt)

    def _check_blocked(self, prepared: Sequence[Prepared]) -> None:
        if any(one.entry.key_digest in self._blocked_keys for one in prepared):
            raise KeyWeak("the private key is publicly known")

    def _profile(self, request: IssuanceRequest) -> CertificateProfile:
        profile = self._profiles.get(request.profile)
        if profile is None:
            raise ProfileUnknown(f"no profile {request.profile!r}")
        if profile.is_ca:
            raise ProfileRefused("certificates of CAs are made in a ceremony")
        algorithm = algorithm_name(request.public_key)
        if algorithm not in profile.key_algorithms:
            raise ProfileRefused(f"{profile.name} takes no {algorithm} keys")
        days_of(profile, request.validity_days)
        return profile

    def _again(self, request: IssuanceRequest, known: Entry) -> IssuedCertificate:
        subject = self._subject(self._profile(request), request).name.rfc4514_string()
        asked = (request.profile, key_digest(request.public_key), subject)
        if (known.profile, known.key_digest, known.subject) != asked:
            raise RequestConflict(f"request {request.request_id} was for another subject, key or profile")
        if known.state is State.ISSUED:
            return _issued(self._authorities.find(known.issuer), known.certificate)
        raise RequestInProgress(f"request {request.request_id} is being served")

    def _gave_up(self, known: Entry) -> bool:
        now = self._clock()
        lapsed = known.state is State.INTENDED and known.prepared_at < now - _LEASE
        return lapsed and self._ledger.abandon(known.serial, now)


def _judge_uses(uses: Sequence[KeyUse]) -> None:
    """One key, one subject, one profile; and never again after a compromise. Raises KeyTaken."""
    first: dict[str, tuple[str, str]] = {}
    for known in uses:
        if known.reason in COMPROMISE:
            raise KeyTaken("a certificate of this key was revoked because the key is compromised")
        use = (known.subject, known.profile)
        if first.setdefault(known.key_digest, use) != use:
            raise KeyTaken("the key is in a certificate of another subject or kind")


def _validity(
    profile: CertificateProfile, days: int | None, issuing: IssuingAuthority, now: datetime
) -> Validity:
    # Relying parties' clocks run behind: a certificate begins a little before it is made.
    begin = (now - profile.backdate).replace(microsecond=0)
    # A certificate that outlives its issuer cannot be verified to its end (RFC 5280, section 6.1.3).
    last = issuing.authority.certificate.not_valid_after_utc
    end = min(begin + timedelta(days=days_of(profile, days)), last)
    if end <= now:
        raise ProfileRefused("the issuing CA's own certificate has expired")
    return Validity(begin, end)


def days_of(profile: CertificateProfile, asked: int | None) -> int:
    """The validity in days; the profile's default for None. Raises ProfileRefused."""
    days = profile.default_days if asked is None else asked
    if not profile.min_days <= days <= profile.max_days:
        raise ProfileRefused(f"{profile.name} is valid for {profile.min_days} to {profile.max_days} days")
    return days


def _shape(
    profile: CertificateProfile, subject: Subject, request: IssuanceRequest, unsigned: x509.Certificate
) -> Hashable:
    """All that the builder is given but values: see ``ca.lint``."""
    # The year decides between UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5).
    late = unsigned.not_valid_after_utc.year >= 2050
    attributes = tuple(attribute.oid for attribute in subject.name)
    extensions = tuple(extension.oid for extension in unsigned.extensions)
    return profile.name, attributes, extensions, algorithm_name(request.public_key), late


def _entry(
    request: IssuanceRequest,
    issuing: IssuingAuthority,
    shard: int,
    unsigned: x509.Certificate,
    now: datetime,
) -> Entry:
    return Entry(
        serial=unsigned.serial_number,
        request_id=request.request_id,
        issuer=issuing.key_id,
        profile=request.profile,
        subject=unsigned.subject.rfc4514_string(),
        key_digest=key_digest(request.public_key),
        state=State.INTENDED,
        tbs=unsigned.tbs_certificate_bytes,
        der=None,
        not_before=unsigned.not_valid_before_utc,
        not_after=unsigned.not_valid_after_utc,
        prepared_at=now,
        replaces=request.replaces,
        crl_shard=shard,
        credit_code=credit_code_of(unsigned),
    )


def _issued(issuing: IssuingAuthority, certificate: x509.Certificate) -> IssuedCertificate:
    chain = (issuing.authority.certificate, *issuing.authority.chain)
    return IssuedCertificate(certificate.serial_number, certificate, chain)


def key_digest(public_key: PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, in hexadecimal: how the ledger knows a key again."""
    return hashlib.sha256(spki(public_key)).hexdigest()
