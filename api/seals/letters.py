"""Letters that speak for an enterprise, stamped with its own certificate (implements the ``Stamping`` of
``api.enterprises.handover``)."""

from __future__ import annotations

from api.accounts.sessions import Person
from api.applications.outward import CertificatesAtHand
from api.applications.service.seal import check_of_enterprise
from api.db import Database
from api.errors import NotFound
from api.seals.service import Sealing
from ca.documents.placing import Place


class EnterpriseLetters:
    """Stamps letters of an enterprise by its administrator."""

    def __init__(self, db: Database, certificates: CertificatesAtHand, sealing: Sealing) -> None:
        self._db = db
        self._certificates = certificates
        self._sealing = sealing

    def stamp_letter(
        self, person: Person, credit_code: str, serial: str, pin: str, pdf: bytes, place: Place, reason: str
    ) -> bytes:
        """``pdf`` with the seal of the enterprise, signed on the token.

        Raises NotFound (not the person's), CertificateOfOther (a clerk's, or another enterprise's), and what
        sealing raises.
        """
        with self._db.read() as tx:
            held = self._certificates.find(tx, serial)
            if held.person_id != person.id:
                raise NotFound("no such certificate")
            check_of_enterprise(tx, held, person, credit_code)
        return self._sealing.stamp(person, held.serial, pin, pdf, place, reason)
