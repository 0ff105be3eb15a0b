"""Other people's software that says whether our output is right."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


def run(*command: str | Path) -> tuple[int, str]:
    """Exit code and everything printed."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def pem(path: Path, *certificates: x509.Certificate) -> Path:
    """Certificates in one PEM file."""
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    return path


def nss_verify(
    folder: Path, leaf: x509.Certificate, chain: tuple[x509.Certificate, ...], usage: str
) -> tuple[int, str]:
    """``certutil -V`` with the last of the chain as only trust. ``usage``: one of NSS's letters."""
    database = folder / "nss"
    database.mkdir()
    run("certutil", "-N", "-d", database, "--empty-password")
    *middle, root = chain
    trusted = [("leaf", leaf, ",,"), ("root", root, "TC,C,TC")]
    trusted += [(f"middle{number}", one, ",,") for number, one in enumerate(middle)]
    for name, one, trust in trusted:
        path = folder / f"{name}.der"
        path.write_bytes(one.public_bytes(Encoding.DER))
        run("certutil", "-A", "-d", database, "-n", name, "-t", trust, "-i", path)
    moment = (leaf.not_valid_before_utc + timedelta(minutes=10)).strftime("%y%m%d%H%M%SZ")
    return run("certutil", "-V", "-d", database, "-n", "leaf", "-u", usage, "-e", "-b", moment)


def openssl_verify(
    folder: Path, leaf: x509.Certificate, chain: tuple[x509.Certificate, ...], crl: bytes
) -> tuple[int, str]:
    """``openssl verify`` with the last of the chain as only trust, and the leaf's revocation checked."""
    (folder / "crl.der").write_bytes(crl)
    run("openssl", "crl", "-inform", "DER", "-in", folder / "crl.der", "-out", folder / "crl.pem")
    *middle, root = chain
    return run(
        *("openssl", "verify", "-x509_strict", "-crl_check", "-no-CApath", "-no-CAstore"),
        *("-CRLfile", folder / "crl.pem", "-CAfile", pem(folder / "root.pem", root)),
        *("-attime", str(int(leaf.not_valid_before_utc.timestamp()) + 600)),
        *("-untrusted", pem(folder / "middle.pem", *middle), pem(folder / "leaf.pem", leaf)),
    )
