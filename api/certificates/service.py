"""What a subscriber does with certificates: see them, and open one with its PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy import ColumnElement, Connection

from api.accounts.sessions import Person
from api.certificates import listing, queries
from api.certificates.bids import bids_waiting
from api.certificates.custody import SubscriberKeys
from api.certificates.listing import Again, Listing, Pending
from api.certificates.power import has_power, require_power
from api.certificates.queries import Holding
from api.certificates.rules import (
    ENDED,
    CertificateState,
    CertificateUnusable,
    Custody,
    NotForSigning,
    Purpose,
    days_left,
    is_ending,
    state,
)
from api.certificates.tables import holding
from api.db import Database
from api.enterprises.access import require_administrator
from api.enterprises.rules import Permission
from api.openings.deposits import Waiting
from api.paging import PageRequest, Part
from ca.authorities import Authorities
from ca.documents.signing import SigningIdentity
from ca.ledger import Entry, Ledger


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate with what the ledger knows of it. ``chain``: issuing CA first, root last.

    ``days_left``: rounded up, while it is active. ``expiring``: 即将过期, and nothing follows it yet.
    ``again``: what to apply for once it has ended and nothing follows it. ``bids``: deposited ones to it, or
    to the encryption half beside it, that are still to be opened.
    """

    holding: Holding
    certificate: x509.Certificate
    state: CertificateState
    chain: tuple[x509.Certificate, ...]
    days_left: int | None = None
    expiring: bool = False
    again: Again | None = None
    bids: Waiting | None = None


class Certificates:
    """A person's certificates. Somebody else's is NotFound.

    ``expiring_days``: how many days before its end a certificate is 即将过期.
    """

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        keys: SubscriberKeys,
        authorities: Authorities,
        clock: Callable[[], datetime],
        expiring_days: int,
    ) -> None:
        self._expiring_days = expiring_days
        self._db = db
        self._ledger = ledger
        self._keys = keys
        self._authorities = authorities
        self._clock = clock

    def listed(self, person: Person, which: Listing | None, page: PageRequest) -> Part[HeldCertificate]:
        """The person's certificates, newest first; all when ``which`` is None."""
        return self._listed(holding.c.person_id == person.id, which, page)

    def pending(self, person: Person, page: PageRequest) -> Part[Pending]:
        """待审核: what will give the person a certificate, newest first."""
        with self._db.read() as tx:
            return listing.pending(tx, person.id, page)

    def of_enterprise(
        self, administrator: Person, credit_code: str, which: Listing | None, page: PageRequest
    ) -> Part[HeldCertificate]:
        """Certificates for an enterprise, its clerks' among them. Raises NotFound, AdministratorNeeded."""
        with self._db.read() as tx:
            require_administrator(tx, administrator.id, credit_code)
        return self._listed(holding.c.credit_code == credit_code, which, page)

    def all_of(self, person: Person) -> list[HeldCertificate]:
        """All of the person's certificates, newest first."""
        with self._db.read() as tx:
            return [self._held(tx, one) for one in queries.of_person(tx, person.id)]

    def one_of(self, person: Person, serial: str) -> HeldCertificate:
        """One certificate. Raises NotFound."""
        with self._db.read() as tx:
            return self._held(tx, queries.find_own(tx, serial, person.id))

    def to_choose_from(self, person: Person, permission: Permission | None) -> list[HeldCertificate]:
        """Signing certificates in force with which the person may do this now, newest first; not those whose
        keys are on locks."""
        with self._db.read() as tx:
            signing = [one for one in queries.of_person(tx, person.id) if one.purpose is Purpose.SIGNING]
            mine = [one for one in signing if one.custody != Custody.LOCK]
            held = [self._held(tx, one) for one in mine if has_power(tx, one, permission)]
        return [one for one in held if one.state is CertificateState.ACTIVE]

    def open(
        self, person: Person, serial: str, pin: str, permission: Permission | None = Permission.SEAL
    ) -> SigningIdentity:
        """The certificate with its key, ready to sign. ``permission``: what a clerk needs for it,
        None for the clerk's own affairs.

        Raises NotFound, NotPermitted, NoLongerMember, AdministratorNeeded, NotForSigning, CustodyIsLock,
        CertificateUnusable, PinIncorrect with the tries left, PinLocked, HsmError.
        """
        held = self.usable(person, serial, permission)
        key = self._keys.open(Custody(held.holding.custody), held.holding.key_label, pin)
        return SigningIdentity(key, held.certificate, held.chain[:-1])

    def usable(
        self, person: Person, serial: str, permission: Permission | None = Permission.SEAL
    ) -> HeldCertificate:
        """A certificate that the person may sign with at this moment, if the PIN is known.

        Raises NotFound, NotPermitted, NoLongerMember, AdministratorNeeded, NotForSigning,
        CertificateUnusable.
        """
        with self._db.read() as tx:
            held = self._held(tx, queries.find_own(tx, serial, person.id))
            require_power(tx, held.holding, permission)
        if held.holding.purpose is not Purpose.SIGNING:
            raise NotForSigning("this certificate's key opens envelopes")
        if held.state is not CertificateState.ACTIVE:
            raise CertificateUnusable(f"the certificate is {held.state}")
        return held

    def _is_ending(self, entry: Entry) -> bool:
        return is_ending(entry.not_before, entry.not_after, self._clock(), self._expiring_days)

    def _listed(
        self, whose: ColumnElement[bool], which: Listing | None, page: PageRequest
    ) -> Part[HeldCertificate]:
        with self._db.read() as tx:
            return listing.held(tx, whose, which, self._clock(), page).map(lambda one: self._held(tx, one))

    def _held(self, tx: Connection, found: Holding) -> HeldCertificate:
        now, entry = self._clock(), self._ledger.find(int(found.serial, 16))
        stands = state(entry.not_after, entry.revocation, now)
        issuing = self._authorities.find(entry.issuer).authority
        goes_on = found.purpose is Purpose.SIGNING and found.replaced_by is None
        left = days_left(entry.not_after, now) if stands is CertificateState.ACTIVE else None
        return HeldCertificate(
            found,
            entry.certificate,
            stands,
            (issuing.certificate, *issuing.chain),
            days_left=left,
            expiring=goes_on and left is not None and self._is_ending(entry),
            again=listing.again(tx, found, now) if goes_on and stands in ENDED else None,
            bids=bids_waiting(tx, queries.of_application(tx, found.application_id), now),
        )
