"""What applications need of the slices above them: certificates that are there, and seals made with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509
from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications.evidence import Wanted
from api.applications.model import Application
from api.enterprises.rules import Permission
from ca.documents.signing import Place


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate in somebody's hands. ``serials``: its own and those of its other half, lower-case
    hexadecimal. ``usable``: neither expired nor suspended nor revoked. ``revoked``: for good. ``replaced``:
    another certificate was downloaded in its place or to follow it. ``of_member``: it speaks for an
    enterprise by the word of its administrator. ``on_lock``: its key is on the holder's own lock."""

    serial: str
    serials: tuple[str, ...]
    person_id: int
    application_id: str
    enterprise_name: str | None
    credit_code: str | None
    usable: bool
    revoked: bool
    replaced: bool = False
    on_lock: bool = False
    of_member: bool = False


class CertificatesAtHand(Protocol):
    """The certificates that were issued here."""

    def find(self, tx: Connection, serial: str) -> HeldCertificate:
        """Raises NotFound."""
        ...

    def of_enterprise(self, tx: Connection, credit_code: str) -> list[HeldCertificate]:
        """Everybody's that names the enterprise, the halves of a dual one together."""
        ...


class LockJudge(Protocol):
    """Says whose lock may sign which form."""

    def check(self, certificate: x509.Certificate, at: datetime, known: Application) -> None:
        """Raises the subclasses of LockRefused."""
        ...


class Sealer(Protocol):
    """Seals documents with a person's own certificate, on the token."""

    def stamp(
        self,
        person: Person,
        serial: str,
        pin: str,
        pdf: bytes,
        place: Place,
        reason: str,
        permission: Permission | None = Permission.SEAL,
    ) -> bytes:
        """``pdf`` with the seal that the certificate has by itself.
        ``permission``: what a clerk needs for it, None for the clerk's own affairs.

        Raises NotFound, NotForSigning, CertificateUnusable, PinIncorrect, PinLocked, HsmError, and when the
        seal is not in use.
        """
        ...


WantedOf = Callable[[Connection, str, int], list[Wanted]]
"""(transaction, application, revision) to what its operators asked for when they returned that revision."""


class Revocations(Protocol):
    """Revokes certificates."""

    def revoke(self, serial: int, reason: str) -> object:
        """Raises StatusConflict when it is revoked already."""
        ...
