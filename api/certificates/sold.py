"""What was downloaded for an order whose money goes back: nobody keeps both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from api.certificates import queries
from api.certificates.revoking import revoke_later
from ca.status import HOLD
from ca.tables import certificate

_REASON = "privilege_withdrawn"  # RFC 5280, section 5.3.1


class SoldCertificates:
    """The certificates of an application, as ``api.payments.service.Sold`` asks for them."""

    def in_force(self, tx: Connection, application_id: str, now: datetime) -> list[str]:
        """Serials of both halves that could still be used, suspended ones among them."""
        held = [one.serial for one in queries.of_application(tx, application_id)]
        still = certificate.c.serial.in_(held), certificate.c.not_after > now
        used = (certificate.c.revoked_at.is_(None)) | (certificate.c.reason == HOLD)
        return list(tx.execute(select(certificate.c.serial).where(*still, used)).scalars())

    def revoke(self, tx: Connection, serials: list[str], now: datetime) -> None:
        """By jobs of the caller's transaction, which tell the holder."""
        for serial in serials:
            revoke_later(tx, serial, _REASON, now, tell=True)
