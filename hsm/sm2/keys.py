"""An SM2 key in a token. Not a key of ``cryptography``, which has no SM2: its builders do not take it."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from hsm.cryptoki import mechanism
from hsm.errors import HsmError
from hsm.keys import KeyAccess
from hsm.sm2.curve import Sm2PublicKey
from hsm.sm2.table import Sm2Mechanisms

_NUMBER: Final = 32
_ROOM: Final = 80


class TokenSm2Key:
    """Signs with SM3 and the default identity of the signer; the private number stays in the token."""

    def __init__(self, access: KeyAccess, public: Sm2PublicKey, table: Sm2Mechanisms) -> None:
        self._access, self._public, self._table = access, public, table
        self._mechanism = mechanism(table.sign)

    def public_key(self) -> Sm2PublicKey:
        """The public half."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """An SM2 signature over ``data``, a DER SEQUENCE of r and s (GM/T 0009, 7.3). Raises HsmError."""
        given = data if self._table.hashes else self._public.digest(data)
        made = self._access.sign(self._mechanism, given, _ROOM)
        if self._table.gives_der:
            return encode_dss_signature(*_numbers(made))
        if len(made) != 2 * _NUMBER:
            raise HsmError(f"the token gave {len(made)} bytes for r and s; see `gives` in the table")
        return encode_dss_signature(
            int.from_bytes(made[:_NUMBER], "big"), int.from_bytes(made[_NUMBER:], "big")
        )


def _numbers(made: bytes) -> tuple[int, int]:
    try:
        return decode_dss_signature(made)
    except ValueError as error:
        raise HsmError("the token gave no SEQUENCE of r and s; see `gives` in the table") from error
