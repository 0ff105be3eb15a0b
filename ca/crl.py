"""Certificate revocation lists (RFC 5280, section 5), signed on the token and kept in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Engine, desc, insert, select
from sqlalchemy.exc import IntegrityError

from ca.hierarchy import Authority
from ca.ledger import Ledger
from ca.tables import crl as table


@dataclass(frozen=True, slots=True)
class CrlPolicy:
    """``validity``: from this update to the next. ``renew_before``: how long before that the next is made."""

    validity: timedelta = timedelta(days=7)
    renew_before: timedelta = timedelta(days=4)


def sign_crl(
    authority: Authority,
    revoked: Iterable[tuple[int, datetime, str]],
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> x509.CertificateRevocationList:
    """A full CRL. ``revoked``: (serial, time, reason as ``x509.ReasonFlags`` names it)."""
    # All entries at once: adding them one by one copies the list each time (quadratic at 100,000).
    entries = [_entry(serial, at, reason) for serial, at, reason in revoked]
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=entries)
        .issuer_name(authority.certificate.subject)
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.AuthorityKeyIdentifier(authority.key_id, None, None), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    return builder.sign(authority.key, authority.digest)


class CrlPublisher:
    """Keeps the newest list of one CA ready; makes the next when it is due or asked for."""

    def __init__(
        self, engine: Engine, ledger: Ledger, authority: Authority, policy: CrlPolicy | None = None
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._authority = authority
        self._policy = policy or CrlPolicy()
        self._issuer = authority.key_id.hex()

    def current(self, now: datetime) -> bytes:
        """The newest list (DER), made anew when none is there or the next is due."""
        newest = self._newest()
        if newest is None or newest.next_update - now <= self._policy.renew_before:
            return self.publish(now)
        der: bytes = newest.der
        return der

    def publish(self, now: datetime) -> bytes:
        """Sign and store the next list. Two publishers at once: one number each, the later wins."""
        while True:
            newest = self._newest()
            number = 1 if newest is None else int(newest.number) + 1
            der = self._sign(number, now)
            try:
                self._store(number, der, now)
            except IntegrityError:
                continue  # another process published this number first
            return der

    def _sign(self, number: int, now: datetime) -> bytes:
        moment = now.replace(microsecond=0)
        revoked = self._ledger.revoked(self._issuer, now)
        signed = sign_crl(self._authority, revoked, number, moment, moment + self._policy.validity)
        return signed.public_bytes(Encoding.DER)

    def _store(self, number: int, der: bytes, now: datetime) -> None:
        row = {
            "issuer": self._issuer,
            "number": f"{number:040d}",
            "this_update": now,
            "next_update": now + self._policy.validity,
            "der": der,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(table).values(row))

    def _newest(self) -> Any:
        asked = select(table).where(table.c.issuer == self._issuer).order_by(desc(table.c.number)).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(asked).one_or_none()


def _entry(serial: int, at: datetime, reason: str) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(serial, at)
    flag = x509.ReasonFlags[reason]
    if flag is not x509.ReasonFlags.unspecified:  # RFC 5280, section 5.3.1: leave it out instead
        builder = builder.add_extension(x509.CRLReason(flag), critical=False)
    return builder.build()
