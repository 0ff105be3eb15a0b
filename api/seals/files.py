"""Seals on what is no PDF: OFD documents, and signatures beside files of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from api.accounts.sessions import Person
from api.db import Database
from api.enterprises.rules import Permission
from api.seals.service import Seal, Sealing, Stamped
from ca.audit.journal import Journal
from ca.documents.detached.digests import FileDigest, digest_of, digests_of
from ca.documents.detached.making import sign_lasting
from ca.documents.levels import Lasting, Level
from ca.documents.placing import Placement
from ca.ofd.package import Package
from ca.ofd.signing import seal_package
from ca.seals.objects.reading import read_seal
from ca.signatures import document_digest

_LISTED = "sha256"
"""By which the journal and the list of what was sealed name a document."""


class FileSealing:
    """Stamps with the person's own certificates, as ``Sealing`` does on PDFs."""

    def __init__(
        self,
        db: Database,
        sealing: Sealing,
        lasting: Lasting,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db, self._sealing, self._lasting = db, sealing, lasting
        self._clock, self._journal = clock, journal

    def seal_ofd(
        self,
        person: Person,
        serial: str,
        pin: str,
        document: BinaryIO,
        target: BinaryIO,
        places: Sequence[Placement],
        reason: str,
        seal: str | None = None,
        level: Level | None = None,
    ) -> None:
        """Write to ``target`` the OFD document with a seal of the certificate, and down that it was done.

        ``level``: above B-B a time stamp travels with it, which is all that OFD has a place for. Raises as
        ``Sealing.stamp_in``, and the subclasses of OfdRefused.
        """
        taken = self._sealing.take_up(person, serial, pin, Permission.SEAL, seal)
        with Package.open(document) as package:
            seal_package(
                package,
                taken.identity,
                read_seal(taken.der),
                places,
                target,
                at=self._clock(),
                stamps=self._lasting.stamps if (level or self._lasting.level).is_stamped else None,
            )
        self._note(taken, _digest(document), _digest(target), reason)

    def sign_file(
        self,
        person: Person,
        serial: str,
        pin: str,
        file: BinaryIO,
        reason: str,
        seal: str | None = None,
        level: Level | None = None,
    ) -> bytes:
        """A signature (CMS, DER) for beside a file of any kind. Raises as ``Sealing.stamp_in``."""
        taken = self._sealing.take_up(person, serial, pin, Permission.SEAL, seal)
        algorithm = document_digest(taken.identity.certificate).name
        file.seek(0)
        found = digests_of(file, {algorithm, _LISTED})
        return self._signed(
            taken, FileDigest(algorithm, found[algorithm]), found[_LISTED].hex(), reason, level
        )

    def sign_digest(
        self,
        person: Person,
        serial: str,
        pin: str,
        sha256: bytes,
        reason: str,
        seal: str | None = None,
        level: Level | None = None,
    ) -> bytes:
        """The same for a file that stays where it is. Raises as ``sign_file``, and DigestRefused for a
        certificate whose key wants another digest than SHA-256."""
        taken = self._sealing.take_up(person, serial, pin, Permission.SEAL, seal)
        return self._signed(taken, FileDigest(_LISTED, sha256), sha256.hex(), reason, level)

    def _signed(
        self, taken: Seal, digest: FileDigest, sha256: str, reason: str, level: Level | None
    ) -> bytes:
        made = sign_lasting(
            *(taken.identity, digest, self._lasting, level or self._lasting.level),
            at=self._clock(),
            seal=taken.der,
        )
        self._note(taken, sha256, _digest(BytesIO(made)), reason)
        return made

    def _note(self, taken: Seal, before: str, after: str, reason: str) -> None:
        with self._db.write() as tx:
            done = [Stamped(before, after, reason)]
            self._journal.append(tx, *self._sealing.note(tx, taken, Permission.SEAL, done))


def _digest(document: BinaryIO) -> str:
    document.seek(0)
    return digest_of(document, _LISTED).value.hex()
