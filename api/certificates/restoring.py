"""An encryption key whose PIN is lost comes back. That two operators agreed is the caller's to check."""

from __future__ import annotations

from api.certificates.blobs import NewKeyBlobs
from api.certificates.custody import SubscriberKeys
from api.certificates.queries import Holding
from api.certificates.rules import Custody, NotEscrowed, Purpose
from ca.ledger import Ledger
from hsm import PublicKey


class EscrowedKeys:
    """The keys that open without their holders' PINs."""

    def __init__(self, keys: SubscriberKeys, kept: NewKeyBlobs, ledger: Ledger) -> None:
        self._keys = keys
        self._kept = kept
        self._ledger = ledger

    def check(self, held: Holding) -> None:
        """Raises NotEscrowed for a signing key, and for one that was made without a second copy."""
        if held.purpose is not Purpose.ENCRYPTION:
            raise NotEscrowed("a signing key has no second copy")
        if Custody(held.custody) is Custody.LOCK:
            raise NotEscrowed("the key was made on the holder's lock and has no copy")
        if Custody(held.custody) is Custody.WRAPPED and self._kept.copy(held.key_label) is None:
            raise NotEscrowed("this key was made without an escrowed copy")

    def restored(self, held: Holding, pin: str) -> bytes:
        """What opens the key of ``held`` with a new PIN, for the caller to keep (``blobs.replace``).

        Raises NotEscrowed, KeyDamaged, HsmError.
        """
        certified: PublicKey = self._ledger.find(int(held.serial, 16)).certificate.public_key()  # type: ignore[assignment]
        copy = self._kept.copy(held.key_label)
        return self._keys.restored(Custody(held.custody), held.key_label, copy, certified, pin)
