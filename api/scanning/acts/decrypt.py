"""扫码解密: many envelopes under one PIN, each with its own result, inside the opening's window alone.

The content key of each goes from the token to the one-use key of the hall's session, and to nobody else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from api.certificates.decryption import Decryption
from api.certificates.service import Certificates
from api.db import Database
from api.openings.deposits import content_digest, key_digest, keys_of
from api.openings.errors import EnvelopeOfOtherTender
from api.openings.service import Openings
from api.scanning.acts.outcome import Outcome
from api.scanning.acts.unwrapping import Turn, Unwrapped, Unwrapping
from api.scanning.choosing import Asked
from ca.audit.event import Event
from ca.envelopes.session import seal_content_key

OPENED: Final = "opened"


class Decrypt:
    """Opens envelopes with the encryption halves of the person's certificates for one enterprise."""

    def __init__(
        self,
        db: Database,
        certificates: Certificates,
        decryption: Decryption,
        unwrapping: Unwrapping,
        openings: Openings,
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._decryption = decryption
        self._unwrapping = unwrapping
        self._openings = openings

    def perform(self, asked: Asked) -> Outcome:
        """Raises OpeningNotBegun, OpeningOver, and what ``Certificates.open`` does for the signing half."""
        request, serial = asked.request, asked.certificate.serial
        strange = self._checked(asked)
        identity = self._certificates.open(asked.person, serial, asked.pin, asked.rule.permission)
        turn = self._unwrapping.begin(asked)
        results = {one["id"]: _unwrapped(turn, one, strange) for one in request["envelopes"]}
        results = self._without_strangers(asked, results)
        envelopes = [_told(asked, one, done) for one, done in results.items()]
        keys = {key_digest(one.recipient) for one in results.values() if one.content_key and one.recipient}
        contents = _contents(results)

        def write(tx: Connection) -> Sequence[Event]:
            for one in turn.used():  # whoever lost the power meanwhile gives nothing out
                self._decryption.check(tx, one, asked.rule.permission, hold=True)
            self._openings.give_out(tx, asked.scan.platform, request["tender"]["number"], keys, contents)
            return ()

        statuses = [{"id": one["id"], "status": one["status"]} for one in envelopes]
        titles = [{"id": one["id"], "title": one["title"]} for one in request["envelopes"]]
        return Outcome(
            facts={"tender": request["tender"], "envelopes": statuses},
            extra={"envelopes": envelopes},
            identity=identity,
            shown={"tender": request["tender"], "envelopes": titles},
            write=write,
        )

    def _checked(self, asked: Asked) -> set[str]:
        """Inside the window still; the ids of envelopes that were deposited for another tender."""
        keys = keys_of(asked.request["envelopes"])
        with self._db.read() as tx:
            strange = self._openings.check_decryption(
                tx, asked.scan.platform, asked.request["tender"]["number"], keys.values()
            )
        return {one for one, key in keys.items() if key in strange}

    def _without_strangers(self, asked: Asked, results: dict[str, Unwrapped]) -> dict[str, Unwrapped]:
        """A bid deposited for another tender is known by its content key too: this may be the part of an
        envelope's other recipient, such as the agency's, which its bidder never deposited."""
        with self._db.read() as tx:
            strange = self._openings.unwrapped_elsewhere(
                tx, asked.scan.platform, asked.request["tender"]["number"], _contents(results)
            )
        return {
            envelope: Unwrapped(EnvelopeOfOtherTender.code, done.recipient)
            if done.content_key and content_digest(done.content_key) in strange
            else done
            for envelope, done in results.items()
        }


def _unwrapped(turn: Turn, envelope: Mapping[str, Any], strange: set[str]) -> Unwrapped:
    return Unwrapped(EnvelopeOfOtherTender.code) if envelope["id"] in strange else turn.unwrap(envelope)


def _contents(results: Mapping[str, Unwrapped]) -> set[str]:
    return {content_digest(one.content_key) for one in results.values() if one.content_key}


def _told(asked: Asked, envelope: str, done: Unwrapped) -> dict[str, Any]:
    if done.content_key is None:
        return {"id": envelope, "status": done.status}
    info = f"{asked.scan.id}|{envelope}".encode()
    sealed = seal_content_key(done.content_key, base64.b64decode(asked.request["session_key"]), info)
    return {"id": envelope, "status": OPENED, "sealed_key": base64.b64encode(sealed).decode()}
