"""发送到电脑: the form as a task for a company's lock (implements the bridge's ``ApprovalTasks``)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from api.accounts.rules import mask_phone
from api.applications import evidence, queries
from api.applications.evidence import EvidenceKind
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed
from api.applications.outward import LockJudge
from api.applications.rules import Action, Actor, Status, WrongMove, move
from api.catalogue.queries import find_product
from api.catalogue.rules import CertificateKind
from api.db import Database
from ca.distinguished import organization_of
from ca.documents.forms import SEAL_PLACE
from ca.documents.signing import check_cms, embed_cms, prepare_pdf
from ca.errors import LockRefused
from ca.seals.name_mark import draw_name
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind
from mobile_bridge.server.tasks import TaskFacts

_TITLES: Final = {
    ApplicationKind.CLAIM: ("“数字证书和电子签章”企业申请表", "申请数字证书和电子签章"),
    ApplicationKind.CHANGE: ("企业信息变更申请表", "申请变更企业信息"),
    ApplicationKind.RENEWAL: ("证书续期申请表", "申请证书续期"),
}
"""What is signed, and why, as the lock's owner and the readers of the PDF see it."""


class LockSigning:
    """Checks the lock, prepares the form for it, and takes the signed form back.

    ``locks``: says whose are accepted.
    """

    def __init__(self, db: Database, locks: LockJudge, site: str) -> None:
        self._db = db
        self._locks = locks
        self._site = site

    def facts(self, subject: str) -> TaskFacts:
        """Who asks the lock's owner to sign, and for which enterprise."""
        with self._db.read() as tx:
            known = queries.find(tx, subject)
        return TaskFacts(
            site=self._site,
            title=_TITLES[known.kind][0],
            applicant_name=known.holder_name,
            applicant_phone_masked=mask_phone(known.holder_phone),
            enterprise_name=known.enterprise_name or known.holder_name,
            credit_code=known.credit_code or "",
        )

    def prepare(self, subject: str, certificate_der: bytes, now: datetime) -> bytes:
        """The form with the seal of the lock's owner and a hole for the signature.

        Raises the subclasses of LockRefused, WrongMove, and what the seal or the document refuse.
        """
        certificate = _read(certificate_der)
        known, form = self._unsigned(subject)
        self._locks.check(certificate, now, known)
        picture = self._mark(known, certificate)
        reason = _TITLES[known.kind][1]
        return prepare_pdf(form, certificate, picture, SEAL_PLACE, reason=reason, at=now).document

    def accept(self, subject: str, document: bytes, cms: bytes, now: datetime) -> str:
        """Verify the signature over ``document`` and keep the signed form; its SHA-256.

        ``document`` must be our own form as ``prepare`` completed it. The same answer may come again.
        Raises SignatureMismatch, the subclasses of LockRefused, WrongMove.
        """
        certificate = check_cms(document, cms)
        signed = embed_cms(document, cms)
        digest = hashlib.sha256(signed).hexdigest()
        known, form = self._form(subject)
        if known.status is not Status.DRAFT:
            return self._answered_before(known, digest)
        if not document.startswith(form):
            raise WrongMove("the document was prepared from another form", status=known.status)
        self._locks.check(certificate, now, known)
        try:
            self._keep(known, signed, certificate, now)
        except WrongMove:  # moved since it was read: by the same answer in another thread, or withdrawn
            return self._answered_before(self._form(subject)[0], digest)
        return digest

    def _mark(self, known: Application, certificate: x509.Certificate) -> SealPicture:
        """The round seal of the lock's owner; of a renewal of somebody's own certificate, the name."""
        with self._db.read() as tx:
            kind = find_product(tx, known.product, known.product_version).kind
        if known.kind is ApplicationKind.RENEWAL and kind is not CertificateKind.ENTERPRISE:
            return draw_name(known.holder_name)
        owner = organization_of(certificate) or known.enterprise.name
        return draw_seal(SealDesign(SealKind.ENTERPRISE, owner, known.enterprise.credit_code))

    def _keep(self, known: Application, signed: bytes, certificate: x509.Certificate, now: datetime) -> None:
        lock = certificate.fingerprint(hashes.SHA256()).hex()
        deed = Deed(Actor.LOCK, lock, Action.SIGN, note=certificate.subject.rfc4514_string()[:500])
        with self._db.write() as tx:
            queries.advance(tx, known, deed, now)
            evidence.keep(tx, known, EvidenceKind.SIGNED_FORM, "application/pdf", signed, now)

    def _answered_before(self, known: Application, digest: str) -> str:
        with self._db.read() as tx:
            kept = evidence.digests(tx, known).get(EvidenceKind.SIGNED_FORM)
        if kept != digest:
            raise WrongMove("the form is not waiting for this signature", status=known.status)
        return digest

    def _unsigned(self, subject: str) -> tuple[Application, bytes]:
        known, form = self._form(subject)
        move(known.kind, known.status, Action.SIGN, Actor.LOCK)
        return known, form

    def _form(self, subject: str) -> tuple[Application, bytes]:
        with self._db.read() as tx:
            known = queries.find(tx, subject)
            return known, evidence.fetch(tx, known.id, known.revision, EvidenceKind.FORM).content


def _read(certificate_der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(certificate_der)
    except ValueError as exc:
        raise LockRefused("not an X.509 certificate") from exc
