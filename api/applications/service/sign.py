"""手写签名 or 生成签名: the picture of a person's signature, cut out of the photo of the form or drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.errors import PickUnknown
from api.applications.evidence import EvidenceKind
from api.applications.kinds import NEEDS
from api.applications.model import Application
from api.applications.rules import EDITABLE, WrongMove
from api.db import Database
from ca.inspection.apart import signature_candidates
from ca.seals.handwriting.generated import draw_signature

_PNG: Final = "image/png"


@dataclass(frozen=True, slots=True)
class SignatureChoice:
    """A picture that may be chosen. ``sha256`` names it; ``written``: by hand, not drawn."""

    sha256: str
    written: bool
    png: bytes


class SignaturePictures:
    """Finds the pictures anew each time: the same photo gives the same ones, so nothing is kept for it."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def choices(self, person: Person, application_id: str) -> list[SignatureChoice]:
        """Cut out of the photo of the form, the likeliest first; the last one is drawn from the name.

        The photo must show a signature, whichever is chosen. Raises NotFound (no photo yet),
        SignatureNotFound, AnalysisFailed.
        """
        with self._db.read() as tx:
            known = _expecting(tx, person, application_id)
            photo = evidence.fetch(tx, known.id, known.revision, EvidenceKind.PAPER_FORM).content
        written = [_choice(one.png, written=True) for one in signature_candidates(photo)]
        return [*written, _choice(draw_signature(known.holder_name).png, written=False)]

    def choose(self, person: Person, application_id: str, sha256: str) -> None:
        """Keep one of the choices. Raises PickUnknown, WrongMove, and what ``choices`` does."""
        found = {one.sha256: one for one in self.choices(person, application_id)}
        if sha256 not in found:
            raise PickUnknown("no picture of that digest")
        now = self._clock()
        with self._db.write() as tx:
            known = _expecting(tx, person, application_id)
            queries.hold(tx, known, now)
            evidence.keep(tx, known, EvidenceKind.SIGNATURE, _PNG, found[sha256].png, now)


def _expecting(tx: Connection, person: Person, application_id: str) -> Application:
    known = queries.find_own(tx, application_id, person.id)
    if not NEEDS[known.kind].picture or known.status not in EDITABLE:
        raise WrongMove(f"a {known.kind} that is {known.status} takes no signature", status=known.status)
    return known


def _choice(png: bytes, *, written: bool) -> SignatureChoice:
    return SignatureChoice(evidence.digest_of(png), written, png)
