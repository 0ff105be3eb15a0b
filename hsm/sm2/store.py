"""SM2 keys that are token objects: made, opened, destroyed."""

from __future__ import annotations

import secrets
from typing import Any, Final

from asn1crypto import x509
from pkcs11 import Attribute
from pkcs11.constants import ObjectClass

from hsm.cryptoki import mechanism, ulong
from hsm.errors import KeyExists, KeyGenerationMissing, KeyNotFound, MechanismMissing
from hsm.public_keys import point_of
from hsm.session import Session
from hsm.sm2.curve import POINT_LENGTH, Sm2PublicKey
from hsm.sm2.keys import TokenSm2Key
from hsm.sm2.table import Sm2Mechanisms
from hsm.store import ResidentAccess, TokenKeys
from hsm.token import Token

_ID_BYTES: Final = 20
_TRUE: Final = b"\x01"
_FALSE: Final = b"\x00"


class Sm2Keys:
    """The SM2 keys of a token whose configuration has a table. Raises MechanismMissing without one."""

    def __init__(self, token: Token) -> None:
        if token.sm2 is None:
            raise MechanismMissing("the token's configuration has no table of SM2 mechanisms")
        self._token, self._table = token, token.sm2

    def generate(self, label: str) -> TokenSm2Key:
        """A new pair, sensitive and not extractable. Raises KeyExists, KeyGenerationMissing, HsmError."""
        how = self._table.generate
        if how is None or how not in self._token.info.mechanisms:
            raise KeyGenerationMissing(f"{self._token.info.label}: no generation of SM2 keys")
        if label in TokenKeys(self._token).labels():
            raise KeyExists(f"{self._token.info.label} has a key {label!r} already")
        public, private = _templates(self._table, label, secrets.token_bytes(_ID_BYTES))
        self._token.change(lambda session: session.generate_by(mechanism(how), public, private))
        return self.open(label)

    def open(self, label: str) -> TokenSm2Key:
        """The key with this CKA_LABEL. Raises KeyNotFound, MechanismMissing for one of another kind."""
        return self._open(label)

    def open_by_id(self, key_id: bytes) -> TokenSm2Key:
        """The key with this CKA_ID, as a certificate on the token names it."""
        return self._open(key_id)

    def destroy(self, label: str) -> None:
        """Destroy the pair for good. Raises KeyNotFound."""
        TokenKeys(self._token).destroy(label)

    def _open(self, name: str | bytes) -> TokenSm2Key:
        public = self._token.run(lambda session: _public_half(session, session.private_key(name)))
        return TokenSm2Key(ResidentAccess(self._token, name), public, self._table)


def _public_half(session: Session, private: Any) -> Sm2PublicKey:
    """From the public object, or from the certificate beside the key, which locks often have alone."""
    key_id: bytes = private[Attribute.ID]
    try:
        public = session.find(ObjectClass.PUBLIC_KEY, key_id)
        return Sm2PublicKey(point_of(public[Attribute.EC_POINT], POINT_LENGTH))
    except KeyNotFound:
        found = session.find(ObjectClass.CERTIFICATE, key_id)[Attribute.VALUE]
        return _read(x509.Certificate.load(found).public_key.dump())
    except ValueError as error:
        raise MechanismMissing("the key is not on the SM2 curve") from error


def _read(spki: bytes) -> Sm2PublicKey:
    try:
        return Sm2PublicKey.from_spki(spki)
    except ValueError as error:
        raise MechanismMissing("the key is not on the SM2 curve") from error


def _templates(
    table: Sm2Mechanisms, label: str, key_id: bytes
) -> tuple[dict[Attribute, bytes], dict[Attribute, bytes]]:
    both = {
        Attribute.KEY_TYPE: ulong(table.key_type),
        Attribute.TOKEN: _TRUE,
        Attribute.LABEL: label.encode(),
        Attribute.ID: key_id,
    }
    public = both | {Attribute.EC_PARAMS: table.parameters, Attribute.VERIFY: _TRUE}
    private = both | {
        Attribute.PRIVATE: _TRUE,
        Attribute.SENSITIVE: _TRUE,
        Attribute.EXTRACTABLE: _FALSE,
        Attribute.SIGN: _TRUE,
    }
    return public, private
