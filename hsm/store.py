"""Where private keys are kept: the port, and the store of keys that are token objects.

``TokenKeys`` serves two custody kinds: ``resident`` (an operator's HSM keeps the pair as an object) and
``lock`` (the pair is on the person's own USB lock). ``hsm.wrapped`` has the third.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pkcs11 import Attribute
from pkcs11.constants import ObjectClass

from hsm import generation
from hsm.cryptoki import CkMechanism
from hsm.errors import KeyExists, KeyNotFound
from hsm.keys import PrivateKey, token_key
from hsm.mechanisms import KeyKind, KeyUse
from hsm.public_keys import public_half
from hsm.session import Session
from hsm.token import Token

Result = TypeVar("Result")

_ID_BYTES = 20  # as long as a subject key identifier, which many tools expect CKA_ID to be


class KeyStore(Protocol):
    """Makes and opens private keys by label; the keys themselves stay where they are."""

    def generate(self, label: str, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> PrivateKey:
        """A new pair under ``label``. Raises KeyExists, MechanismMissing, HsmError."""
        ...

    def open(self, label: str) -> PrivateKey:
        """The key under ``label``. Raises KeyNotFound, HsmError."""
        ...

    def close(self) -> None:
        """Forget what opening the store needed."""
        ...


@dataclass(frozen=True, slots=True)
class ResidentAccess:
    """Gives a key object of the token, by label or id (a ``KeyAccess``)."""

    token: Token
    name: str | bytes

    def use(self, operation: Callable[[Session, Any], Result]) -> Result:
        """See ``KeyAccess``."""
        return self.token.run(lambda session: operation(session, session.private_key(self.name)))

    def sign(self, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        """See ``KeyAccess``."""
        if self.token.observer is None:
            return self._sign(mechanism, data, room)
        began = time.perf_counter()
        made = self._sign(mechanism, data, room)
        label = self.name if isinstance(self.name, str) else self.name.hex()
        self.token.observer.signed(label, time.perf_counter() - began)
        return made

    def _sign(self, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        return self.token.run(lambda session: session.sign_by(self.name, mechanism, data, room))


class TokenKeys:
    """Keys that live on the token as objects; a ``KeyStore``."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def generate(self, label: str, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> PrivateKey:
        """A new pair on the token, sensitive and not extractable."""
        generation.require(self._token, kind, use)
        if has_key(self, label):
            raise KeyExists(f"{self._token.info.label} has a key {label!r} already")
        key_id = secrets.token_bytes(_ID_BYTES)
        token = self._token
        token.change(lambda session: generation.stored_pair(token, session, label, key_id, kind, use))
        return self.open(label)

    def open(self, label: str) -> PrivateKey:
        """The key with this CKA_LABEL."""
        return self._open(label)

    def open_by_id(self, key_id: bytes) -> PrivateKey:
        """The key with this CKA_ID, as a certificate on the token names it."""
        return self._open(key_id)

    def id_of(self, label: str) -> bytes:
        """The CKA_ID of the key with this label, for writing its certificate beside it."""
        return self._token.run(lambda session: bytes(session.private_key(label)[Attribute.ID]))

    def labels(self) -> list[str]:
        """Labels of the private keys on the token, sorted."""
        return sorted(label for label, _ in self._named())

    def ids(self) -> set[bytes]:
        """CKA_IDs of the private keys on the token."""
        return {key_id for _, key_id in self._named()}

    def destroy(self, label: str) -> None:
        """Destroy the pair under ``label`` for good. Raises KeyNotFound."""

        def work(session: Session) -> None:
            private = session.private_key(label)
            wanted = {Attribute.ID: private[Attribute.ID], Attribute.CLASS: ObjectClass.PUBLIC_KEY}
            for public in list(session.raw.get_objects(wanted)):
                public.destroy()
            private.destroy()
            session.forget()

        self._token.change(work)

    def close(self) -> None:
        """Nothing to forget: the token belongs to whoever opened it."""

    def _open(self, name: str | bytes) -> PrivateKey:
        public = self._token.run(lambda session: public_half(session, session.private_key(name)))
        return token_key(ResidentAccess(self._token, name), public)

    def _named(self) -> list[tuple[str, bytes]]:
        def work(session: Session) -> list[tuple[str, bytes]]:
            return [(key[Attribute.LABEL], bytes(key[Attribute.ID])) for key in session.private_keys()]

        return self._token.run(work)


def has_key(store: KeyStore, label: str) -> bool:
    """Whether ``label`` can be opened in the store."""
    try:
        store.open(label)
    except KeyNotFound:
        return False
    return True
