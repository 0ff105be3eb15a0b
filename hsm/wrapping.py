"""Private keys wrapped by a key that never leaves its token (RFC 5649)."""

from __future__ import annotations

from typing import Any, Protocol

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag
from pkcs11.constants import ObjectClass

from hsm.errors import KeyNotFound, MechanismMissing
from hsm.generation import CAPABILITIES
from hsm.mechanisms import GENERATE, RSA_BITS, WRAP, KeyKind, KeyUse
from hsm.session import Session
from hsm.token import Token


class KeyWrapper(Protocol):
    """The rarer ability of a token to send a key out encrypted and take it back."""

    def wrap(self, session: Session, private: Any) -> bytes:
        """The private key object as an opaque blob."""
        ...

    def unwrap(
        self, session: Session, blob: bytes, kind: KeyKind, use: KeyUse, *, passing: bool = False
    ) -> Any:
        """A session object again, not extractable unless it is ``passing``; the caller destroys it."""
        ...


class AesKeyWrapper:
    """Wraps with an AES-256 token key that is neither extractable nor able to encrypt or decrypt data."""

    def __init__(self, token: Token, label: str) -> None:
        self._token = token
        self._label = label
        self._mechanism = _wrap_mechanism(token)

    def ensure_key(self) -> None:
        """Make the wrapping key when the token does not have it yet."""
        ensure_secret_key(self._token, self._label, KeyType.AES, MechanismFlag.WRAP | MechanismFlag.UNWRAP)

    def wrap(self, session: Session, private: Any) -> bytes:
        """The key's PKCS#8 encoding under AES Key Wrap with Padding."""
        wrapping = session.secret_key(self._label)
        return bytes(wrapping.wrap_key(private, mechanism=self._mechanism))

    def unwrap(
        self, session: Session, blob: bytes, kind: KeyKind, use: KeyUse, *, passing: bool = False
    ) -> Any:
        """Unwrap into a session object, for this one session; ``passing`` on to another wrapping key."""
        wrapping = session.secret_key(self._label)
        return wrapping.unwrap_key(
            ObjectClass.PRIVATE_KEY,
            GENERATE[kind][0],
            blob,
            mechanism=self._mechanism,
            capabilities=CAPABILITIES[kind in RSA_BITS, use],
            template={
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: passing,
                Attribute.PRIVATE: True,
            },
        )


def ensure_secret_key(token: Token, label: str, key_type: KeyType, capabilities: MechanismFlag) -> None:
    """Make a 256-bit secret key that stays in the token, unless ``label`` is there already."""

    def work(session: Session) -> None:
        try:
            session.secret_key(label)
        except KeyNotFound:
            session.raw.generate_key(
                key_type,
                256,
                label=label,
                store=True,
                capabilities=capabilities,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )

    token.change(work)


def _wrap_mechanism(token: Token) -> Mechanism:
    for mechanism in WRAP:
        if token.supports(mechanism):
            return mechanism
    raise MechanismMissing(f"{token.info.label} offers none of {', '.join(m.name for m in WRAP)}")
