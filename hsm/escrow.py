"""The second copy of an encryption key, for when its owner has forgotten the PIN.

It is made in the same moment as the key and wrapped by a token key of its own, so that it opens without
the owner's PIN. Who may ask for that, and how many have to agree, is the caller's; this module only makes
sure that what is given back is the key of the certificate it is asked for.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from hsm.errors import HsmError, KeyDamaged
from hsm.keys import PrivateKey, token_key
from hsm.mechanisms import KeyKind, KeyUse
from hsm.public_keys import PublicKey
from hsm.session import Session
from hsm.token import Token
from hsm.wrapped import Vault, WrappedAccess, sealed_blob
from hsm.wrapping import AesKeyWrapper, KeyWrapper

ESCROW_LABEL: Final = "sealbridge-escrow"
_PROOF: Final = 24  # bytes encrypted to the public key, which only its own private key gives back
# With SHA-1, which every token offers; OAEP does not rest on its resistance to collisions (RFC 8017, B.1).
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303


def open_escrow(token: Token) -> KeyWrapper:
    """The wrapper of second copies; its key is made at the first time. Raises MechanismMissing."""
    wrapper = AesKeyWrapper(token, ESCROW_LABEL)
    wrapper.ensure_key()
    return wrapper


def restored_blob(
    vault: Vault, escrow: KeyWrapper, label: str, copy: bytes, kind: KeyKind, public_key: PublicKey, pin: str
) -> bytes:
    """A new blob for ``label`` from the escrowed ``copy``, sealed under a new PIN.

    The key passes from one wrapping to the other inside the token. Raises KeyDamaged when the copy is not
    the private half of ``public_key``, and HsmError, which is all that some tokens say of a damaged copy.
    """

    def rewrap(session: Session) -> bytes:
        private = escrow.unwrap(session, copy, kind, KeyUse.DECRYPT, passing=True)
        try:
            return vault.wrapper.wrap(session, private)
        finally:
            private.destroy()

    wrapped = vault.token.run(rewrap)
    access = WrappedAccess(vault, wrapped, kind, KeyUse.DECRYPT)
    if not _belong_together(token_key(access, public_key), public_key):
        raise KeyDamaged(f"the escrowed copy of {label!r} is another key")
    return sealed_blob(vault, label, pin, wrapped, kind, KeyUse.DECRYPT, public_key)


def _belong_together(private: PrivateKey, public: PublicKey) -> bool:
    """Whether the token's key opens what is closed to ``public``. A copy moved to another row does not."""
    try:
        if isinstance(private, RSAPrivateKey) and isinstance(public, RSAPublicKey):
            proof = secrets.token_bytes(_PROOF)
            return private.decrypt(public.encrypt(proof, _OAEP), _OAEP) == proof
        if isinstance(private, EllipticCurvePrivateKey) and isinstance(public, EllipticCurvePublicKey):
            other = ec.generate_private_key(public.curve)
            shared = private.exchange(ec.ECDH(), other.public_key())
            return shared == other.exchange(ec.ECDH(), public)
    except (HsmError, ValueError):
        return False
    return False
