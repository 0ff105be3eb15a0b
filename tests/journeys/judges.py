"""Third parties that are asked whether our output is right."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.verification import SignatureReport, verify_pdf

Word = Literal["good", "revoked", "unknown"]


def ran(*command: str | Path) -> str:
    """What a program said; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Public:
    """What anybody can fetch from a CA, handed to OpenSSL, Poppler and pyHanko by files in ``folder``.

    ``ahead``: how far the CA's clock, and so the judges', is ahead of the real one.
    """

    http: httpx.Client
    folder: Path
    ahead: timedelta = timedelta()

    def certificate(self, name: str) -> x509.Certificate:
        """``root`` or ``issuing``."""
        return x509.load_der_x509_certificate(self.http.get(f"/pki/{name}.cer").content)

    def crl(self) -> x509.CertificateRevocationList:
        return x509.load_der_x509_crl(self.http.get("/pki/issuing.crl").content)

    def verify(self, given: dict[str, Any]) -> x509.Certificate:
        """Chain and list, strictly, by OpenSSL; the certificate. ``given``: what a download answers."""
        leaf, chain = self.file("leaf.pem", given["certificate"]), self.file("chain.pem", given["chain"])
        root = self.file("root.pem", pem_of(self.certificate("root")))
        crl = self.file("crl.pem", self.crl().public_bytes(Encoding.PEM).decode())
        trust: list[str | Path] = ["-CAfile", root, "-untrusted", chain, "-CRLfile", crl]
        when = ["-attime", f"{self._now().timestamp():.0f}"]
        ran("openssl", "verify", "-x509_strict", "-crl_check", *trust, *when, leaf)
        return x509.load_pem_x509_certificate(given["certificate"].encode())

    def responder(self, serial: str) -> Word:
        """What the OCSP responder says of a serial number in hexadecimal, as OpenSSL hears it."""
        issuing, root = (
            self.file(f"{one}.pem", pem_of(self.certificate(one))) for one in ("issuing", "root")
        )
        asked: list[str | Path] = [
            "-issuer",
            issuing,
            "-serial",
            f"0x{serial}",
            "-CAfile",
            root,
            "-verify_other",
            issuing,
        ]
        told = ran("openssl", "ocsp", *asked, "-url", f"{self.http.base_url}/pki/ocsp")
        assert "Response verify OK" in told
        words: tuple[Word, ...] = ("good", "revoked", "unknown")
        return next(word for word in words if f"0x{serial}: {word}" in told)

    def is_listed(self, serial: str) -> bool:
        """Whether the list of revoked certificates has it."""
        return self.crl().get_revoked_certificate_by_serial_number(int(serial, 16)) is not None

    def pdfsig(self, pdf: bytes) -> str:
        """Poppler's view of the signatures."""
        return ran("pdfsig", self.file("judged.pdf", pdf))

    def pyhanko(self, pdf: bytes, root: x509.Certificate | None = None) -> list[SignatureReport]:
        """pyHanko's validator with one root as only trust: the CA's own unless another is given."""
        trusted = self.certificate("root") if root is None else root
        return verify_pdf(pdf, [trusted], [self.certificate("issuing")], (), self._now())

    def check_sealed(self, pdf: bytes, signer: str, seals: int = 1) -> None:
        """Both judges: ``seals`` valid signatures in force, the last by ``signer``."""
        assert self.pdfsig(pdf).count("Signature is Valid.") == seals
        reports = self.pyhanko(pdf)
        assert [one.valid for one in reports] == [True] * seals, reports
        assert signer in reports[-1].signer

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def file(self, name: str, content: str | bytes) -> Path:
        """What a program is to read."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


def pem_of(certificate: x509.Certificate) -> str:
    """A certificate as programs read it."""
    return certificate.public_bytes(Encoding.PEM).decode()
