"""Many documents under one approval of the PIN, each with a result of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast
from zipfile import ZIP_STORED, ZipFile

from api.accounts.sessions import Person
from api.db import Database
from api.enterprises.rules import Permission
from api.seals.service import Seal, Sealing, Stamped, digest_of
from ca.audit.journal import Journal
from ca.documents.levels import Level
from ca.documents.placing import Placement
from ca.documents.terms import Terms
from hsm import SealBridgeError

MOST_FILES: Final = 50
_IN_MEMORY: Final = 4 * 1024 * 1024
_PART: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """A document to be sealed. ``name``: as it was sent, for people alone."""

    name: str
    document: BinaryIO
    places: Sequence[Placement]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a document. ``file``: its name in the answer; or ``code`` and ``message``: why not."""

    name: str
    sha256: str
    file: str | None = None
    sealed_sha256: str | None = None
    code: str | None = None
    message: str | None = None


class Batches:
    """Seals documents one by one, and writes all of it down at once."""

    def __init__(self, db: Database, sealing: Sealing, journal: Journal) -> None:
        self._db = db
        self._sealing = sealing
        self._journal = journal

    def stamp(
        self,
        person: Person,
        serial: str,
        pin: str,
        items: Sequence[Item],
        reason: str,
        seal: str | None = None,
        level: Level | None = None,
    ) -> BinaryIO:
        """A zip file of what could be sealed, with ``results.json``, a list in the order of ``items``.

        One document that is refused keeps no other from being sealed. Raises what ``Sealing.take_up`` and
        ``note`` raise: then nothing is given out.
        """
        taken = self._sealing.take_up(person, serial, pin, Permission.SEAL, seal)
        archive = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the answer reads it
        with ZipFile(archive, "w", ZIP_STORED) as package:
            results = [
                self._one(package, taken, number, item, reason, level)
                for number, item in enumerate(items, start=1)
            ]
            package.writestr("results.json", json.dumps([asdict(one) for one in results], ensure_ascii=False))
        done = [Stamped(one.sha256, one.sealed_sha256, reason) for one in results if one.sealed_sha256]
        if done:
            with self._db.write() as tx:
                self._journal.append(tx, *self._sealing.note(tx, taken, Permission.SEAL, done))
        return archive

    def _one(
        self, package: ZipFile, taken: Seal, number: int, item: Item, reason: str, level: Level | None
    ) -> Result:
        before = digest_of(item.document)
        try:
            self._sealing.put_in(taken, item.document, item.places, reason, level, item.terms)
        except SealBridgeError as refused:
            return Result(item.name, before, code=refused.code, message=refused.message)
        name = f"{number}.pdf"
        after = digest_of(item.document)
        item.document.seek(0)
        with package.open(name, "w") as entry:
            while part := item.document.read(_PART):
                entry.write(part)
        return Result(item.name, before, name, after)
