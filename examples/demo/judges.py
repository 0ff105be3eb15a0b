"""Third parties that say whether they agree: openssl, poppler's pdfsig, and pyHanko's validator.

None of them goes through code of ours: what they say is what a stranger's tools would say.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one judge says of one thing."""

    what: str
    judge: str
    agrees: bool
    said: str


def all_verdicts(folder: Path, responder: str) -> list[Verdict]:
    """Every judge over every document in the demonstration's folder. ``responder``: the CA's, an OCSP URL."""
    form, letter = folder / "application-form.pdf", folder / "authorisation.pdf"
    sealed, by_clerk = folder / "sealed.pdf", folder / "sealed-by-clerk.pdf"
    root, issuing, lock_ca = (folder / f"{name}.pem" for name in ("root", "issuing", "lock-ca"))
    return [
        _chain(folder),
        _not_revoked(folder),
        _ocsp(folder, responder),
        _pdfsig(form, lock_ca),
        *(_pdfsig(one, root, issuing) for one in (sealed, letter, by_clerk)),
        _pyhanko(form, lock_ca),
        *(_pyhanko(one, root, [issuing], [folder / "crl.der"]) for one in (sealed, letter, by_clerk)),
    ]


def _chain(folder: Path) -> Verdict:
    return _openssl_verify(folder, "subscriber.pem chains to root.pem")


def _not_revoked(folder: Path) -> Verdict:
    listed = x509.load_der_x509_crl((folder / "crl.der").read_bytes())
    with tempfile.NamedTemporaryFile(suffix=".pem") as as_pem:
        as_pem.write(listed.public_bytes(Encoding.PEM))
        as_pem.flush()
        options = ("-crl_check", "-CRLfile", as_pem.name)
        return _openssl_verify(folder, "subscriber.pem is not on crl.der", *options)


def _ocsp(folder: Path, responder: str) -> Verdict:
    files = ("-issuer", folder / "issuing.pem", "-cert", folder / "subscriber.pem")
    trust = ("-CAfile", folder / "root.pem", "-verify_other", folder / "issuing.pem")
    said = _run("openssl", "ocsp", "-url", responder, *files, *trust)[1].replace(f"{folder}/", "")
    agrees = "Response verify OK" in said and "subscriber.pem: good" in said
    return Verdict("subscriber.pem is good by OCSP", _openssl(), agrees, said.strip())


def _openssl() -> str:
    return " ".join(_run("openssl", "version")[1].split()[:2])


def _openssl_verify(folder: Path, what: str, *options: str) -> Verdict:
    trust = ("-no-CApath", "-no-CAstore", "-CAfile", folder / "root.pem")
    chain = ("-untrusted", folder / "issuing.pem")
    status, said = _run(
        "openssl", "verify", "-x509_strict", *trust, *chain, *options, folder / "subscriber.pem"
    )
    return Verdict(what, _openssl(), status == 0, said.replace(f"{folder}/", "").strip())


def _pdfsig(pdf: Path, *trusted: Path) -> Verdict:
    """Poppler verifies by NSS: a database of our own makes these certificates its only trust."""
    with tempfile.TemporaryDirectory() as database:
        _run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
        for certificate in trusted:
            name = ("-n", certificate.stem, "-t", "C,C,C", "-i", certificate)
            _run("certutil", "-A", "-d", f"sql:{database}", *name)
        said = _run("pdfsig", "-nssdir", f"sql:{database}", pdf)[1]
    wanted = ("Signature is Valid", "Certificate is Trusted")
    # A document may have brought others. What was added since is for pyHanko to say: Poppler does not look.
    agrees = any(all(text in one for text in wanted) for one in said.split("Signature #")[1:])
    found = re.search(r"version ([0-9.]+)", _run("pdfsig", "-v")[1])
    judge = f"pdfsig {found[1] if found else ''}".strip()
    what = f"{pdf.name} is signed and trusted"
    return Verdict(what, judge, agrees, said.replace(f"{pdf.parent}/", "").strip())


def _pyhanko(pdf: Path, root: Path, others: Sequence[Path] = (), crls: Sequence[Path] = ()) -> Verdict:
    context = ValidationContext(
        trust_roots=[_certificate(root)],
        other_certs=[_certificate(one) for one in others],
        crls=[asn1_crl.CertificateList.load(one.read_bytes()) for one in crls],
        allow_fetching=False,
        revinfo_policy=_policy(with_list=bool(crls)),
    )
    with pdf.open("rb") as file:
        signatures = PdfFileReader(file).embedded_signatures
        found = validate_pdf_signature(signatures[-1], signer_validation_context=context)
    # After the last seal there is nothing but what makes it last (PAdES B-LT): proofs and time stamps.
    agrees = found.bottom_line and found.modification_level <= ModificationLevel.LTA_UPDATES
    what = f"{pdf.name} is signed, whole and trusted with {root.name} as only root"
    return Verdict(what, f"pyHanko {version('pyhanko')}", agrees, found.summary())


def _policy(*, with_list: bool) -> CertRevTrustPolicy:
    # The signer's status must be known where its CA's list is given; the issuing CA's is the root's to tell.
    signer = RevocationCheckingRule.CRL_REQUIRED if with_list else RevocationCheckingRule.NO_CHECK
    return CertRevTrustPolicy(RevocationCheckingPolicy(signer, RevocationCheckingRule.NO_CHECK))


def _certificate(path: Path) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(pem.unarmor(path.read_bytes())[2])


def _run(*command: str | Path) -> tuple[int, str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr
