"""同步诚信库: the enterprise's record and the person's certificates for it, given to the platform."""

from __future__ import annotations

from typing import Any

from api.certificates.service import Certificates
from api.db import Database
from api.enterprises.rules import ROLE_NAMES
from api.enterprises.service import Enterprises
from api.errors import NotFound
from api.scanning.acts.outcome import Outcome
from api.scanning.acts.telling import CertificatesTold, enterprise_told, listed, named, permissions_told
from api.scanning.choosing import Asked


class Record:
    """Gives the record out, as it is registered here now."""

    def __init__(
        self, db: Database, certificates: Certificates, enterprises: Enterprises, told: CertificatesTold
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._enterprises = enterprises
        self._told = told

    def perform(self, asked: Asked) -> Outcome:
        """Raises what ``Certificates.open`` does."""
        held = asked.certificate
        identity = self._certificates.open(asked.person, held.serial, asked.pin, asked.rule.permission)
        record = self._record(asked)
        certificates = self._told.in_force(asked.person, held.credit_code)
        return Outcome(
            facts={"record": record, "certificates": named(certificates)},
            extra={"certificates": listed(certificates)},
            identity=identity,
            shown={"record": record},
        )

    def _record(self, asked: Asked) -> dict[str, Any]:
        held = asked.certificate
        record: dict[str, Any] = {
            "enterprise": enterprise_told(held.enterprise_name, held.credit_code),
            "legal_person": None,
            "role": None,
            "department": None,
        }
        if held.credit_code is None:
            return record | {"permissions": []}
        try:
            own = self._enterprises.one_of(asked.person, held.credit_code)
        except NotFound:  # a legal representative need be no member
            return record | {"permissions": []}
        with self._db.read() as tx:
            permissions = permissions_told(tx, asked.person.id, held.credit_code)
        return {
            "enterprise": enterprise_told(own.name, own.credit_code),
            "legal_person": own.legal_person,
            "role": ROLE_NAMES[own.mine.role],
            "department": own.mine.department,
            "permissions": permissions,
        }
