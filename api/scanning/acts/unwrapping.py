"""The content keys of envelopes, one person's, under one approval."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.certificates.decryption import Decryption, EncryptionCertificate
from api.db import Database
from api.scanning.choosing import Asked
from ca.envelopes.errors import RecipientMalformed
from ca.envelopes.opening import open_recipient
from ca.envelopes.recipients import Recipient, read_recipient
from ca.errors import CertificateUnknown
from ca.ledger import Ledger
from hsm import PrivateKey, SealBridgeError

NOT_OURS: Final = "recipient_not_ours"
"""To a certificate of this CA that the person does not hold for the enterprise."""
UNKNOWN: Final = "certificate_unknown"
"""To a certificate that this CA did not issue."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What became of one envelope. ``status``: the code of why there is no ``content_key``."""

    status: str = ""
    recipient: Recipient | None = None
    known: EncryptionCertificate | None = None
    content_key: bytes | None = field(default=None, repr=False)


class Unwrapping:
    """Unwraps content keys in the token."""

    def __init__(self, db: Database, decryption: Decryption, ledger: Ledger) -> None:
        self._db = db
        self._decryption = decryption
        self._ledger = ledger

    def begin(self, asked: Asked) -> Turn:
        """For the envelopes of one approval."""
        mine = self._decryption.all_of(asked.person, asked.certificate.credit_code)
        return Turn(asked, mine, self)

    def opened(self, known: EncryptionCertificate, asked: Asked) -> PrivateKey:
        """A key, by its PIN. Raises what ``Decryption`` does."""
        with self._db.read() as tx:
            self._decryption.check(tx, known, asked.rule.permission)
        own = asked.pins.get(known.holding.serial)
        is_half = known.holding.application_id == asked.certificate.application_id
        pin = asked.pin if own is None else own
        return self._decryption.open(known, pin, is_own_pin=is_half or own is not None)

    def whose(self, recipient: Recipient) -> str:
        """Why an envelope is none of the person's."""
        named = recipient.recipient
        if named.serial is None:  # a key identifier says nothing about other people's certificates
            return NOT_OURS
        try:
            entry = self._ledger.find(named.serial)
            return NOT_OURS if named.names(entry.certificate) else UNKNOWN
        except (CertificateUnknown, OverflowError):
            return UNKNOWN


@dataclass(slots=True)
class Turn:
    """The keys of one approval: each opened at the first envelope that needs it, by one try of its PIN."""

    _asked: Asked
    _mine: list[EncryptionCertificate]
    _unwrapping: Unwrapping
    _keys: dict[str, PrivateKey | SealBridgeError] = field(default_factory=dict)

    def unwrap(self, envelope: Mapping[str, Any]) -> Unwrapped:
        """One envelope, as it was asked for. Raises nothing of its own: every envelope has its result."""
        recipient = None
        try:
            recipient = recipient_of(envelope)
            known = matching(self._mine, recipient)
            if known is None:
                return Unwrapped(self._unwrapping.whose(recipient), recipient)
            return Unwrapped("", recipient, known, open_recipient(recipient, self._key(known)))
        except SealBridgeError as refused:
            return Unwrapped(refused.code, recipient)

    def used(self) -> list[EncryptionCertificate]:
        """Whose keys were opened."""
        return [one for one in self._mine if isinstance(self._keys.get(one.holding.serial), PrivateKey)]

    def _key(self, known: EncryptionCertificate) -> PrivateKey:
        serial = known.holding.serial
        if serial not in self._keys:
            try:
                self._keys[serial] = self._unwrapping.opened(known, self._asked)
            except SealBridgeError as refused:
                self._keys[serial] = refused
        key = self._keys[serial]
        if isinstance(key, SealBridgeError):
            raise key
        return key


def recipient_of(envelope: Mapping[str, Any]) -> Recipient:
    """The recipient's part of an envelope as asked for. Raises RecipientMalformed, RecipientUnsupported."""
    try:
        return read_recipient(base64.b64decode(envelope["recipient"], validate=True))
    except binascii.Error as error:
        raise RecipientMalformed("not base64") from error


def matching(mine: list[EncryptionCertificate], recipient: Recipient) -> EncryptionCertificate | None:
    """The certificate that is meant, if it is one of these."""
    return next((one for one in mine if recipient.recipient.names(one.certificate)), None)
