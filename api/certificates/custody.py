"""The two custodies in which the service keeps keys, behind one pair of verbs; both ask for the person's PIN.

The third, ``lock``, is the holder's: every verb refuses it with CustodyIsLock.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from api.certificates.pins import PinTries
from api.certificates.rules import Custody, NotEscrowed, require_kept_here
from ca.hierarchy import algorithm_name
from hsm import (
    KeyBlobs,
    KeyKind,
    KeyUse,
    KeyWrapper,
    PrivateKey,
    PublicKey,
    TokenKeys,
    Vault,
    WrappedKeys,
    restored_blob,
)
from hsm.errors import KeyExists, KeyNotFound

_RESIDENT: Final = b"resident key"
_ACTIVATION: Final = b"sealbridge activation v1\0"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be made. ``escrow``: with a second copy, which only keys that decrypt can have."""

    label: str
    kind: KeyKind
    use: KeyUse = KeyUse.SIGN
    escrow: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Activation:
    """A one-time stand-in for a PIN. ``secret``: 256 bits that are kept nowhere; ``bound_to``: what may be
    done with it, which cannot be changed afterwards."""

    secret: bytes
    bound_to: bytes

    def pin(self, blob: bytes) -> str:
        """What seals the key in place of the PIN. A new PIN makes a new ``blob``, and voids it."""
        now = hashlib.sha256(blob).digest()
        return hmac.digest(self.secret, _ACTIVATION + now + self.bound_to, "sha256").hex()


class SubscriberKeys:
    """Makes and opens subscribers' keys.

    ``wrapped``: the key itself is sealed under the PIN. ``resident``: the key is a token object, and a
    sealed mark under the PIN guards the way to it.
    """

    def __init__(self, vault: Vault, escrow: KeyWrapper, blobs: KeyBlobs, tries: PinTries) -> None:
        self._vault = vault
        self._escrow = escrow
        self._blobs = blobs
        self._tries = tries

    def ensure(self, custody: Custody, new: NewKey, pin: str) -> PrivateKey:
        """The key under ``new.label``, made now if it is not there: what a crash left is taken up again.

        Raises CustodyIsLock, PinIncorrect and PinLocked when the key was made before with another PIN, and
        HsmError.
        """
        require_kept_here(custody)
        if self._blobs.get(new.label) is None:
            try:
                return self._make(custody, new, pin)
            except KeyExists:  # another request of the same person was a moment faster
                return self.open(custody, new.label, pin)
        try:
            return self.open(custody, new.label, pin)
        except KeyNotFound:
            return TokenKeys(self._vault.token).generate(new.label, new.kind, new.use)

    def open(self, custody: Custody, label: str, pin: str) -> PrivateKey:
        """The key under ``label``.

        Raises CustodyIsLock, PinIncorrect, PinLocked, PinBusy, KeyNotFound, HsmError.
        """
        require_kept_here(custody)
        with self._tries.counted(label):
            if custody is Custody.WRAPPED:
                return WrappedKeys(self._vault, self._blobs, pin).open(label)
            self._vault.seal.open(pin, self._blobs.get(label) or b"", self._bound(label))
        return TokenKeys(self._vault.token).open(label)

    def activated(self, custody: Custody, label: str, pin: str, activation: Activation) -> bytes:
        """What opens the key under ``label`` for one authorisation, in place of its PIN, which is counted.

        The PIN itself is in none of it. Raises CustodyIsLock, PinIncorrect, PinLocked, PinBusy, KeyNotFound,
        HsmError.
        """
        with self._tries.counted(label):
            blob = self._blob(label)
            return self.resealed(custody, label, blob, pin, activation.pin(blob))

    def open_activated(
        self, custody: Custody, label: str, sealed: bytes, activation: Activation
    ) -> PrivateKey:
        """The key under ``label`` by what ``activated`` gave. No try is counted, as 256 bits are not guessed.

        Raises CustodyIsLock, PinIncorrect when anything of the authorisation or the key's PIN was changed
        since, PinLocked, KeyNotFound, KeyDamaged, HsmError.
        """
        require_kept_here(custody)
        self._tries.check_unlocked(label)
        pin = activation.pin(self._blob(label))
        if custody is Custody.WRAPPED:
            return WrappedKeys(self._vault, _Kept(sealed), pin).open(label)
        self._vault.seal.open(pin, sealed, self._bound(label))
        return TokenKeys(self._vault.token).open(label)

    def _blob(self, label: str) -> bytes:
        blob = self._blobs.get(label)
        if blob is None:
            raise KeyNotFound(f"no key {label!r}")
        return blob

    def resealed(self, custody: Custody, label: str, blob: bytes, pin: str, new_pin: str) -> bytes:
        """What opens the key of ``blob`` with ``new_pin``, for the caller to keep in its place.

        The tries are the caller's to count. Raises CustodyIsLock, PinIncorrect, KeyDamaged, HsmError.
        """
        require_kept_here(custody)
        if custody is Custody.RESIDENT:
            self._vault.seal.open(pin, blob, self._bound(label))
            return self._mark(label, new_pin)
        kept = _Kept(blob)
        WrappedKeys(self._vault, kept, pin).change_pin(label, new_pin)
        return kept.blob

    def _make(self, custody: Custody, new: NewKey, pin: str) -> PrivateKey:
        if custody is Custody.WRAPPED:
            escrow = self._escrow if new.escrow else None
            return WrappedKeys(self._vault, self._blobs, pin, escrow).generate(new.label, new.kind, new.use)
        # The PIN first: a key without one could be opened by nobody, or worse, by anybody.
        self._blobs.put(new.label, self._mark(new.label, pin))
        return TokenKeys(self._vault.token).generate(new.label, new.kind, new.use)

    def restored(
        self, custody: Custody, label: str, copy: bytes | None, public_key: PublicKey, pin: str
    ) -> bytes:
        """What opens the encryption key under ``label`` with a new PIN: its blob, for the caller to keep.

        A resident key needs no copy, as the token has it. Raises NotEscrowed, KeyDamaged, HsmError.
        """
        if custody is Custody.RESIDENT:
            return self._mark(label, pin)
        if copy is None:
            raise NotEscrowed("this key was made without an escrowed copy")
        kind = KeyKind(algorithm_name(public_key))
        return restored_blob(self._vault, self._escrow, label, copy, kind, public_key, pin)

    def _mark(self, label: str, pin: str) -> bytes:
        return self._vault.seal.seal(pin, _RESIDENT, self._bound(label))

    @staticmethod
    def _bound(label: str) -> bytes:
        return _RESIDENT + b"\0" + label.encode()


class _Kept:
    """One blob in memory, as the ``KeyBlobs`` of a change."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob

    def get(self, label: str) -> bytes | None:
        return self.blob

    def put(self, label: str, blob: bytes, copy: bytes | None = None) -> None:
        self.blob = blob
