"""Third parties that say whether they agree: openssl, poppler's pdfsig, and pyHanko's validator."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from cryptography import x509

from ca.documents.verification import verify_pdf


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one judge says of one thing."""

    what: str
    judge: str
    agrees: bool
    said: str


def all_verdicts(folder: Path) -> list[Verdict]:
    """Every judge over every document in the demonstration's folder."""
    return [
        _openssl(folder, "subscriber.pem chains to root.pem", ()),
        _openssl(folder, "subscriber.pem is not on crl.der", ("-crl_check", "-CRLfile", _crl_as_pem(folder))),
        _pdfsig(folder / "application-form.pdf", folder / "lock-ca.pem"),
        _pdfsig(folder / "sealed.pdf", folder / "root.pem", folder / "issuing.pem"),
        _pyhanko(folder / "application-form.pdf", folder / "lock-ca.pem", (), ()),
        _pyhanko(
            folder / "sealed.pdf", folder / "root.pem", (folder / "issuing.pem",), (folder / "crl.der",)
        ),
    ]


def _openssl(folder: Path, what: str, options: tuple[str, ...]) -> Verdict:
    trust = (
        "-no-CApath",
        "-no-CAstore",
        "-CAfile",
        folder / "root.pem",
        "-untrusted",
        folder / "issuing.pem",
    )
    done = _run("openssl", "verify", "-x509_strict", *trust, *options, folder / "subscriber.pem")
    return Verdict(what, _run("openssl", "version")[1].strip(), done[0] == 0, done[1].strip())


def _crl_as_pem(folder: Path) -> str:
    target = Path(tempfile.gettempdir()) / f"sealbridge-crl-{folder.name}.pem"
    _run("openssl", "crl", "-inform", "DER", "-in", folder / "crl.der", "-out", target)
    return str(target)


def _pdfsig(pdf: Path, *trusted: Path) -> Verdict:
    """Poppler verifies by NSS: a database of our own makes these certificates its only trust."""
    with tempfile.TemporaryDirectory() as database:
        _run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
        for certificate in trusted:
            name = ("-n", certificate.stem, "-t", "C,C,C", "-i", certificate)
            _run("certutil", "-A", "-d", f"sql:{database}", *name)
        said = _run("pdfsig", "-nssdir", f"sql:{database}", pdf)[1]
    wanted = ("Signature is Valid", "Certificate is Trusted", "Total document signed")
    judge = re.search(r"version [0-9.]+", _run("pdfsig", "-v")[1])
    agrees = said.count("Signature #") == 1 and all(text in said for text in wanted)
    return Verdict(
        f"{pdf.name} is signed and whole", f"pdfsig {judge[0] if judge else ''}", agrees, said.strip()
    )


def _pyhanko(pdf: Path, root: Path, middle: tuple[Path, ...], crls: tuple[Path, ...]) -> Verdict:
    reports = verify_pdf(
        pdf.read_bytes(),
        [_certificate(root)],
        [_certificate(one) for one in middle],
        [x509.load_der_x509_crl(one.read_bytes()) for one in crls],
        datetime.now(UTC),
    )
    said = "; ".join(f"{one.signer}: {one.problem or 'valid'}" for one in reports)
    agrees = len(reports) == 1 and all(one.valid and one.covers_whole_document for one in reports)
    what = f"{pdf.name} is trusted with {root.name} as only root"
    return Verdict(what, f"pyHanko {version('pyhanko')}", agrees, said)


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _run(*command: str | Path) -> tuple[int, str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr
