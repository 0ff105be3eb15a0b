"""Letters that speak for an enterprise, stamped with its own certificate (implements the ``Stamping`` of
``api.enterprises.handover``)."""

from __future__ import annotations

from api.accounts.sessions import Person
from api.certificates.service import Certificates
from api.errors import NotFound
from api.seals.service import Sealing
from ca.documents.placing import Place


class EnterpriseLetters:
    """Stamps letters of an enterprise by its administrator."""

    def __init__(self, certificates: Certificates, sealing: Sealing) -> None:
        self._certificates = certificates
        self._sealing = sealing

    def stamp_letter(
        self, person: Person, credit_code: str, serial: str, pin: str, pdf: bytes, place: Place, reason: str
    ) -> bytes:
        """``pdf`` with the seal of the enterprise, signed on the token.

        Raises NotFound when the person has no such certificate or it names another enterprise, and what
        sealing raises: AdministratorNeeded is not among it, since the caller has asked for that.
        """
        if self._certificates.one_of(person, serial).holding.credit_code != credit_code:
            raise NotFound("no such certificate of this enterprise")
        return self._sealing.stamp(person, serial, pin, pdf, place, reason)
