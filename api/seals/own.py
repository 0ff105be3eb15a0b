"""The seal that a certificate has by itself (公章, 法定代表人名章, 签名章), made when it is first needed, and
the seals that go on with the certificate that follows.

A seal on a renewed certificate is as it was on the former one: the same picture, suspended if that was. What
was destroyed is not made by itself again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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
from api.seals.designs import told
from api.seals.making import SealMaker
from api.seals.queries import SYSTEM, Pictures, RegisteredSeal
from api.seals.rules import IN_HAND, OWN, Action, Status
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.distinguished import credit_code_of, organization_of
from ca.ledger import Ledger
from ca.seals.errors import SealNameRefused
from ca.seals.handwriting.written import stamped_signature
from ca.seals.name_mark import draw_name
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind


@dataclass(frozen=True, slots=True)
class _Face:
    """What a seal is to look like."""

    kind: SealKind
    name: str
    picture: SealPicture
    design: dict[str, Any] | None


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

    def follow(self, serial: str) -> None:
        """After a download: the certificate's own seal, and those of the certificate that it follows."""
        with self._db.read() as tx:
            held = holdings.find(tx, serial)
            former = _former(tx, held)
        if former is not None:
            self._carry_over(held, former)
        self.ensure(serial)

    def _carry_over(self, held: Holding, former: Holding) -> None:
        """What has another name on it is not carried over: it would not be true any more."""
        if former.enterprise_name != held.enterprise_name:
            return
        with self._db.read() as tx:
            kept = [one for one in queries.of_certificate(tx, former.serial) if one.status in IN_HAND]
            pending = [
                one for one in kept if queries.newest_alike(tx, held.serial, one.kind, one.name) is None
            ]
            looks = {one.id: queries.pictures(tx, one.id) for one in pending}
        for one in pending:
            # A person may have chosen another signature with the renewal.
            is_redrawn = one.kind is SealKind.PERSONAL and OWN[held.kind] is SealKind.PERSONAL
            face = self._face(held) if is_redrawn else _same(one, looks[one.id])
            self._keep(held, face, one.status, one)

    def _keep(self, held: Holding, face: _Face, status: Status, former: RegisteredSeal | None) -> None:
        number = secrets.token_hex(12)
        made = self._maker.make(number, face.kind, face.name, held.serial, face.picture)
        new = RegisteredSeal(
            id=number,
            serial=held.serial,
            credit_code=held.credit_code,
            kind=face.kind,
            name=face.name,
            design=face.design,
            status=status,
            pdf_sha256=hashlib.sha256(face.picture.pdf).hexdigest(),
            width_um=round(face.picture.width_mm * 1000),
            height_um=round(face.picture.height_mm * 1000),
            der=made.der,
            applied_at=made.made_at,
            made_at=made.made_at,
            valid_from=made.made_at,
            valid_until=made.valid_until,
        )
        if former is not None:
            new = replace(
                new,
                suspended_by=former.suspended_by,
                filed_number=former.filed_number,
                filed_on=former.filed_on,
                note=former.note,
            )
        with suppress(IntegrityError), self._db.write() as tx:  # another request was a moment faster
            queries.add(tx, new, Pictures(face.picture.pdf, face.picture.png), SYSTEM, Action.MAKE)
            if former is not None:
                queries.follow(tx, former, new.id)
            detail = {"serial": held.serial, "kind": face.kind.value}
            self._journal.append(tx, Event(JournalAction.SEAL_MADE, new.id, detail=detail))

    def _face(self, held: Holding) -> _Face:
        certificate = self._ledger.find(int(held.serial, 16)).certificate
        if held.kind is CertificateKind.ENTERPRISE:
            name = organization_of(certificate)
            if name is None:
                raise InternalError("an enterprise certificate names its organization")
            return _drawn(SealDesign(SealKind.ENTERPRISE, name, credit_code_of(certificate)))
        if held.kind is CertificateKind.LEGAL_PERSON:
            with suppress(SealNameRefused):  # too long for a square
                return _drawn(SealDesign(SealKind.LEGAL_PERSON, held.person_name))
        with self._db.read() as tx:
            chosen = _chosen_signature(tx, held)
        who = held.person_name
        picture = draw_name(who) if chosen is None else stamped_signature(who, chosen)
        return _Face(OWN[held.kind], f"{who}签名章", picture, {"name": who} if chosen is None else None)


def _drawn(design: SealDesign) -> _Face:
    return _Face(design.kind, design.title, draw_seal(design), told(design))


def _same(known: RegisteredSeal, shown: Pictures) -> _Face:
    size = known.width_um / 1000, known.height_um / 1000
    return _Face(known.kind, known.name, SealPicture(known.name, shown.pdf, shown.png, *size), known.design)


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
