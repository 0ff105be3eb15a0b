"""What platforms are told of enterprises and certificates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.certificates import queries
from api.certificates.queries import Holding
from api.certificates.rules import CertificateState, state
from api.db import Database
from api.enterprises import membership
from api.enterprises.rules import Permission, Role
from ca.ledger import Ledger


def enterprise_told(name: str | None, credit_code: str | None) -> dict[str, str | None] | None:
    """An enterprise, None where a person acts for nobody else."""
    return None if credit_code is None else {"name": name, "credit_code": credit_code}


def permissions_told(tx: Connection, person_id: int, credit_code: str | None) -> list[str]:
    """What the person may do for the enterprise now; an administrator all, who is no member nothing."""
    member = None if credit_code is None else membership.in_force(tx, person_id, credit_code)
    if member is None:
        return []
    if member.role is Role.ADMINISTRATOR:
        return [one.value for one in Permission]
    return list(member.permissions)


class CertificatesTold:
    """A person's certificates as platforms get them."""

    def __init__(self, db: Database, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._ledger = ledger
        self._clock = clock

    def of_pair(self, held: Holding) -> list[tuple[Holding, x509.Certificate]]:
        """A certificate and the other half of a dual one, the signing one first."""
        with self._db.read() as tx:
            return self._with(queries.of_application(tx, held.application_id))

    def in_force(self, person: Person, credit_code: str | None) -> list[tuple[Holding, x509.Certificate]]:
        """All that the person holds for an enterprise (None: for nobody else) and that stand."""
        with self._db.read() as tx:
            held = [one for one in queries.of_person(tx, person.id) if one.credit_code == credit_code]
        return self._with(held)

    def _with(self, held: list[Holding]) -> list[tuple[Holding, x509.Certificate]]:
        entries = [(one, self._ledger.find(int(one.serial, 16))) for one in held]
        return [
            (one, entry.certificate)
            for one, entry in entries
            if state(entry.not_after, entry.revocation, self._clock()) is CertificateState.ACTIVE
        ]


def listed(certificates: list[tuple[Holding, x509.Certificate]]) -> list[dict[str, Any]]:
    """In an answer: ``use`` signing or encryption, PEM."""
    return [
        _named(held, certificate) | {"pem": certificate.public_bytes(Encoding.PEM).decode()}
        for held, certificate in certificates
    ]


def named(certificates: list[tuple[Holding, x509.Certificate]]) -> list[dict[str, Any]]:
    """In a statement: by serial number and SHA-256, which say which PEM is meant."""
    return [_named(held, certificate) for held, certificate in certificates]


def _named(held: Holding, certificate: x509.Certificate) -> dict[str, Any]:
    digest = certificate.fingerprint(hashes.SHA256()).hex()
    return {"use": held.purpose.value, "serial": held.serial, "sha256": digest}
