"""Making key pairs on a token, for keeping there or for wrapping at once."""

from __future__ import annotations

import threading
from typing import Any, Final

from pkcs11 import Attribute, MechanismFlag

from hsm.errors import MechanismMissing
from hsm.mechanisms import CURVES, ED25519_PARAMS, GENERATE, PARAMS_BY_CURVE, RSA_BITS, KeyKind, KeyUse
from hsm.session import Session
from hsm.token import Token

# Some SoftHSM2 builds crash when two threads generate Edwards keys at once.
_edwards = threading.Lock()

_CAPABILITIES: Final = {
    (False, KeyUse.SIGN): MechanismFlag.SIGN | MechanismFlag.VERIFY,
    (True, KeyUse.SIGN): MechanismFlag.SIGN | MechanismFlag.VERIFY,
    (False, KeyUse.DECRYPT): MechanismFlag.DERIVE,
    (True, KeyUse.DECRYPT): MechanismFlag.ENCRYPT
    | MechanismFlag.DECRYPT
    | MechanismFlag.WRAP
    | MechanismFlag.UNWRAP,
}


def require(token: Token, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> None:
    """Raise MechanismMissing when the token cannot make such a key, before anything is created."""
    if not token.supports(GENERATE[kind][1]):
        raise MechanismMissing(f"{token.info.label}: no {GENERATE[kind][1].name} for {kind}")
    if kind is KeyKind.ED25519 and use is KeyUse.DECRYPT:
        raise MechanismMissing("Ed25519 keys only sign")


def stored_pair(session: Session, label: str, key_id: bytes, kind: KeyKind, use: KeyUse) -> tuple[Any, Any]:
    """A pair kept as token objects; the private key is sensitive and can never be wrapped or read."""
    private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    return _generate(session, kind, use, private, label=label, id=key_id, store=True)


def passing_pair(session: Session, kind: KeyKind, use: KeyUse) -> tuple[Any, Any]:
    """A pair of session objects whose private key may be wrapped; the caller wraps and destroys it."""
    private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True}
    return _generate(session, kind, use, private, store=False)


def _generate(
    session: Session, kind: KeyKind, use: KeyUse, private: dict[Attribute, Any], **options: Any
) -> tuple[Any, Any]:
    key_type, mechanism = GENERATE[kind]
    is_rsa = kind in RSA_BITS
    options |= {
        "mechanism": mechanism,
        "capabilities": _CAPABILITIES[is_rsa, use],
        "private_template": private,
    }
    if is_rsa:
        return session.generate_pair(key_type, RSA_BITS[kind], None, **options)
    if kind is KeyKind.ED25519:
        with _edwards:
            return session.generate_pair(key_type, None, ED25519_PARAMS, **options)
    return session.generate_pair(key_type, None, PARAMS_BY_CURVE[CURVES[kind].name], **options)
