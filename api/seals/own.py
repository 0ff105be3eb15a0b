"""The seal that a certificate has by itself (公章, 法定代表人名章, 签名章), made when it is first needed, and
the seals that go on with the certificate that follows.

A seal on a renewed certificate is as it was on the former one: the same picture, suspended if that was. What
was destroyed is not made by itself again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from api.applications import evidence
from api.applications.evidence import EvidenceKind
from api.catalogue.rules import CertificateKind
from api.certificates import queries as holdings
from api.certificates.queries import Holding
from api.certificates.tables import holding
from api.db import Database
from api.errors import InternalError
from api.seals import queries
from api.seals.faces import Face, drawn, kept
from api.seals.making import SealMaker
from api.seals.queries import SYSTEM, RegisteredSeal
from api.seals.rules import IN_HAND, OWN, Action, Status
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.distinguished import credit_code_of, organization_of
from ca.ledger import Ledger
from ca.seals.errors import SealNameRefused
from ca.seals.handwriting.written import stamped_signature
from ca.seals.name_mark import draw_name
from ca.seals.picture import SealDesign
from ca.seals.rules import SealKind
from ca.typesetting.errors import GlyphsMissing


class OwnSeals:
    """Sees to it that certificates have their seals; may be asked again after a crash anywhere."""

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        maker: SealMaker,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._maker = maker
        self._clock = clock
        self._journal = journal

    def ensure(self, serial: str) -> None:
        """The certificate's own seal is there, unless it was once and is not any more.

        Raises NotFound, HsmError, GlyphsMissing (a character of the name that no font has).
        """
        with self._db.read() as tx:
            held = holdings.find(tx, serial)
            if any(one.kind is OWN[held.kind] for one in _once_made(tx, held.serial)):
                return
            former = _former(tx, held)
        if former is not None:
            self._carry_over(held, former)
            with self._db.read() as tx:
                before = [one for one in _once_made(tx, former.serial) if one.kind is OWN[held.kind]]
            if before and former.enterprise_name == held.enterprise_name:
                return
        face = self._face(held)
        self._keep(held, face, Status.MADE, None)

    def ensure_if_possible(self, serial: str) -> None:
        """The same; a name that cannot be drawn is said to whoever stamps."""
        with suppress(GlyphsMissing, SealNameRefused):
            self.ensure(serial)

    def follow(self, serial: str) -> None:
        """After a download: the certificate's own seal, and those of the certificate that it follows."""
        with self._db.read() as tx:
            held = holdings.find(tx, serial)
            former = _former(tx, held)
        if former is not None:
            self._carry_over(held, former)
        self.ensure_if_possible(serial)

    def _carry_over(self, held: Holding, former: Holding) -> None:
        """What has another name on it is not carried over: it would not be true any more."""
        if former.enterprise_name != held.enterprise_name:
            return
        with self._db.read() as tx:
            in_hand = [one for one in queries.of_certificate(tx, former.serial) if one.status in IN_HAND]
            pending = [
                one for one in in_hand if queries.newest_alike(tx, held.serial, one.kind, one.name) is None
            ]
            looks = {one.id: queries.pictures(tx, one.id) for one in pending}
        for one in pending:
            # A person may have chosen another signature with the renewal.
            is_redrawn = one.kind is SealKind.PERSONAL and OWN[held.kind] is SealKind.PERSONAL
            face = self._face(held) if is_redrawn else kept(one, looks[one.id])
            self._keep(held, face, one.status, one)

    def _keep(self, held: Holding, face: Face, status: Status, former: RegisteredSeal | None) -> None:
        new = face.registered(held, status, self._clock())
        made = self._maker.make(new.id, face.kind, face.name, held.serial, face.picture)
        new = replace(new, applied_at=made.made_at, **made.columns)
        if former is not None:
            new = replace(
                new,
                suspended_by=former.suspended_by,
                filed_number=former.filed_number,
                filed_on=former.filed_on,
                note=former.note,
            )
        with suppress(IntegrityError), self._db.write() as tx:  # another request was a moment faster
            queries.add(tx, new, face.pictures, SYSTEM, Action.MAKE)
            if former is not None:
                queries.follow(tx, former, new.id)
            detail = {"serial": held.serial, "kind": face.kind.value}
            self._journal.append(tx, Event(JournalAction.SEAL_MADE, new.id, detail=detail))

    def _face(self, held: Holding) -> Face:
        certificate = self._ledger.find(int(held.serial, 16)).certificate
        if held.kind is CertificateKind.ENTERPRISE:
            name = organization_of(certificate)
            if name is None:
                raise InternalError("an enterprise certificate names its organization")
            return drawn(SealDesign(SealKind.ENTERPRISE, name, credit_code_of(certificate)))
        if held.kind is CertificateKind.LEGAL_PERSON:
            with suppress(SealNameRefused):  # too long for a square
                return drawn(SealDesign(SealKind.LEGAL_PERSON, held.person_name))
        with self._db.read() as tx:
            chosen = _chosen_signature(tx, held)
        who = held.person_name
        picture = draw_name(who) if chosen is None else stamped_signature(who, chosen)
        return Face(OWN[held.kind], f"{who}签名章", picture, {"name": who} if chosen is None else None)


def _once_made(tx: Connection, serial: str) -> list[RegisteredSeal]:
    return [one for one in queries.of_certificate(tx, serial) if one.made_at is not None]


def _former(tx: Connection, held: Holding) -> Holding | None:
    """The certificate that this one follows."""
    serial = tx.execute(select(holding.c.serial).where(holding.c.replaced_by == held.serial)).scalar()
    return None if serial is None else holdings.find(tx, serial)


def _chosen_signature(tx: Connection, held: Holding) -> bytes | None:
    """手写签名 or 生成签名: what a natural person chose when applying, also before a renewal; a PNG."""
    if held.kind is not CertificateKind.PERSONAL:
        return None
    return evidence.newest_of_person(tx, held.person_id, EvidenceKind.SIGNATURE)
