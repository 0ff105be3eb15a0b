"""Whom a verifier trusts, and what there is to know of revocations. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


@dataclass(frozen=True, slots=True)
class Trust:
    """All DER. ``roots``: whose certificates are trusted, CAs of any level, of any algorithm.

    ``intermediates``: certificates that help to find a way to a root. ``lists``, ``answers``: revocation
    lists and OCSP answers, besides those in a document.
    """

    roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()

    @classmethod
    def of(
        cls,
        roots: Iterable[x509.Certificate],
        intermediates: Iterable[x509.Certificate] = (),
        lists: Iterable[x509.CertificateRevocationList] = (),
    ) -> Trust:
        """From what cryptography read."""
        return cls(
            *(tuple(one.public_bytes(Encoding.DER) for one in kind) for kind in (roots, intermediates, lists))
        )

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Trust:
        """Roots from files and folders of certificates, lists from ``*.crl``; DER or PEM.

        Raises OSError, ValueError for what is neither.
        """
        files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        lists = [file for file in files if file.suffix == ".crl"]
        roots = [file for file in files if file.suffix in (".pem", ".crt", ".cer", ".der")]
        return cls(
            roots=tuple(one for file in roots for one in _read(file, asn1.Certificate)),
            lists=tuple(one for file in lists for one in _read(file, None)),
        )


def _read(file: Path, kind: Any) -> list[bytes]:
    data = file.read_bytes()
    found = [one for _, _, one in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
    for one in found if kind else ():
        kind.load(one, strict=True).subject  # noqa: B018  read, so that a wrong file is named here
    return found
