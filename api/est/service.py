"""Opening enrolments, and serving them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import insert, select, update

from api.accounts.sessions import Operator
from api.db import Database
from api.est.errors import ClientCertificateRefused, EnrolmentRefused, EnrolmentUsed
from api.est.rules import LONGEST, check_profile
from api.est.tables import enrolment
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.authorities import Authorities
from ca.distinguished import Subject, SubjectFacts
from ca.errors import CertificateUnknown, ProfileUnknown, RequestConflict
from ca.issuance import IssuanceRequest, IssuedCertificate, Issuer, days_of, key_digest
from ca.ledger import Entry, Ledger
from ca.profiles import CertificateProfile
from ca.requests import read_request
from ca.status import Standing, standing
from hsm import PublicKey


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """One enrolment with its secret, which is told once."""

    id: str
    secret: str
    expires_at: datetime


class Est:
    """The service behind ``/.well-known/est``. Whoever asks again with the same key gets the same answer."""

    def __init__(
        self,
        db: Database,
        issuer: Issuer,
        ledger: Ledger,
        authorities: Authorities,
        profiles: Mapping[str, CertificateProfile],
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._issuer = issuer
        self._ledger = ledger
        self._authorities = authorities
        self._profiles = profiles
        self._clock = clock
        self._journal = journal

    def open(
        self, operator: Operator, profile: str, facts: SubjectFacts, days: int | None, lasts: timedelta
    ) -> Enrolment:
        """Open an enrolment. Raises RequestInvalid, SubjectRefused, InvalidCreditCode, ProfileRefused."""
        checked = self.profile(check_profile(profile))
        # Refuses now what could not be certified later.
        Subject.of_facts(checked, facts, b"")
        days_of(checked, days)
        now, made, secret = self._clock(), secrets.token_hex(8), secrets.token_urlsafe(20)
        row = {
            "id": made,
            "secret_hash": _hashed(secret),
            "profile": profile,
            "facts": json.dumps(asdict(facts), ensure_ascii=False),
            "validity_days": days,
            "created_by": operator.name,
            "created_at": now,
            "expires_at": now + min(lasts, LONGEST),
        }
        with self._db.write() as tx:
            tx.execute(insert(enrolment).values(row))
            self._journal.append(tx, Event(Action.ENROLMENT_OPENED, made, detail={"profile": profile}))
        return Enrolment(made, secret, now + min(lasts, LONGEST))

    def profile(self, name: str) -> CertificateProfile:
        """A profile by its name. Raises ProfileUnknown."""
        try:
            return self._profiles[name]
        except KeyError:
            raise ProfileUnknown(f"no profile {name!r}") from None

    def ca_certificates(self) -> list[x509.Certificate]:
        """The active CA's certificate and its issuers, and those of the other CAs that still answer."""
        known = [
            one
            for issuing in reversed(self._authorities.all())
            for one in (issuing.authority.certificate, *issuing.authority.chain)
        ]
        return list(dict.fromkeys(known))

    def enrol(self, user: str, secret: str, request: bytes, profile: str | None = None) -> IssuedCertificate:
        """A certificate for the key of a PKCS#10 request; the names in the request are not looked at.

        ``profile``: what the enrolment must be for; None for whatever it is for. Raises EnrolmentRefused,
        EnrolmentUsed, RequestRefused, and what ``Issuer.issue`` raises.
        """
        with self._db.read() as tx:
            row = tx.execute(select(enrolment).where(enrolment.c.id == user)).one_or_none()
        known = "" if row is None else row.secret_hash
        if not hmac.compare_digest(known, _hashed(secret)) or row is None or row.expires_at < self._clock():
            raise EnrolmentRefused("unknown, wrong secret, or expired")
        if profile not in (None, row.profile):
            raise EnrolmentRefused(f"the enrolment is for {row.profile}")
        key: PublicKey = read_request(request).public_key()  # type: ignore[assignment]
        facts = SubjectFacts(**json.loads(row.facts))
        try:
            issued = self._issuer.issue(
                IssuanceRequest(f"est/{user}", row.profile, facts, key, row.validity_days)
            )
        except RequestConflict:
            raise EnrolmentUsed("this enrolment has led to a certificate for another key") from None
        with self._db.write() as tx:
            mine = update(enrolment).where(enrolment.c.id == user)
            tx.execute(mine.values(serial=f"{issued.serial:x}"))
            self._journal.append(
                tx, Event(Action.ENROLMENT_USED, user, detail={"serial": f"{issued.serial:x}"})
            )
        return issued

    def enrol_again(
        self, client: x509.Certificate, request: bytes, profile: str | None = None
    ) -> IssuedCertificate:
        """The next certificate of the machine whose TLS connection ``client`` authenticated.

        The request names the same subject (RFC 7030, section 4.2.2) and has the same key or a new one. Raises
        ClientCertificateRefused, RequestRefused, and what ``Issuer.issue`` raises.
        """
        known = self._own(client)
        if profile not in (None, known.profile):
            raise ClientCertificateRefused(f"the certificate is one of {known.profile}")
        asked = read_request(request)
        if asked.subject != client.subject:
            raise ClientCertificateRefused(
                "the request's subject is not that of the connection's certificate"
            )
        key: PublicKey = asked.public_key()  # type: ignore[assignment]
        return self._issuer.issue(
            IssuanceRequest(
                f"est/{known.serial:x}/{key_digest(key)[:32]}",
                known.profile,
                Subject.of_certificate(client),
                key,
                replaces=known.serial,
            )
        )

    def _own(self, client: x509.Certificate) -> Entry:
        try:
            known = self._ledger.find(client.serial_number)
        except CertificateUnknown:
            raise ClientCertificateRefused("not a certificate of ours") from None
        if known.der != client.public_bytes(Encoding.DER):
            raise ClientCertificateRefused("not a certificate of ours")
        if standing(known.revocation) is not Standing.GOOD or known.not_after < self._clock():
            raise ClientCertificateRefused("expired, suspended or revoked")
        check_profile(known.profile)
        return known


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
