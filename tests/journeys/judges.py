"""Third parties that are asked whether our output is right."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


def ran(*command: str | Path) -> str:
    """What a program said; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def openssl_verify(folder: Path, leaf: Path, chain: Path, root_der: bytes, crl_der: bytes) -> str:
    """Chain and revocation, strictly."""
    root, crl = folder / "judged-root.pem", folder / "judged-crl.pem"
    root.write_bytes(x509.load_der_x509_certificate(root_der).public_bytes(Encoding.PEM))
    crl.write_bytes(x509.load_der_x509_crl(crl_der).public_bytes(Encoding.PEM))
    trust = ("-CAfile", root, "-untrusted", chain, "-CRLfile", crl)
    return ran("openssl", "verify", "-x509_strict", "-crl_check", *trust, leaf)


def pdfsig(pdf: Path) -> str:
    """Poppler's view of the signatures."""
    return ran("pdfsig", pdf)
