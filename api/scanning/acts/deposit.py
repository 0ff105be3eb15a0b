"""扫码递交: the token tries the key of every envelope of a bid, long before it has to open them.

No content key is given out. That the token has the right one is proved by a MAC under it, which whoever made
the envelope wrote beside it. What passed is remembered with its opening, and the bidder gets a receipt.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from api.certificates.decryption import Decryption
from api.certificates.service import Certificates
from api.db import Database
from api.openings import deposits
from api.openings.deposits import Deposit as Deposited
from api.openings.deposits import content_digest, key_digest, keys_of
from api.openings.errors import EnvelopeOfOtherTender
from api.openings.service import Openings
from api.openings.windows import strangers
from api.scanning.acts.outcome import Outcome
from api.scanning.acts.telling import enterprise_told
from api.scanning.acts.unwrapping import Unwrapped, Unwrapping
from api.scanning.choosing import Asked
from ca.audit.event import Event
from ca.timestamps import TimeStamper
from mobile_bridge.canonical import canonical

PURPOSE: Final = b"sealbridge-envelope-check"
"""What the MAC of an envelope is for; then comes the SHA-256 of its file."""

DEPOSITED: Final = "deposited"
CHECK_WRONG: Final = "check_wrong"
"""What the token unwraps is not the key under which the MAC was made: the envelope would not open. With PKCS
#1 v1.5 a broken block says the same (RFC 3218)."""


class Deposit:
    """Tries envelopes with the encryption halves of the person's certificates for one enterprise."""

    def __init__(
        self,
        db: Database,
        certificates: Certificates,
        decryption: Decryption,
        unwrapping: Unwrapping,
        openings: Openings,
        stamper: TimeStamper,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._decryption = decryption
        self._unwrapping = unwrapping
        self._openings = openings
        self._stamper = stamper
        self._clock = clock

    def perform(self, asked: Asked) -> Outcome:
        """Raises DepositTooLate, ClockUntrusted, HsmError, and what ``Certificates.open`` does."""
        request, serial = asked.request, asked.certificate.serial
        strange = self._checked(asked)
        identity = self._certificates.open(asked.person, serial, asked.pin, asked.rule.permission)
        turn = self._unwrapping.begin(asked)
        results = [
            (one, Unwrapped(EnvelopeOfOtherTender.code) if one["id"] in strange else turn.unwrap(one))
            for one in request["envelopes"]
        ]
        receipt = self._receipt(asked, [_told(one, done) for one, done in results])
        statuses = [{"id": one["id"], "status": one["status"]} for one in receipt["envelopes"]]
        passed = [one for one, told in zip(results, statuses, strict=True) if told["status"] == DEPOSITED]
        token = self._stamper.token(canonical(receipt))

        def write(tx: Connection) -> Sequence[Event]:
            for one in turn.used():
                self._decryption.check(tx, one, asked.rule.permission, hold=True)
            opening = self._openings.check_deposit(tx, asked.scan.platform, request["tender"]["number"])
            deposits.remember(tx, (self._deposited(asked, opening.id, *one) for one in passed))
            return ()

        return Outcome(
            facts={"tender": request["tender"], "envelopes": statuses, "deposit": receipt},
            extra={"receipt": base64.b64encode(token).decode()},
            identity=identity,
            shown={"tender": request["tender"], "envelopes": _shown(request["envelopes"])},
            write=write,
        )

    def _checked(self, asked: Asked) -> set[str]:
        """Before the opening still; the ids of envelopes that were deposited for another tender."""
        keys = keys_of(asked.request["envelopes"])
        with self._db.read() as tx:
            opening = self._openings.check_deposit(tx, asked.scan.platform, asked.request["tender"]["number"])
            strange = strangers(tx, opening.id, keys.values())
        return {one for one, key in keys.items() if key in strange}

    def _receipt(self, asked: Asked, envelopes: list[dict[str, Any]]) -> dict[str, Any]:
        binding = asked.binding
        told: dict[str, Any] = {
            "platform": asked.scan.platform,
            "scan": asked.scan.id,
            "request_digest": asked.scan.digest,
            "tender": asked.request["tender"],
            "envelopes": envelopes,
        }
        if binding is not None:
            told["enterprise"] = enterprise_told(binding.enterprise_name, binding.credit_code)
        return told

    def _deposited(
        self, asked: Asked, opening_id: str, envelope: Mapping[str, Any], done: Unwrapped
    ) -> Deposited:
        assert done.recipient is not None  # noqa: S101 - what passed has both
        assert done.known is not None  # noqa: S101
        assert done.content_key is not None  # noqa: S101
        return Deposited(
            key_sha256=key_digest(done.recipient),
            opening_id=opening_id,
            envelope=envelope["id"],
            title=envelope["title"],
            sha256=envelope["sha256"],
            bytes=envelope["bytes"],
            serial=done.known.holding.serial,
            person_id=asked.person.id,
            credit_code=asked.certificate.credit_code,
            scan_id=asked.scan.id,
            deposited_at=self._clock(),
            content_sha256=content_digest(done.content_key),
        )


def check_of(content_key: bytes, sha256: str) -> bytes:
    """The MAC of an envelope whose file has this SHA-256 (hexadecimal)."""
    return hmac.digest(content_key, PURPOSE + bytes.fromhex(sha256), "sha256")


def _told(envelope: Mapping[str, Any], done: Unwrapped) -> dict[str, Any]:
    told = {name: envelope[name] for name in ("id", "title", "sha256", "bytes")}
    if done.known is None or done.content_key is None:
        return told | {"status": done.status}
    given = base64.b64decode(envelope["check"])
    fits = hmac.compare_digest(check_of(done.content_key, envelope["sha256"]), given)
    return told | {"status": DEPOSITED if fits else CHECK_WRONG, "serial": done.known.holding.serial}


def _shown(envelopes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("id", "title", "sha256", "bytes")} for one in envelopes]
