"""上传材料: the licence, the form on paper, and the attachments that the product's authority asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.errors import AttachmentUnknown, PaperNotExpected
from api.applications.evidence import EvidenceKind
from api.applications.kinds import NEEDS, Sealing
from api.applications.model import Application, Deed
from api.applications.pictures import MEDIA_TYPE, normalised
from api.applications.rules import EDITABLE, Action, Actor, WrongMove
from api.catalogue.queries import find_product
from api.db import Database


class Gathering:
    """Adds evidence until the application is submitted, and again when an operator asked for more."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def add_licence(self, person: Person, application_id: str, uploaded: bytes) -> str:
        """Keep the picture of the licence in place of an earlier one; returns its SHA-256.

        Raises PictureInvalid, PictureTooLarge, WrongMove once the application is submitted.
        """
        return self._add(person, application_id, EvidenceKind.LICENCE, uploaded)

    def add_attachment(self, person: Person, application_id: str, code: str, uploaded: bytes) -> str:
        """Keep an attachment in place of an earlier one of its code; returns its SHA-256.

        Raises AttachmentUnknown, PictureInvalid, PictureTooLarge, WrongMove.
        """
        return self._add(person, application_id, EvidenceKind.ATTACHMENT, uploaded, code)

    def add_paper_form(self, person: Person, application_id: str, uploaded: bytes) -> str:
        """Keep the photo of the form that was printed, signed and sealed on paper; returns its SHA-256.

        A better photo may replace it until submission; a signature cut out of the former one is forgotten.
        Raises PaperNotExpected, PictureInvalid, PictureTooLarge, WrongMove (submitted, or signed by a lock).
        """
        with self._db.read() as tx:
            known = self._editable(tx, person, application_id)
        if Sealing.PAPER not in NEEDS[known.kind].sealings:
            raise PaperNotExpected(f"a {known.kind} has no form on paper")
        picture, now = normalised(uploaded), self._clock()
        with self._db.write() as tx:
            found = queries.find_own(tx, application_id, person.id)
            is_better_photo = EvidenceKind.PAPER_FORM in evidence.digests(tx, found)
            if is_better_photo and found.status in EDITABLE:
                queries.hold(tx, found, now)
            else:
                queries.advance(tx, found, Deed(Actor.APPLICANT, str(person.id), Action.UPLOAD_PAPER), now)
            evidence.drop(tx, found, EvidenceKind.SIGNATURE)
            return evidence.keep(tx, found, EvidenceKind.PAPER_FORM, MEDIA_TYPE, picture, now)

    def _add(
        self, person: Person, application_id: str, kind: EvidenceKind, uploaded: bytes, name: str = ""
    ) -> str:
        with self._db.read() as tx:
            known = self._editable(tx, person, application_id)
            _check_expected(tx, known, name)
        picture, now = normalised(uploaded), self._clock()
        with self._db.write() as tx:
            known = self._editable(tx, person, application_id)
            queries.hold(tx, known, now)
            return evidence.keep(tx, known, kind, MEDIA_TYPE, picture, now, name=name)

    @staticmethod
    def _editable(tx: Connection, person: Person, application_id: str) -> Application:
        known = queries.find_own(tx, application_id, person.id)
        if known.status not in EDITABLE:
            raise WrongMove(f"evidence cannot be added once it is {known.status}", status=known.status)
        return known


def _check_expected(tx: Connection, known: Application, name: str) -> None:
    if not name:
        return
    product = find_product(tx, known.product, known.product_version)
    codes = {one.code for one in product.attachments}
    if not NEEDS[known.kind].attachments or name not in codes:
        raise AttachmentUnknown(f"{product.code} asks for no {name}")
