"""The form sealed with a certificate of this service and its PIN: for a renewal, or a change of data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.errors import CertificateOfOther
from api.applications.evidence import EvidenceKind
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed
from api.applications.outward import CertificatesAtHand, HeldCertificate, Sealer
from api.applications.rules import Action, Actor, Status, move
from api.catalogue.queries import find_product
from api.catalogue.rules import CertificateKind
from api.db import Database
from ca.documents.forms import SEAL_PLACE

_REASONS: Final = {ApplicationKind.RENEWAL: "申请证书续期", ApplicationKind.CHANGE: "申请变更企业信息"}


class Sealing:
    """Seals the applicant's own forms. Interrupted anywhere, it is done again: nothing moved before."""

    def __init__(
        self,
        db: Database,
        certificates: CertificatesAtHand,
        sealer: Sealer,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._sealer = sealer
        self._clock = clock

    def seal(self, person: Person, application_id: str, pin: str) -> Status:
        """Seal the form with the certificate that the application is about.

        Raises WrongMove, CertificateUnusable, PinIncorrect with the tries left, PinLocked, HsmError.
        """
        with self._db.read() as tx:
            known = queries.find_own(tx, application_id, person.id)
            move(known.kind, known.status, Action.SEAL, Actor.APPLICANT)
            held = self._certificates.find(tx, known.serial or "")
            form = evidence.fetch(tx, known.id, known.revision, EvidenceKind.FORM).content
        reason = _REASONS.get(known.kind, "签署申请书")
        sealed = self._sealer.stamp(person, held.serial, pin, form, SEAL_PLACE, reason, None)
        now = self._clock()
        deed = Deed(Actor.APPLICANT, str(person.id), Action.SEAL, note=held.serial)
        with self._db.write() as tx:
            status = queries.advance(tx, known, deed, now)
            evidence.keep(tx, known, EvidenceKind.SIGNED_FORM, "application/pdf", sealed, now)
        return status


def check_of_enterprise(tx: Connection, held: HeldCertificate, person: Person, credit_code: str) -> None:
    """Raises CertificateOfOther unless it is this person's certificate for the enterprise's seal."""
    first = queries.find(tx, held.application_id)
    is_own = held.person_id == person.id and held.credit_code == credit_code
    if not is_own or not _is_enterprises(tx, first):
        raise CertificateOfOther("choose the enterprise's own certificate")


def _is_enterprises(tx: Connection, first: Application) -> bool:
    return find_product(tx, first.product, first.product_version).kind is CertificateKind.ENTERPRISE
