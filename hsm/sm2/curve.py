"""The SM2 curve, its public keys, and the digest that is signed (GB/T 32918.2, 5.5; GB/T 32918.5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.errors import MechanismMissing

USER_ID: Final = b"1234567812345678"
"""The signer's identity where nobody agreed on another (GM/T 0009, section 10)."""
PARAMETERS: Final = bytes.fromhex("06082a811ccf5501822d")
"""The curve's OID, 1.2.156.10197.1.301, DER."""
_A: Final = bytes.fromhex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC")
_B: Final = bytes.fromhex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93")
_GX: Final = bytes.fromhex("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7")
_GY: Final = bytes.fromhex("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0")
_P: Final = int.from_bytes(_A, "big") + 3
# SubjectPublicKeyInfo (RFC 5480) up to the point: id-ecPublicKey, the curve, BIT STRING of 65 bytes.
_SPKI: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
POINT_LENGTH: Final = 65


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """A point of the curve, uncompressed: 0x04, x and y. Raises ValueError for another."""

    point: bytes

    def __post_init__(self) -> None:
        x, y = int.from_bytes(self.point[1:33], "big"), int.from_bytes(self.point[33:], "big")
        on_curve = (y * y - (x**3 + int.from_bytes(_A, "big") * x + int.from_bytes(_B, "big"))) % _P == 0
        if len(self.point) != POINT_LENGTH or self.point[0] != 4 or max(x, y) >= _P or not on_curve:
            raise ValueError("not a point of the SM2 curve")

    @property
    def spki(self) -> bytes:
        """DER SubjectPublicKeyInfo."""
        return _SPKI + self.point

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:
        """As the keys of ``cryptography`` have it; DER SubjectPublicKeyInfo alone."""
        if (encoding, format) != (Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
            raise ValueError("DER SubjectPublicKeyInfo alone")
        return self.spki

    def digest(self, message: bytes, user_id: bytes = USER_ID) -> bytes:
        """e: SM3 of the signer's Z and the message, what SM2 signs. Raises MechanismMissing without SM3."""
        identity = (8 * len(user_id)).to_bytes(2, "big") + user_id
        return _sm3(_sm3(identity + _A + _B + _GX + _GY + self.point[1:]) + message)

    @classmethod
    def from_spki(cls, spki: bytes) -> Sm2PublicKey:
        """From a DER SubjectPublicKeyInfo. Raises ValueError for another kind of key."""
        if not spki.startswith(_SPKI):
            raise ValueError("not an SM2 key")
        return cls(spki[len(_SPKI) :])


def _sm3(data: bytes) -> bytes:
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError as error:
        raise MechanismMissing("this Python's OpenSSL has no SM3") from error
