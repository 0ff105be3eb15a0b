"""Stamping a company's seal on a PDF."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from api.accounts.sessions import Person
from api.applications import evidence
from api.applications.evidence import EvidenceKind
from api.catalogue.rules import CertificateKind
from api.certificates import queries as holdings
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.certificates.service import Certificates
from api.db import Database
from api.enterprises.rules import Permission
from api.errors import InternalError
from api.seals.tables import stamp
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.distinguished import credit_code_of, organization_of
from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.seals.handwriting.written import stamped_signature
from ca.seals.name_mark import draw_name
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal in its holder's hand: the PIN was right, and as many documents may follow as were agreed to.

    Hold it for one act alone: that the holder has the power is asked again when ``note`` is called.
    """

    serial: str
    identity: SigningIdentity
    picture: SealPicture


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a seal was put on, by digests (SHA-256, hexadecimal) before and after, and why."""

    before_sha256: str
    after_sha256: str
    reason: str


class Sealing:
    """Stamps with the person's own certificates."""

    def __init__(
        self, db: Database, certificates: Certificates, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._clock = clock
        self._journal = journal

    def stamp(
        self,
        person: Person,
        serial: str,
        pin: str,
        pdf: bytes,
        place: Place,
        reason: str,
        picture: SealPicture | None = None,
        permission: Permission | None = Permission.SEAL,
    ) -> bytes:
        """``pdf`` with ``picture``, signed (PAdES B-B). Without one: the enterprise's round seal from its own
        certificate, the signature that a natural person chose, the holder's name from any other.

        ``permission``: what a clerk needs, None for the clerk's own affairs. Raises NotFound, NotPermitted,
        NoLongerMember, AdministratorNeeded, CertificateUnusable, PinIncorrect, PinLocked, HsmError, and the
        subclasses of DocumentRefused for a PDF that cannot be sealed.
        """
        seal = self.take_up(person, serial, pin, permission, picture)
        sealed = self.put(seal, pdf, [place], reason)
        with self._db.write() as tx:
            done = Stamped(_digest(pdf), _digest(sealed), reason)
            self._journal.append(tx, *self.note(tx, seal, permission, [done]))
        return sealed

    def take_up(
        self,
        person: Person,
        serial: str,
        pin: str,
        permission: Permission | None,
        picture: SealPicture | None = None,
    ) -> Seal:
        """The seal, by the PIN, which is one try however many documents follow. Raises as ``stamp``."""
        identity = self._certificates.open(person, serial, pin, permission)
        return Seal(serial.lower(), identity, picture or self._picture(serial, identity))

    def put(self, seal: Seal, pdf: bytes, places: Sequence[Place], reason: str) -> bytes:
        """``pdf`` with the seal at each place, one signature after the other: every one can be verified.

        Nothing is written down: whoever gives the document out calls ``note`` first. Raises HsmError and the
        subclasses of DocumentRefused.
        """
        for place in places:
            pdf = seal_pdf(pdf, seal.identity, seal.picture, place, reason=reason, at=self._clock())
        return pdf

    def note(
        self, tx: Connection, seal: Seal, permission: Permission | None, stamped: Sequence[Stamped]
    ) -> list[Event]:
        """Write down what was sealed; the events are the caller's to append, last. Raises as ``power``:
        whoever lost the power while the token signed gets nothing of it."""
        require_power(tx, holdings.find(tx, seal.serial), permission, hold=True)
        told = {"serial": seal.serial, "at": self._clock()}
        rows: list[dict[str, Any]] = [told | asdict(one) for one in stamped]
        tx.execute(insert(stamp), rows)
        return [
            Event(
                Action.DOCUMENT_SEALED,
                seal.serial,
                detail={"before_sha256": one.before_sha256, "after_sha256": one.after_sha256},
            )
            for one in stamped
        ]

    def _picture(self, serial: str, identity: SigningIdentity) -> SealPicture:
        with self._db.read() as tx:
            held = holdings.find(tx, serial)
            chosen = _chosen_signature(tx, held)
        if held.kind is CertificateKind.ENTERPRISE:
            return _round_seal(identity)
        return draw_name(held.person_name) if chosen is None else stamped_signature(held.person_name, chosen)


def _chosen_signature(tx: Connection, held: Holding) -> bytes | None:
    """手写签名 or 生成签名: what a natural person chose when applying, also before a renewal; a PNG."""
    if held.kind is not CertificateKind.PERSONAL:
        return None
    return evidence.newest_of_person(tx, held.person_id, EvidenceKind.SIGNATURE)


def _round_seal(identity: SigningIdentity) -> SealPicture:
    name = organization_of(identity.certificate)
    if name is None:
        raise InternalError("an enterprise certificate names its organization")
    return draw_seal(SealDesign(SealKind.ENTERPRISE, name, credit_code_of(identity.certificate)))


def _digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
