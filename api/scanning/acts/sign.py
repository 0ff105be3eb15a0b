"""扫码签章: one or many documents under one PIN."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from api.db import Database
from api.platforms import documents
from api.scanning.acts.outcome import Outcome
from api.scanning.choosing import Asked
from api.scanning.errors import DocumentChanged
from api.scanning.sealed import SealedDocuments
from api.seals.places import placement_of
from api.seals.service import Seal, Sealing, Stamped
from api.seals.terms import LockAsked, terms_of
from ca.audit.event import Event
from ca.documents.levels import Level
from ca.documents.terms import Changes, Terms


class Sign:
    """Puts the seal of the chosen certificate on every document that was listed, or gives none of them."""

    def __init__(self, db: Database, sealing: Sealing, sealed: SealedDocuments) -> None:
        self._db = db
        self._sealing = sealing
        self._sealed = sealed

    def perform(self, asked: Asked) -> Outcome:
        """Raises what ``Sealing.take_up`` and ``put`` do, DocumentMissing, DocumentChanged."""
        held, rule = asked.certificate, asked.rule
        seal = self._sealing.take_up(asked.person, held.serial, asked.pin, rule.permission, asked.seal)
        given = [
            self._signed(asked, seal, number, document)
            for number, document in enumerate(asked.request["documents"])
        ]
        stamped = [Stamped(one["sha256"], one["sealed_sha256"], asked.request["reason"]) for one in given]

        def write(tx: Connection) -> Sequence[Event]:
            return self._sealing.note(tx, seal, rule.permission, stamped)

        shown = {"reason": asked.request["reason"], "documents": asked.request["documents"]}
        hrefs = [one | {"href": _href(asked, number)} for number, one in enumerate(given)]
        return Outcome(
            facts={"reason": asked.request["reason"], "documents": given},
            extra={"documents": hrefs},
            identity=seal.identity,
            shown=shown,
            write=write,
        )

    def _signed(self, asked: Asked, seal: Seal, number: int, document: dict[str, Any]) -> dict[str, Any]:
        """One document at a time is in memory: fifty large ones would be too many."""
        with self._db.read() as tx:
            pdf = documents.content(tx, asked.scan.platform, document["sha256"])
        if hashlib.sha256(pdf).hexdigest() != document["sha256"]:
            raise DocumentChanged(f"document {number} has other bytes than were shown")
        places = [placement_of(one) for one in document["places"]]
        reason, level = asked.request["reason"], _level(asked.request)
        sealed = self._sealing.put(seal, pdf, places, reason, level, _terms(document))
        digest = self._sealed.stage(asked.scan.id, number, sealed)
        return {"sha256": document["sha256"], "title": document["title"], "sealed_sha256": digest}


def _terms(document: Mapping[str, Any]) -> Terms:
    lock = document.get("lock")
    certify = document.get("certify")
    return terms_of(None, certify and Changes(certify), lock and LockAsked.model_validate(lock))


def _level(request: Mapping[str, Any]) -> Level | None:
    return Level(request["level"]) if request.get("level") else None


def _href(asked: Asked, number: int) -> str:
    return f"/platform/v1/scans/{asked.scan.id}/documents/{number}"
