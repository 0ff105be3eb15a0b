"""Since when an audit certificate is not to be believed: from the ledger, or from revocation lists alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from sqlalchemy import Connection, select

from ca.audit.verification import RevokedSince
from ca.ledger import serial_text
from ca.tables import certificate as issued


def revoked_in_ledger(connection: Connection) -> RevokedSince:
    """What the ledger on ``connection`` knows."""

    def since(certificate: x509.Certificate) -> datetime | None:
        meant = select(issued.c.revoked_at, issued.c.invalidity_date).where(
            issued.c.serial == serial_text(certificate.serial_number)
        )
        row = connection.execute(meant).one_or_none()
        return None if row is None else _earlier(*row)

    return since


def revoked_on(
    lists: Iterable[x509.CertificateRevocationList], authorities: Sequence[x509.Certificate]
) -> RevokedSince:
    """What full lists tell. Raises ValueError for one that none of ``authorities`` signed."""
    listed: dict[tuple[x509.Name, int], datetime] = {}
    for one in lists:
        if not any(_signed(one, authority) for authority in authorities):
            raise ValueError(f"no given CA signed the list of {one.issuer.rfc4514_string()}")
        for entry in one:
            listed[one.issuer, entry.serial_number] = _of_entry(entry)
    return lambda certificate: listed.get((certificate.issuer, certificate.serial_number))


def _signed(one: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    return one.issuer == authority.subject and one.is_signature_valid(authority.public_key())  # type: ignore[arg-type]


def _of_entry(entry: x509.RevokedCertificate) -> datetime:
    try:
        known = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
    except x509.ExtensionNotFound:
        return entry.revocation_date_utc
    return min(entry.revocation_date_utc, known.invalidity_date_utc)


def _earlier(revoked_at: datetime | None, invalidity_date: datetime | None) -> datetime | None:
    return min((one for one in (revoked_at, invalidity_date) if one is not None), default=None)
