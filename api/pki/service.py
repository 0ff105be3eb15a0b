"""The public files of the CA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.crl import CrlPublisher


@dataclass(frozen=True, slots=True)
class Pki:
    """Certificates and revocation lists, DER."""

    root: x509.Certificate
    issuing: x509.Certificate
    root_list: bytes
    publisher: CrlPublisher
    clock: Callable[[], datetime]

    def root_certificate(self) -> bytes:
        """The root."""
        return self.root.public_bytes(Encoding.DER)

    def issuing_certificate(self) -> bytes:
        """The issuing CA."""
        return self.issuing.public_bytes(Encoding.DER)

    def issuing_list(self) -> bytes:
        """The issuing CA's revocation list, signed anew when the next one is due."""
        return self.publisher.current(self.clock())
