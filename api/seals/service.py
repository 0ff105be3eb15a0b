"""Stamping a seal on a PDF."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO

from sqlalchemy import Connection, insert

from api.accounts.sessions import Person
from api.certificates import queries as holdings
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.certificates.service import Certificates
from api.db import Database
from api.enterprises.rules import Permission
from api.seals import queries
from api.seals.own import OwnSeals
from api.seals.queries import RegisteredSeal
from api.seals.rules import OWN
from api.seals.tables import stamp
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.documents.levels import Lasting, Level
from ca.documents.placing import Placement
from ca.documents.reading import MAX_BYTES, MAX_FILE_BYTES
from ca.documents.signing import SigningIdentity, seal_in
from ca.documents.terms import PLAIN, Terms
from ca.documents.updating import as_it_was
from ca.seals.picture import SealPicture
from ca.seals.rules import SealKind


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal in its holder's hand: the PIN was right, and as many documents may follow as were agreed to.

    ``id``: of the registered seal; ``der``: its SESeal, which travels in the signatures. Hold it for one act
    alone: that the holder has the power, and the seal is in use, is asked again when ``note`` is called.
    """

    serial: str
    identity: SigningIdentity
    picture: SealPicture
    id: str
    der: bytes


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a seal was put on, by digests (SHA-256, hexadecimal) before and after, and why."""

    before_sha256: str
    after_sha256: str
    reason: str


class Sealing:
    """Stamps with the person's own certificates."""

    def __init__(
        self,
        db: Database,
        certificates: Certificates,
        own: OwnSeals,
        lasting: Lasting,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._own = own
        self._lasting = lasting
        self._clock = clock
        self._journal = journal

    def stamp(
        self,
        person: Person,
        serial: str,
        pin: str,
        pdf: bytes,
        place: Placement | Sequence[Placement],
        reason: str,
        permission: Permission | None = Permission.SEAL,
        seal: str | None = None,
    ) -> bytes:
        """``pdf`` with a seal of the certificate, signed, as ``stamp_in`` does it."""
        document = BytesIO(pdf)
        self.stamp_in(person, serial, pin, document, place, reason, permission, seal)
        return document.getvalue()

    def stamp_in(
        self,
        person: Person,
        serial: str,
        pin: str,
        document: BinaryIO,
        place: Placement | Sequence[Placement],
        reason: str,
        permission: Permission | None = Permission.SEAL,
        seal: str | None = None,
        level: Level | None = None,
        terms: Terms = PLAIN,
    ) -> None:
        """Put a seal of the certificate on a PDF in a file, signed, and write down that it was done.

        ``permission``: what a clerk needs, None for the clerk's own affairs. ``seal``: as in ``take_up``;
        ``level``: as in ``put``. Whatever is raised, the document is as it was before: NotFound,
        NotPermitted, NoLongerMember, AdministratorNeeded, CertificateUnusable, SealSuspended, SealNotInUse,
        SealChoiceNeeded, PinIncorrect, PinLocked, GlyphsMissing, and as ``put``.
        """
        taken = self.take_up(person, serial, pin, permission, seal)
        before = digest_of(document)
        with as_it_was(document):
            self.put_in(taken, document, place, reason, level, terms)
            done = Stamped(before, digest_of(document), reason)
            with self._db.write() as tx:
                self._journal.append(tx, *self.note(tx, taken, permission, [done]))

    def take_up(
        self, person: Person, serial: str, pin: str, permission: Permission | None, seal: str | None = None
    ) -> Seal:
        """The seal, by the PIN, which is one try however many documents follow. Raises as ``stamp``.

        ``seal``: its id, or its kind; None for the one that the certificate has by itself: the enterprise's
        round seal, the signature that a natural person chose, the holder's name.
        """
        held = self._certificates.usable(person, serial, permission).holding
        if seal is None:
            self._own.ensure(held.serial)
        else:  # which may be a picture because no font has the name
            self._own.ensure_if_possible(held.serial)
        with self._db.read() as tx:
            chosen = _chosen(tx, held, seal)
            shown = queries.pictures(tx, chosen.id)
        identity = self._certificates.open(person, held.serial, pin, permission)
        size = chosen.width_um / 1000, chosen.height_um / 1000
        picture = SealPicture(chosen.name, shown.pdf, shown.png, *size)
        return Seal(held.serial, identity, picture, chosen.id, chosen.der or b"")

    def put(
        self,
        seal: Seal,
        pdf: bytes,
        places: Sequence[Placement],
        reason: str,
        level: Level | None = None,
        terms: Terms = PLAIN,
    ) -> bytes:
        """``pdf`` with the seal, as ``put_in`` puts it."""
        document = BytesIO(pdf)
        self.put_in(seal, document, places, reason, level, terms, MAX_BYTES)
        return document.getvalue()

    def put_in(
        self,
        seal: Seal,
        document: BinaryIO,
        places: Placement | Sequence[Placement],
        reason: str,
        level: Level | None = None,
        terms: Terms = PLAIN,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        """Put the seal at each place of a PDF in a file, all of them one signature.

        ``level``: how long it can be judged; as the settings say unless given. Nothing is written down:
        whoever gives the document out calls ``note`` first. When this fails, a part may have been added
        (``updating.as_it_was`` cuts it off). Raises HsmError, TimeStampMissing, ProofMissing, SignerNotGood,
        and the subclasses of DocumentRefused.
        """
        level = level or self._lasting.level
        seal_in(
            *(document, seal.identity, seal.picture, places),
            reason=reason,
            at=self._clock(),
            stamps=self._lasting.stamps if level.is_stamped else None,
            seal=seal.der,
            max_bytes=max_bytes,
            terms=terms,
        )
        self._lasting.complete(document, level, seal.identity.certificate, terms.password)

    def note(
        self, tx: Connection, seal: Seal, permission: Permission | None, stamped: Sequence[Stamped]
    ) -> list[Event]:
        """Write down what was sealed; the events are the caller's to append, last. Raises as ``power``:
        whoever lost the power, or the seal, while the token signed gets nothing of it."""
        require_power(tx, holdings.find(tx, seal.serial), permission, hold=True)
        queries.require_in_use(tx, seal.id, seal.serial, hold=True)
        told = {"serial": seal.serial, "seal_id": seal.id, "at": self._clock()}
        rows: list[dict[str, Any]] = [told | asdict(one) for one in stamped]
        tx.execute(insert(stamp), rows)
        return [
            Event(
                Action.DOCUMENT_SEALED,
                seal.serial,
                detail={
                    "seal": seal.id,
                    "before_sha256": one.before_sha256,
                    "after_sha256": one.after_sha256,
                },
            )
            for one in stamped
        ]


def _chosen(tx: Connection, held: Holding, seal: str | None) -> RegisteredSeal:
    if seal is None:
        return queries.seal_in_use(tx, held.serial, OWN[held.kind])
    if seal in set(SealKind):
        return queries.seal_in_use(tx, held.serial, SealKind(seal))
    return queries.require_in_use(tx, seal, held.serial)


def digest_of(document: BinaryIO) -> str:
    """SHA-256 of a file, in hexadecimal."""
    document.seek(0)
    return hashlib.file_digest(document, "sha256").hexdigest()  # type: ignore[arg-type]
