"""Third parties' opinions of a signed PDF."""

from __future__ import annotations

import shutil
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.hole import Hole
from tests.ca.judges import pem, run


def pdfsig(folder: Path, pdf: bytes, *trust: x509.Certificate) -> str:
    """What poppler and NSS say; with ``certutil`` at hand, NSS trusts the given roots and no other."""
    path = folder / "judged.pdf"
    path.write_bytes(pdf)
    return run("pdfsig", *_nss(folder / "nss", trust), path)[1]


def _nss(folder: Path, trust: tuple[x509.Certificate, ...]) -> tuple[str | Path, ...]:
    if not (trust and shutil.which("certutil")):
        return ("-nocert",)
    folder.mkdir()
    run("certutil", "-N", "-d", folder, "--empty-password")
    for number, root in enumerate(trust):
        (folder / "root.der").write_bytes(root.public_bytes(Encoding.DER))
        run("certutil", "-A", "-d", folder, "-n", f"root{number}", "-t", "C,C,C", "-i", folder / "root.der")
    return ("-nssdir", folder)


def openssl_cms(folder: Path, pdf: bytes, hole: Hole, *trust: x509.Certificate) -> tuple[int, str]:
    """``openssl cms -verify`` of the CMS in the hole over the bytes outside of it."""
    contents = bytes.fromhex(pdf[hole.start + 1 : hole.end - 1].decode("ascii"))
    (folder / "cms.der").write_bytes(contents)  # openssl stops at the end of the DER and leaves the zeros
    (folder / "content").write_bytes(pdf[: hole.start] + pdf[hole.end :])
    return run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "cms.der"),
        *("-content", folder / "content", "-CAfile", pem(folder / "trust.pem", *trust)),
        *("-no-CApath", "-no-CAstore", "-purpose", "any", "-out", folder / "verified"),
    )
