"""The phone scans and looks: who asks, for what, and what it can be approved with."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.certificates import queries as holdings
from api.certificates.decryption import Decryption, EncryptionCertificate
from api.certificates.service import HeldCertificate
from api.db import Database
from api.errors import NotFound
from api.platforms import documents, registered
from api.platforms.errors import DocumentMissing
from api.platforms.registered import Platform
from api.realname.access import VerifiedPerson
from api.realname.errors import RealNameRequired
from api.realname.service import RealName
from api.scanning.acts.unwrapping import matching, recipient_of
from api.scanning.bindings.queries import Binding
from api.scanning.choosing import Choices
from api.scanning.errors import NotBound
from api.scanning.holders import holder_of
from api.scanning.kinds import KINDS
from api.scanning.showing import Fact, ShownDocument, documents_of, facts_of
from hsm import SealBridgeError
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import Scan, ScanService


@dataclass(frozen=True, slots=True)
class Recipient:
    """An encryption certificate of the holder that envelopes of a scan are for.

    ``signing``: the serial number of the certificate whose PIN it has, unless a recovery gave it another.
    """

    known: EncryptionCertificate
    signing: str
    envelopes: int


@dataclass(frozen=True, slots=True)
class ScanShown:
    """Everything that the phone shows of a scan. ``recipients``: of envelopes that are to be opened."""

    scan: Scan
    platform: Platform
    documents: list[ShownDocument]
    facts: list[Fact]
    certificates: list[HeldCertificate]
    bindings: list[Binding]
    recipients: list[Recipient]


class Looking:
    """Claims scans and shows them to their holders."""

    def __init__(
        self,
        db: Database,
        scans: ScanService,
        choices: Choices,
        decryption: Decryption,
        real_name: RealName,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._scans = scans
        self._choices = choices
        self._decryption = decryption
        self._real_name = real_name
        self._clock = clock

    def claim(self, person: Person, qr: str) -> ScanShown:
        """Bind the scan of a QR code to this person, who may come again.

        Whoever is not verified, or not bound to a user of the platform where that is needed, holds the scan
        and learns its id: the waiting page is told, and both can be mended before the scan expires. Raises
        QrMalformed, QrForged, QrStale, SessionClaimed, why it is closed, RealNameRequired, NotBound.
        """
        scan = self._scans.claim(qr, holder_of(person))
        try:
            name, id_number = self._real_name.verified(person)
        except RealNameRequired:
            raise self._told(scan, person, RealNameRequired("nobody knows who it is", scan=scan.id)) from None
        verified = VerifiedPerson(person.id, person.phone, person.session_id, name=name, id_number=id_number)
        shown = self.show(verified, scan.id)
        if KINDS[scan.kind].needs_binding and not shown.bindings:
            raise self._told(scan, person, NotBound("no user of the platform is bound", scan=scan.id))
        return shown

    def show(self, person: VerifiedPerson, scan_id: str) -> ScanShown:
        """A scan that the person holds. Raises SessionNotFound."""
        scan = self._scans.of_holder(scan_id, holder_of(person))
        bound = self._choices.bindings(scan, person)
        with self._db.read() as tx:
            platform = registered.find(tx, scan.platform)
        return ScanShown(
            scan=scan,
            platform=platform,
            documents=self._with_pages(scan),
            facts=facts_of(scan.kind, scan.request),
            certificates=self._choices.certificates(scan, person, bound),
            bindings=bound,
            recipients=self._recipients(scan, person, bound),
        )

    def document(self, person: VerifiedPerson, scan_id: str, number: int) -> bytes:
        """A document that is to be signed, as it will be.

        Raises SessionNotFound, NotFound, DocumentMissing.
        """
        scan = self._scans.of_holder(scan_id, holder_of(person))
        asked = documents_of(scan.kind, scan.request) if scan.kind is SessionKind.SIGN else []
        if not 0 <= number < len(asked):
            raise NotFound("no such document in this scan")
        with self._db.read() as tx:
            return documents.content(tx, scan.platform, asked[number].sha256)

    def _with_pages(self, scan: Scan) -> list[ShownDocument]:
        shown = documents_of(scan.kind, scan.request)
        if scan.kind is not SessionKind.SIGN:
            return shown
        with self._db.read() as tx:
            try:
                known = documents.listed(tx, scan.platform, [one.sha256 for one in shown], self._clock())
            except DocumentMissing:  # after its day
                return shown
        return [dataclasses.replace(one, pages=sent.pages) for one, sent in zip(shown, known, strict=True)]

    def _recipients(self, scan: Scan, person: VerifiedPerson, bound: list[Binding]) -> list[Recipient]:
        if scan.kind not in (SessionKind.DEPOSIT, SessionKind.DECRYPT):
            return []
        mine = [
            known
            for code in dict.fromkeys(one.credit_code for one in bound)
            for known in self._decryption.all_of(person, code)
        ]
        counted = Counter(meant.holding.serial for meant in _meant(scan, mine))
        with self._db.read() as tx:
            return [
                Recipient(one, _signing_half(tx, one), counted[one.holding.serial])
                for one in mine
                if counted[one.holding.serial]
            ]

    def _told(self, scan: Scan, person: Person, error: SealBridgeError) -> SealBridgeError:
        """Have the waiting page hear of it, as of a try to approve that ended so."""
        try:
            with self._scans.approving(scan.id, holder_of(person)):
                raise error
        except SealBridgeError as raised:  # or why the scan is closed
            return raised


def _meant(scan: Scan, mine: list[EncryptionCertificate]) -> Iterator[EncryptionCertificate]:
    for envelope in scan.request["envelopes"]:
        with suppress(SealBridgeError):  # what cannot be read has its result at the end
            if (known := matching(mine, recipient_of(envelope))) is not None:
                yield known


def _signing_half(tx: Connection, known: EncryptionCertificate) -> str:
    return holdings.of_application(tx, known.holding.application_id)[0].serial
