"""Encryption keys at work: who may open what was encrypted to which certificate, and with which PIN.

Renewal and the end of a certificate must not make a bid unreadable: a retired encryption key goes on opening
what was encrypted to it. Only what was revoked because its key may be in other hands does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.certificates import queries
from api.certificates.custody import SubscriberKeys
from api.certificates.pins import PinTries
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.certificates.rules import (
    KEPT_FOR_OWN_PIN,
    CertificateState,
    CertificateUnusable,
    Custody,
    OtherPinNeeded,
    Purpose,
    may_decrypt,
    require_kept_here,
    state,
)
from api.db import Database
from api.enterprises.rules import Permission
from ca.ledger import Ledger
from hsm import PrivateKey


@dataclass(frozen=True, slots=True)
class EncryptionCertificate:
    """An encryption certificate of a person, in force or retired."""

    holding: Holding
    certificate: x509.Certificate
    state: CertificateState
    reason: str | None


class Decryption:
    """Opens encryption keys. ``tries``: counted as everywhere."""

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        keys: SubscriberKeys,
        tries: PinTries,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._keys = keys
        self._tries = tries
        self._clock = clock

    def all_of(self, person: Person, credit_code: str | None) -> list[EncryptionCertificate]:
        """The person's encryption certificates for an enterprise (None: personal ones), newest first."""
        with self._db.read() as tx:
            held = queries.of_person(tx, person.id)
        mine = [one for one in held if one.purpose is Purpose.ENCRYPTION and one.credit_code == credit_code]
        return [self._known(one) for one in mine]

    def check(
        self, tx: Connection, known: EncryptionCertificate, permission: Permission, *, hold: bool = False
    ) -> None:
        """Raises CertificateUnusable (suspended, or revoked for its key's sake), NotPermitted,
        AdministratorNeeded. ``hold``: as in ``require_power``."""
        if not may_decrypt(known.state, known.reason):
            raise CertificateUnusable(f"the certificate is {known.state}: {known.reason}")
        require_power(tx, known.holding, permission, hold=hold)

    def open(self, known: EncryptionCertificate, pin: str, *, is_own_pin: bool) -> PrivateKey:
        """The key. ``is_own_pin``: the PIN was typed for this very certificate.

        The PIN of another one is tried as well, since most people have one for all, and not when few tries
        are left. Raises CustodyIsLock, PinIncorrect, PinLocked, PinBusy, OtherPinNeeded, KeyNotFound,
        HsmError.
        """
        require_kept_here(known.holding.custody)
        label = known.holding.key_label
        if not is_own_pin:
            with self._db.read() as tx:
                if self._tries.status(tx, label).left <= KEPT_FOR_OWN_PIN:
                    raise OtherPinNeeded("few tries are left for this certificate's own PIN")
        return self._keys.open(Custody(known.holding.custody), label, pin)

    def _known(self, held: Holding) -> EncryptionCertificate:
        entry = self._ledger.find(int(held.serial, 16))
        stands = state(entry.not_after, entry.revocation, self._clock())
        return EncryptionCertificate(held, entry.certificate, stands, entry.reason)
