"""The public files of the CAs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.authorities import Authorities
from ca.crl import CrlLibrary, Published
from ca.crl.files import write_lists

ACTIVE: Final = "issuing"
"""Stands for the CA that issues at present, whatever its name."""


@dataclass(frozen=True, slots=True)
class Pki:
    """Certificates and revocation lists, DER. ``root_list``: the file that the root's ceremony leaves."""

    root: x509.Certificate
    root_list: Path
    authorities: Authorities
    lists: CrlLibrary

    def certificate(self, name: str) -> bytes:
        """An issuing CA's certificate. Raises AuthorityUnknown."""
        return self._certificate(name).public_bytes(Encoding.DER)

    def root_certificate(self) -> bytes:
        """The root."""
        return self.root.public_bytes(Encoding.DER)

    def chain(self, name: str) -> bytes:
        """An issuing CA's certificate and the root, PEM. Raises AuthorityUnknown."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self._certificate(name), self.root))

    def edition(self, name: str, shard: int | None) -> Published:
        """The newest edition of a list. Raises AuthorityUnknown, ListUnknown, HsmError."""
        return self.lists.edition(self._name(name), shard)

    def publish(self) -> int:
        """A new edition of every list, now, served and written to the folder; returns how many. Raises
        HsmError."""
        made = self.lists.publish_all()
        write_lists(self.root_list.parent, self.lists)
        return made

    def _certificate(self, name: str) -> x509.Certificate:
        return self.authorities.named(self._name(name)).authority.certificate

    def _name(self, name: str) -> str:
        return self.authorities.active().name if name == ACTIVE else name
