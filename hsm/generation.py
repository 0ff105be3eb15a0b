"""Making key pairs on a token, for keeping there or for wrapping at once."""

from __future__ import annotations

import threading
from typing import Any, Final

from pkcs11 import Attribute, Mechanism, MechanismFlag
from pkcs11.constants import DEFAULT

from hsm.errors import KeyGenerationMissing, MechanismMissing
from hsm.mechanisms import CURVES, ED25519_PARAMS, GENERATE, PARAMS_BY_CURVE, RSA_BITS, KeyKind, KeyUse
from hsm.session import Session
from hsm.token import Token

# Some SoftHSM2 builds crash when two threads generate Edwards keys at once.
_edwards = threading.Lock()

CAPABILITIES: Final = {
    (False, KeyUse.SIGN): MechanismFlag.SIGN,
    (True, KeyUse.SIGN): MechanismFlag.SIGN,
    (False, KeyUse.DECRYPT): MechanismFlag.DERIVE,
    (True, KeyUse.DECRYPT): MechanismFlag.DECRYPT | MechanismFlag.UNWRAP,
}
"""What the private key of an RSA pair (True) or of a curve may do."""

# Public keys are used in software, so what their objects may do is left to the token: a TPM refuses a pair
# whose public half is told to do less than it can.
_PUBLIC: Final = {Attribute.ENCRYPT: DEFAULT, Attribute.WRAP: DEFAULT, Attribute.VERIFY: DEFAULT}


def require(token: Token, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> None:
    """Raise KeyGenerationMissing or MechanismMissing when the token cannot make such a key, before anything
    is created."""
    if not token.supports(GENERATE[kind][1]):
        raise KeyGenerationMissing(f"{token.info.label}: no {GENERATE[kind][1].name} for {kind}")
    if kind is KeyKind.ED25519 and use is KeyUse.DECRYPT:
        raise MechanismMissing("Ed25519 keys only sign")
    if kind in CURVES and use is KeyUse.DECRYPT and not token.supports(Mechanism.ECDH1_DERIVE):
        raise MechanismMissing(f"{token.info.label}: no ECDH1_DERIVE for {kind}")


def stored_pair(
    token: Token, session: Session, label: str, key_id: bytes, kind: KeyKind, use: KeyUse
) -> tuple[Any, Any]:
    """A pair kept as token objects; the private key is sensitive and can never be wrapped or read."""
    allowed = CAPABILITIES[kind in RSA_BITS, use]
    if token.is_tpm and kind in RSA_BITS:
        # tpm2-pkcs11 signs a PKCS#1 v1.5 digest by raw decryption, for which the TPM wants that right.
        allowed |= MechanismFlag.DECRYPT
    for left in list(session.raw.get_objects({Attribute.ID: key_id})):
        left.destroy()  # half a pair of a try that failed; nobody else has this random id
    private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    return _generate(session, kind, allowed, private, label=label, id=key_id, store=True)


def passing_pair(session: Session, kind: KeyKind, use: KeyUse) -> tuple[Any, Any]:
    """A pair of session objects whose private key may be wrapped; the caller wraps and destroys it."""
    private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True}
    return _generate(session, kind, CAPABILITIES[kind in RSA_BITS, use], private, store=False)


def _generate(
    session: Session, kind: KeyKind, allowed: MechanismFlag, private: dict[Attribute, Any], **options: Any
) -> tuple[Any, Any]:
    key_type, mechanism = GENERATE[kind]
    options |= {
        "mechanism": mechanism,
        "capabilities": allowed,
        "public_template": _PUBLIC,
        "private_template": private,
    }
    if kind in RSA_BITS:
        return session.generate_pair(key_type, RSA_BITS[kind], None, **options)
    if kind is KeyKind.ED25519:
        with _edwards:
            return session.generate_pair(key_type, None, ED25519_PARAMS, **options)
    return session.generate_pair(key_type, None, PARAMS_BY_CURVE[CURVES[kind].name], **options)
