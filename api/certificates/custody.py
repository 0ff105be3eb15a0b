"""The two custodies that the service offers, behind one pair of verbs; both ask for the person's PIN."""

from __future__ import annotations

from typing import Final

from api.certificates.pins import PinTries
from api.certificates.rules import Custody
from hsm import KeyBlobs, KeyKind, PrivateKey, TokenKeys, Vault, WrappedKeys
from hsm.errors import KeyExists, KeyNotFound

_RESIDENT: Final = b"resident key"


class SubscriberKeys:
    """Makes and opens subscribers' keys.

    ``wrapped``: the key itself is sealed under the PIN. ``resident``: the key is a token object, and a
    sealed mark under the PIN guards the way to it.
    """

    def __init__(self, vault: Vault, blobs: KeyBlobs, tries: PinTries) -> None:
        self._vault = vault
        self._blobs = blobs
        self._tries = tries

    def ensure(self, custody: Custody, label: str, kind: KeyKind, pin: str) -> PrivateKey:
        """The key under ``label``, made now if it is not there: what a crash left is taken up again.

        Raises PinIncorrect and PinLocked when the key was made before with another PIN, and HsmError.
        """
        if self._blobs.get(label) is None:
            try:
                return self._make(custody, label, kind, pin)
            except KeyExists:  # another request of the same person was a moment faster
                return self.open(custody, label, pin)
        try:
            return self.open(custody, label, pin)
        except KeyNotFound:
            return TokenKeys(self._vault.token).generate(label, kind)

    def open(self, custody: Custody, label: str, pin: str) -> PrivateKey:
        """The key under ``label``. Raises PinIncorrect, PinLocked, PinBusy, KeyNotFound, HsmError."""
        with self._tries.counted(label):
            if custody is Custody.WRAPPED:
                return WrappedKeys(self._vault, self._blobs, pin).open(label)
            self._vault.seal.open(pin, self._blobs.get(label) or b"", self._bound(label))
        return TokenKeys(self._vault.token).open(label)

    def _make(self, custody: Custody, label: str, kind: KeyKind, pin: str) -> PrivateKey:
        if custody is Custody.WRAPPED:
            return WrappedKeys(self._vault, self._blobs, pin).generate(label, kind)
        # The PIN first: a key without one could be opened by nobody, or worse, by anybody.
        self._blobs.put(label, self._vault.seal.seal(pin, _RESIDENT, self._bound(label)))
        return TokenKeys(self._vault.token).generate(label, kind)

    @staticmethod
    def _bound(label: str) -> bytes:
        return _RESIDENT + b"\0" + label.encode()
