"""What the CAs of others say of their certificates: by the lists that an operator keeps in a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.errors import ProofMissing, SignerNotGood
from ca.documents.proofs import Proof
from ca.own_proofs import is_issued_by
from ca.trust import LockTrust


class OutsideProofs:
    """A ``ProofSource`` of other CAs. ``kept``: reads the folder, which others write.

    Nothing is fetched: where a list comes from, and when, is the operator's affair, and no document can make
    this server call an address.
    """

    def __init__(self, kept: Callable[[], LockTrust], clock: Callable[[], datetime]) -> None:
        self._kept = kept
        self._clock = clock

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """One of the CAs in the folder, or None."""
        return next((one for one in self._kept().cas if is_issued_by(certificate, one)), None)

    def prove(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Proof:
        """The newest list of the issuer that is in force. Raises ProofMissing, SignerNotGood."""
        lists = [one for one in self._kept().crls if self._speaks(one, issuer)]
        if not lists:
            raise ProofMissing(f"no list in force of {issuer.subject.rfc4514_string()}")
        newest = max(lists, key=lambda one: one.last_update_utc)
        if newest.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
            raise SignerNotGood(f"{certificate.subject.rfc4514_string()} is on its issuer's list")
        return Proof(revocation_list=newest.public_bytes(Encoding.DER))

    def _speaks(self, one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
        until = one.next_update_utc
        if one.issuer != issuer.subject or until is None or until < self._clock():
            return False
        try:
            return one.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return False
