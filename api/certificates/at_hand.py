"""Certificates as applications see them (implements ``CertificatesAtHand`` of ``api.applications``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from api.applications.outward import HeldCertificate
from api.certificates import queries
from api.certificates.rules import OF_MEMBERS, CertificateState, Custody, Purpose, state
from ca.ledger import Ledger


class IssuedCertificates:
    """Looks certificates up in the holdings and in the ledger."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock

    def of_enterprise(self, tx: Connection, credit_code: str) -> list[HeldCertificate]:
        """Everybody's that names the enterprise, the halves of a dual one together."""
        held = queries.of_enterprise(tx, credit_code)
        return [self.find(tx, one.serial) for one in held if one.purpose is Purpose.SIGNING]

    def find(self, tx: Connection, serial: str) -> HeldCertificate:
        """By the serial number of either half. Raises NotFound."""
        held = queries.find(tx, serial)
        halves = queries.of_application(tx, held.application_id)
        entry = self._ledger.find(int(held.serial, 16))
        stands = state(entry.not_after, entry.revocation, self._clock())
        return HeldCertificate(
            serial=halves[0].serial,
            serials=tuple(one.serial for one in halves),
            person_id=held.person_id,
            application_id=held.application_id,
            enterprise_name=held.enterprise_name,
            credit_code=held.credit_code,
            usable=stands is CertificateState.ACTIVE,
            revoked=stands is CertificateState.REVOKED,
            of_member=held.kind in OF_MEMBERS,
            on_lock=held.custody == Custody.LOCK,
            replaced=halves[0].replaced_by is not None,
        )
