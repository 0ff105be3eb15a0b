"""扫码解密: many envelopes under one PIN, each with its own result.

The content key of each goes from the token to the one-use key of the hall's session, and to nobody else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from api.certificates.decryption import Decryption, EncryptionCertificate
from api.certificates.queries import Holding
from api.certificates.service import Certificates
from api.db import Database
from api.scanning.acts.outcome import Outcome
from api.scanning.choosing import Asked
from ca.audit.event import Event
from ca.envelopes.errors import RecipientMalformed
from ca.envelopes.opening import open_recipient
from ca.envelopes.recipients import Recipient, read_recipient
from ca.envelopes.session import seal_content_key
from ca.errors import CertificateUnknown
from ca.ledger import Ledger
from hsm import PrivateKey, SealBridgeError

OPENED: Final = "opened"
NOT_OURS: Final = "recipient_not_ours"
"""To a certificate of this CA that the person does not hold for the enterprise."""
UNKNOWN: Final = "certificate_unknown"
"""To a certificate that this CA did not issue."""


@dataclass(slots=True)
class _Keys:
    """The keys of one approval: each opened at the first envelope that needs it, by one try of its PIN."""

    open: Callable[[EncryptionCertificate], PrivateKey]
    found: dict[str, PrivateKey | SealBridgeError] = field(default_factory=dict)

    def of(self, known: EncryptionCertificate) -> PrivateKey:
        serial = known.holding.serial
        if serial not in self.found:
            try:
                self.found[serial] = self.open(known)
            except SealBridgeError as refused:
                self.found[serial] = refused
        key = self.found[serial]
        if isinstance(key, SealBridgeError):
            raise key
        return key


class Decrypt:
    """Opens envelopes with the encryption halves of the person's certificates for one enterprise."""

    def __init__(
        self, db: Database, certificates: Certificates, decryption: Decryption, ledger: Ledger
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._decryption = decryption
        self._ledger = ledger

    def perform(self, asked: Asked) -> Outcome:
        """Raises what ``Certificates.open`` does for the signing half; each envelope has its own result."""
        held, request = asked.certificate, asked.request
        identity = self._certificates.open(asked.person, held.serial, asked.pin, asked.rule.permission)
        mine = self._decryption.all_of(asked.person, held.credit_code)
        keys = _Keys(lambda known: self._opened(known, asked, held))
        session_key = base64.b64decode(request["session_key"])
        envelopes = [self._result(asked, one, mine, keys, session_key) for one in request["envelopes"]]
        used = [one for one in mine if isinstance(keys.found.get(one.holding.serial), PrivateKey)]

        def write(tx: Connection) -> Sequence[Event]:
            for one in used:  # whoever lost the power meanwhile gives nothing out
                self._decryption.check(tx, one, hold=True)
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

    def _opened(self, known: EncryptionCertificate, asked: Asked, held: Holding) -> PrivateKey:
        with self._db.read() as tx:
            self._decryption.check(tx, known)
        own = asked.pins.get(known.holding.serial)
        is_half = known.holding.application_id == held.application_id
        pin = asked.pin if own is None else own
        return self._decryption.open(known, pin, is_own_pin=is_half or own is not None)

    def _result(
        self,
        asked: Asked,
        envelope: dict[str, Any],
        mine: list[EncryptionCertificate],
        keys: _Keys,
        session_key: bytes,
    ) -> dict[str, Any]:
        try:
            recipient = recipient_of(envelope)
            known = matching(mine, recipient)
            if known is None:
                return {"id": envelope["id"], "status": self._whose(recipient)}
            content_key = open_recipient(recipient, keys.of(known))
        except SealBridgeError as refused:
            return {"id": envelope["id"], "status": refused.code}
        info = f"{asked.scan.id}|{envelope['id']}".encode()
        sealed = seal_content_key(content_key, session_key, info)
        return {"id": envelope["id"], "status": OPENED, "sealed_key": base64.b64encode(sealed).decode()}

    def _whose(self, recipient: Recipient) -> str:
        named = recipient.recipient
        if named.serial is None:  # a key identifier says nothing about other people's certificates
            return NOT_OURS
        try:
            entry = self._ledger.find(named.serial)
            return NOT_OURS if named.names(entry.certificate) else UNKNOWN
        except (CertificateUnknown, OverflowError):
            return UNKNOWN


def recipient_of(envelope: dict[str, Any]) -> Recipient:
    """The recipient's part of an envelope as asked for. Raises RecipientMalformed, RecipientUnsupported."""
    try:
        return read_recipient(base64.b64decode(envelope["recipient"], validate=True))
    except binascii.Error as error:
        raise RecipientMalformed("not base64") from error


def matching(mine: list[EncryptionCertificate], recipient: Recipient) -> EncryptionCertificate | None:
    """The certificate that is meant, if it is one of these."""
    return next((one for one in mine if recipient.recipient.names(one.certificate)), None)
