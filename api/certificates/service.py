"""What a subscriber does with certificates: see them, and open one with its PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from api.accounts.sessions import Person
from api.certificates import queries
from api.certificates.custody import SubscriberKeys
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.certificates.rules import (
    CertificateState,
    CertificateUnusable,
    Custody,
    NotForSigning,
    Purpose,
    state,
)
from api.db import Database
from api.enterprises.rules import Permission
from ca.authorities import Authorities
from ca.documents.signing import SigningIdentity
from ca.ledger import Entry, Ledger


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate with what the ledger knows of it. ``chain``: issuing CA first, root last."""

    holding: Holding
    certificate: x509.Certificate
    state: CertificateState
    chain: tuple[x509.Certificate, ...]


class Certificates:
    """A person's certificates. Somebody else's is NotFound."""

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        keys: SubscriberKeys,
        authorities: Authorities,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._keys = keys
        self._authorities = authorities
        self._clock = clock

    def all_of(self, person: Person) -> list[HeldCertificate]:
        """The person's certificates, newest first."""
        with self._db.read() as tx:
            held = queries.of_person(tx, person.id)
        return [self._held(one) for one in held]

    def one_of(self, person: Person, serial: str) -> HeldCertificate:
        """One certificate. Raises NotFound."""
        with self._db.read() as tx:
            return self._held(queries.find_own(tx, serial, person.id))

    def open(
        self, person: Person, serial: str, pin: str, permission: Permission | None = Permission.SEAL
    ) -> SigningIdentity:
        """The certificate with its key, ready to sign. ``permission``: what a clerk needs for it,
        None for the clerk's own affairs.

        Raises NotFound, NotPermitted, NoLongerMember, AdministratorNeeded, NotForSigning,
        CertificateUnusable, PinIncorrect with the tries left, PinLocked, HsmError.
        """
        with self._db.read() as tx:
            held = self._held(queries.find_own(tx, serial, person.id))
            require_power(tx, held.holding, permission)
        if held.holding.purpose is not Purpose.SIGNING:
            raise NotForSigning("this certificate's key opens envelopes")
        if held.state is not CertificateState.ACTIVE:
            raise CertificateUnusable(f"the certificate is {held.state}")
        key = self._keys.open(Custody(held.holding.custody), held.holding.key_label, pin)
        return SigningIdentity(key, held.certificate, held.chain[:-1])

    def _held(self, holding: Holding) -> HeldCertificate:
        entry: Entry = self._ledger.find(int(holding.serial, 16))
        now_state = state(entry.not_after, entry.revocation, self._clock())
        issuing = self._authorities.find(entry.issuer).authority
        return HeldCertificate(holding, entry.certificate, now_state, (issuing.certificate, *issuing.chain))
