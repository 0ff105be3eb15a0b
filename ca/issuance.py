"""Issuing a certificate in two strokes, so that nothing signed is ever forgotten.

``prepare`` builds the to-be-signed certificate, has it judged unsigned, and writes the intent with its serial
number to the ledger in a transaction of its own. Only then does ``complete`` let the token sign, and the
certificate is recorded. A crash between the two leaves an intent. ``settle`` gives such intents up after a
while: the serial number is spent and goes on the revocation list, and the request may be made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.exc import IntegrityError

from ca.distinguished import SubjectFields
from ca.errors import ProfileRefused, ProfileUnknown, RequestConflict, RequestInProgress
from ca.hierarchy import Authority, algorithm_name, spki
from ca.ledger import Entry, Ledger, State
from ca.lint import Linter
from ca.profiles import CertificateProfile
from ca.tbs import Pointers, Validity, builder, sign_unsigned, unsigned_certificate
from hsm import PublicKey

# Relying parties' clocks run behind: a certificate begins a little before it is made.
_BACKDATE: Final = timedelta(minutes=5)
_SIGNERS: Final = 2
# Longer than any signature may take; an older intent belongs to a caller that is gone.
_LEASE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class IssuanceRequest:
    """What is to be certified.

    ``request_id``: the caller's own name for the request, at most 80 characters. Asking twice under one
    name gives one certificate.
    """

    request_id: str
    profile: str
    subject: SubjectFields
    public_key: PublicKey
    validity_days: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A certificate that passed the linter and is in the ledger as an intent; good for one ``complete``."""

    entry: Entry
    unsigned: x509.Certificate


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that is signed and recorded, with its issuers up to the root."""

    serial: int
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


class Issuer:
    """Issues under one issuing CA. Safe for many threads."""

    def __init__(
        self,
        authority: Authority,
        profiles: Mapping[str, CertificateProfile],
        ledger: Ledger,
        linter: Linter,
        clock: Callable[[], datetime],
        pointers: Pointers = Pointers(),  # noqa: B008 - frozen
    ) -> None:
        self._authority = authority
        self._profiles = profiles
        self._ledger = ledger
        self._linter = linter
        self._clock = clock
        self._pointers = pointers
        self._issuer = authority.key_id.hex()

    def issue(self, request: IssuanceRequest) -> IssuedCertificate:
        """Both strokes. A request that was served before gets the certificate it got then.

        Raises ProfileUnknown, ProfileRefused, SubjectRefused, LintFailed, RequestConflict, HsmError.
        """
        try:
            return self.complete(self.prepare(request))
        except IntegrityError:
            # The ledger has one living certificate a request; nothing was signed for this call.
            known = self._ledger.find_by_request(request.request_id)
        if known is None or self._gave_up(known):
            return self.complete(self.prepare(request))
        return self._again(request, known)

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
        self._ledger.intend([one.entry for one in prepared])
        return prepared

    def complete(self, prepared: Prepared) -> IssuedCertificate:
        """Second stroke: sign on the token what was linted, and record it."""
        return self.complete_many([prepared])[0]

    def complete_many(self, prepared: Sequence[Prepared]) -> list[IssuedCertificate]:
        """Second stroke for several, with one durable write."""
        signed = self._sign([one.unsigned for one in prepared])
        recorded = [(one.serial_number, one.public_bytes(Encoding.DER)) for one in signed]
        self._ledger.record(recorded, self._clock())
        return [self._issued(certificate) for certificate in signed]

    def _sign(self, unsigned: Sequence[x509.Certificate]) -> list[x509.Certificate]:
        key = self._authority.key
        if len(unsigned) == 1:
            return [sign_unsigned(unsigned[0], key)]
        # The token signs several at once; more threads than that only wait for each other.
        with ThreadPoolExecutor(_SIGNERS) as signers:
            return list(signers.map(lambda one: sign_unsigned(one, key), unsigned))

    def _build(self, request: IssuanceRequest, now: datetime) -> Prepared:
        profile = self._profile(request)
        certificate = self._authority.certificate
        name = request.subject.name()
        made = builder(
            profile,
            name,
            request.public_key,
            certificate.subject,
            self._authority.key.public_key(),
            # 159 random bits, positive: far above the 64 that the CA/Browser Forum asks for.
            x509.random_serial_number(),
            self._validity(now, request.validity_days),
            self._pointers,
        )
        unsigned = unsigned_certificate(made, self._authority.key.public_key())
        self._linter.check(unsigned, self._shape(profile, name, request, unsigned))
        return Prepared(self._entry(request, name, unsigned, now), unsigned)

    def _shape(
        self,
        profile: CertificateProfile,
        name: x509.Name,
        request: IssuanceRequest,
        unsigned: x509.Certificate,
    ) -> Hashable:
        """All that the builder is given but values: see ``ca.lint``."""
        # The year decides between UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5).
        late = unsigned.not_valid_after_utc.year >= 2050
        attributes = tuple(attribute.oid for attribute in name)
        return profile.name, attributes, algorithm_name(request.public_key), late

    def _profile(self, request: IssuanceRequest) -> CertificateProfile:
        profile = self._profiles.get(request.profile)
        if profile is None:
            raise ProfileUnknown(f"no profile {request.profile!r}")
        if profile.is_ca:
            raise ProfileRefused("certificates of CAs are made in a ceremony")
        algorithm = algorithm_name(request.public_key)
        if algorithm not in profile.key_algorithms:
            raise ProfileRefused(f"{profile.name} takes no {algorithm} keys")
        if not 0 < request.validity_days <= profile.max_days:
            raise ProfileRefused(f"{profile.name} is valid for 1 to {profile.max_days} days")
        missing = [name for name in profile.subject_fields if getattr(request.subject, name) is None]
        if missing:
            raise ProfileRefused(f"{profile.name} needs {', '.join(sorted(missing))} in its subject")
        return profile

    def _validity(self, now: datetime, days: int) -> Validity:
        begin = (now - _BACKDATE).replace(microsecond=0)
        # A certificate that outlives its issuer cannot be verified to its end (RFC 5280, section 6.1.3).
        end = min(begin + timedelta(days=days), self._authority.certificate.not_valid_after_utc)
        if end <= now:
            raise ProfileRefused("the issuing CA's own certificate has expired")
        return Validity(begin, end)

    def _entry(
        self, request: IssuanceRequest, name: x509.Name, unsigned: x509.Certificate, now: datetime
    ) -> Entry:
        return Entry(
            serial=unsigned.serial_number,
            request_id=request.request_id,
            issuer=self._issuer,
            profile=request.profile,
            subject=name.rfc4514_string(),
            key_digest=key_digest(request.public_key),
            state=State.INTENDED,
            tbs=unsigned.tbs_certificate_bytes,
            der=None,
            not_before=unsigned.not_valid_before_utc,
            not_after=unsigned.not_valid_after_utc,
            prepared_at=now,
            issued_at=None,
            revoked_at=None,
            reason=None,
        )

    def _again(self, request: IssuanceRequest, known: Entry) -> IssuedCertificate:
        same = (known.profile, known.key_digest, known.subject) == (
            request.profile,
            key_digest(request.public_key),
            request.subject.name().rfc4514_string(),
        )
        if not same:
            raise RequestConflict(f"request {request.request_id} was for another subject, key or profile")
        if known.state is State.ISSUED:
            return self._issued(known.certificate)
        raise RequestInProgress(f"request {request.request_id} is being served")

    def _gave_up(self, known: Entry) -> bool:
        now = self._clock()
        lapsed = known.state is State.INTENDED and known.prepared_at < now - _LEASE
        return lapsed and self._ledger.abandon(known.serial, now)

    def _issued(self, certificate: x509.Certificate) -> IssuedCertificate:
        chain = (self._authority.certificate, *self._authority.chain)
        return IssuedCertificate(certificate.serial_number, certificate, chain)


def key_digest(public_key: PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, in hexadecimal: how the ledger knows a key again."""
    return hashlib.sha256(spki(public_key)).hexdigest()
