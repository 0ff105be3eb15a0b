"""The custody ``wrapped``: pairs made in the token, kept outside it as blobs that need token and PIN.

The private key leaves the token only wrapped by a non-extractable key, and that blob is sealed again under
the person's PIN (``hsm.pin_seal``). It is used by unwrapping to a session object, signing, destroying. A
stolen database is useless without the token, the service cannot sign without the PIN, and a million
subscribers need no room in the HSM.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, TypeVar

from asn1crypto import core
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from hsm import generation
from hsm.cryptoki import CkMechanism
from hsm.errors import KeyDamaged, KeyExists, KeyNotFound
from hsm.keys import PrivateKey, token_key
from hsm.mechanisms import KeyKind, KeyUse
from hsm.pin_seal import PinCost, PinSeal
from hsm.public_keys import PublicKey, read
from hsm.session import Session
from hsm.token import Token
from hsm.wrapping import AesKeyWrapper, KeyWrapper

Result = TypeVar("Result")

WRAP_LABEL: Final = "sealbridge-wrap"
HMAC_LABEL: Final = "sealbridge-pin"


class KeyBlobs(Protocol):
    """Where sealed blobs are kept, by label. The API keeps them in its database."""

    def get(self, label: str) -> bytes | None:
        """The blob under ``label``, None when there is none."""
        ...

    def put(self, label: str, blob: bytes, copy: bytes | None = None) -> None:
        """Keep ``blob`` under ``label`` and beside it its escrowed ``copy``, if it has one: both or neither,
        durably before returning, replacing what was there.
        """
        ...


class _WrappedKey(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("version", core.Integer),
        ("kind", core.UTF8String),
        ("use", core.UTF8String),
        ("public_key", core.OctetString),  # SubjectPublicKeyInfo, DER
        ("sealed", core.OctetString),
    ]


@dataclass(frozen=True, slots=True)
class Vault:
    """The two keys of a token that guard everybody's wrapped keys."""

    token: Token
    wrapper: KeyWrapper
    seal: PinSeal

    @classmethod
    def open(cls, token: Token, cost: PinCost | None = None) -> Vault:
        """The vault of ``token``; its keys are made at the first time.

        Raises MechanismMissing when the token cannot wrap or has no HMAC.
        """
        wrapper, seal = AesKeyWrapper(token, WRAP_LABEL), PinSeal(token, HMAC_LABEL, cost)
        wrapper.ensure_key()
        seal.ensure_key()
        return cls(token, wrapper, seal)


@dataclass(frozen=True, slots=True, repr=False)
class WrappedAccess:
    """``KeyAccess`` to a wrapped key: unwrapped for one operation, then destroyed."""

    vault: Vault
    blob: bytes
    kind: KeyKind
    key_use: KeyUse

    def use(self, operation: Callable[[Session, Any], Result]) -> Result:
        """Call ``operation`` with the unwrapped key."""

        def work(session: Session) -> Result:
            private = self.vault.wrapper.unwrap(session, self.blob, self.kind, self.key_use)
            try:
                return operation(session, private)
            finally:
                private.destroy()

        return self.vault.token.run(work)

    def sign(self, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        """A signature by the unwrapped key."""
        began = time.perf_counter()
        made = self.use(lambda session, private: session.sign(private, mechanism, data, room))
        if self.vault.token.observer is not None:
            # All of them under one name: there are as many keys as subscribers.
            self.vault.token.observer.signed("wrapped", time.perf_counter() - began)
        return made


class WrappedKeys:
    """One person's keys, opened with that person's PIN; a ``KeyStore``.

    ``escrow``: wraps a second copy of keys that decrypt (``hsm.escrow``). Signing keys never have one.
    """

    def __init__(self, vault: Vault, blobs: KeyBlobs, pin: str, escrow: KeyWrapper | None = None) -> None:
        self._vault = vault
        self._escrow = escrow
        self._blobs = blobs
        self._pin: str | None = pin

    def generate(self, label: str, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> PrivateKey:
        """A new pair: generated in the token, wrapped, sealed, stored; nothing of it stays in the token."""
        token = self._vault.token
        generation.require(token, kind, use)
        if self._blobs.get(label) is not None:
            raise KeyExists(f"there is a key {label!r} already")

        escrow = self._escrow if use is KeyUse.DECRYPT else None

        def work(session: Session) -> tuple[bytes, bytes | None, PublicKey]:
            public, private = generation.passing_pair(session, kind, use)
            try:
                copy = None if escrow is None else escrow.wrap(session, private)
                return self._vault.wrapper.wrap(session, private), copy, read(public)
            finally:
                private.destroy()
                public.destroy()

        wrapped, copy, public_key = token.change(work)
        blob = sealed_blob(self._vault, label, self._held_pin(), wrapped, kind, use, public_key)
        self._blobs.put(label, blob, copy)
        return token_key(WrappedAccess(self._vault, wrapped, kind, use), public_key)

    def open(self, label: str) -> PrivateKey:
        """The key under ``label``. Raises KeyNotFound, PinIncorrect, KeyDamaged."""
        wrapped, kind, use, public_key = self._load(label)
        return token_key(WrappedAccess(self._vault, wrapped, kind, use), public_key)

    def change_pin(self, label: str, new_pin: str) -> None:
        """Seal the key again under a new PIN; the old one does not open it any more."""
        wrapped, kind, use, public_key = self._load(label)
        self._blobs.put(label, sealed_blob(self._vault, label, new_pin, wrapped, kind, use, public_key))

    def close(self) -> None:
        """Forget the PIN; keys opened before go on working until they are dropped."""
        self._pin = None

    def _load(self, label: str) -> tuple[bytes, KeyKind, KeyUse, PublicKey]:
        blob = self._blobs.get(label)
        if blob is None:
            raise KeyNotFound(f"no wrapped key {label!r}")
        try:
            fields = _WrappedKey.load(blob, strict=True).native
            kind, use = KeyKind(fields["kind"]), KeyUse(fields["use"])
            public_key: Any = load_der_public_key(fields["public_key"])
        except (ValueError, UnsupportedAlgorithm) as exc:
            raise KeyDamaged(f"the blob of {label!r} is not a wrapped key") from exc
        bound = _bound(label, kind, use, fields["public_key"])
        return self._vault.seal.open(self._held_pin(), fields["sealed"], bound), kind, use, public_key

    def _held_pin(self) -> str:
        if self._pin is None:
            raise KeyNotFound("the store was closed")
        return self._pin


def sealed_blob(
    vault: Vault, label: str, pin: str, wrapped: bytes, kind: KeyKind, use: KeyUse, public_key: PublicKey
) -> bytes:
    """What is kept under ``label``: the wrapped key, sealed under the PIN, bound to label and public key."""
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    sealed = vault.seal.seal(pin, wrapped, _bound(label, kind, use, spki))
    fields = {"version": 1, "kind": kind, "use": use, "public_key": spki, "sealed": sealed}
    return bytes(_WrappedKey(fields).dump())


def _bound(label: str, kind: KeyKind, use: KeyUse, spki: bytes) -> bytes:
    # A blob moved to another person's label, or given another public key, does not open.
    return "\0".join((label, kind, use)).encode() + b"\0" + spki
