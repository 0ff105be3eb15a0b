"""申请印章: what the administrator of an enterprise, or a legal representative, does with seals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from api.accounts.sessions import Person
from api.certificates import queries as holdings
from api.certificates.power import require_power
from api.certificates.service import Certificates
from api.db import Database
from api.enterprises.rules import Permission
from api.seals import queries
from api.seals.errors import SealPending
from api.seals.faces import Face
from api.seals.letter import application_letter, printable
from api.seals.queries import By, RegisteredSeal
from api.seals.rules import MOST_WAITING, WAITING, Action, Actor, Status
from api.seals.tables import seal_application
from api.seals.wishes import Wish, face_of
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.documents.forms import SEAL_PLACE
from ca.documents.signing import seal_pdf
from ca.seals.name_mark import draw_name

_REASON: Final = "申请制作电子印章"
_LONGEST_MARK: Final = 40  # characters, as of a name in a frame


class Applying:
    """Applications for seals. Somebody else's certificate is NotFound."""

    def __init__(
        self, db: Database, certificates: Certificates, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._clock = clock
        self._journal = journal

    def preview(self, person: Person, serial: str, wish: Wish) -> Face:
        """What the seal would look like. Raises what ``usable`` and ``face_of`` raise."""
        return face_of(self._db, self._certificates.usable(person, serial, Permission.SEAL), wish)

    def apply(self, person: Person, serial: str, pin: str, wish: Wish, reason: str) -> RegisteredSeal:
        """Apply, by a letter that the certificate signs. Nothing is kept before the token has signed.

        Raises as ``preview``, and SealPending, PinIncorrect, PinLocked, HsmError, FormFieldRefused.
        """
        held = self._certificates.usable(person, serial, Permission.SEAL)
        face, now = face_of(self._db, held, wish), self._clock()
        new = face.registered(held.holding, Status.APPLIED, now)
        with self._db.read() as tx:
            _check_room(tx, new)
        letter = application_letter(held, new, face, reason, now)
        mark = draw_name(printable(held.holding.person_name)[:_LONGEST_MARK])
        identity = self._certificates.open(person, held.holding.serial, pin, Permission.SEAL)
        signed = seal_pdf(letter, identity, mark, SEAL_PLACE, reason=_REASON, at=self._clock())
        self._keep(person, new, face, signed, reason, wish.photo)
        return new

    def withdraw(self, person: Person, seal_id: str) -> RegisteredSeal:
        """撤回申请, before an operator decided. Raises NotFound, SealState."""
        now = self._clock()
        with self._db.write() as tx:
            known = queries.find_of(tx, seal_id, person.id)
            after = queries.advance(tx, known, Action.WITHDRAW, by_holder(person), now)
            self._journal.append(tx, Event(JournalAction.SEAL_WITHDRAWN, known.id))
        return after

    def _keep(
        self, person: Person, new: RegisteredSeal, face: Face, signed: bytes, reason: str, photo: bytes | None
    ) -> None:
        """The power is asked again: the token took its time."""
        digest = hashlib.sha256(signed).hexdigest()
        letter = {"seal_id": new.id, "letter": signed, "letter_sha256": digest, "reason": reason}
        try:
            with self._db.write() as tx:
                require_power(tx, holdings.find(tx, new.serial), Permission.SEAL, hold=True)
                _check_room(tx, new)
                queries.add(tx, new, face.pictures, by_holder(person), None)
                tx.execute(insert(seal_application).values(letter | {"upload": photo}))
                detail = {"serial": new.serial, "kind": new.kind.value, "letter_sha256": digest}
                self._journal.append(tx, Event(JournalAction.SEAL_APPLIED, new.id, detail=detail))
        except IntegrityError:  # two applications at the same moment
            raise SealPending("another application was a moment faster") from None


def by_holder(person: Person) -> By:
    """A person as who acts."""
    return By(Actor.HOLDER, str(person.id))


def _check_room(tx: Connection, new: RegisteredSeal) -> None:
    waiting = [one for one in queries.of_certificate(tx, new.serial) if one.status in WAITING]
    if len(waiting) >= MOST_WAITING:
        raise SealPending(f"{len(waiting)} seals are under way")
    if any(one.kind is new.kind and one.name == new.name for one in waiting):
        raise SealPending("one of this kind and name is under way")
