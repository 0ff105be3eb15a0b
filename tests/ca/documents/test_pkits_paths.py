"""NIST's PKITS against the path validation that PDF signatures are judged by (pyHanko, with our settings)."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, ValidationError

from ca.documents.verification import Judge

DATA = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
AT = datetime(2012, 1, 1, tzinfo=UTC)

# No list of the certificate's own issuer is given: it is judged without one, and the report says so.
WITHOUT_LIST = re.compile(
    r"MissingCRL|WrongCRL|BadCRLIssuerName|IDPwithindirectCRLTest26|cRLIssuerTest(27|31|32)"
)
# Refused although RFC 5280 allows them: DSA; names that are equal but not byte for byte; lists of other
# issuers than the certificate's.
STRICTER = re.compile(r"DSA|NameChaining(Capital|White)|CaseInsensitive|cRLIssuerTest2[89]")


@cache
def authorities() -> list[x509.Certificate]:
    found = []
    for path in sorted((DATA / "certs").glob("*.crt")):
        try:
            found.append(x509.load_der_x509_certificate(path.read_bytes()))
        except ValueError:
            continue  # a CA whose certificate cannot be read cannot be configured
    return found


@cache
def lists() -> list[x509.CertificateRevocationList]:
    return [x509.load_der_x509_crl(path.read_bytes()) for path in sorted((DATA / "crls").iterdir())]


def above(leaf: x509.Certificate, root: x509.Certificate) -> list[x509.Certificate]:
    """Every CA certificate that a path from ``leaf`` may go through."""
    found: list[x509.Certificate] = []
    names = [leaf.issuer]
    for name in names:
        for one in authorities():
            if one.subject == name and one not in (*found, leaf, root):
                found.append(one)
                if one.issuer not in names:
                    names.append(one.issuer)
    return found


def is_accepted(name: str) -> bool:
    root, leaf = (
        x509.load_der_x509_certificate((DATA / "certs" / f"{one}.crt").read_bytes())
        for one in ("TrustAnchorRootCertificate", name)
    )
    path = above(leaf, root)
    issuers = {leaf.issuer, *(one.issuer for one in path)}
    judge = Judge([root], path, [one for one in lists() if one.issuer in issuers], AT)
    judged, *between = (asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in (leaf, *path))
    validator = CertificateValidator(judged, between, validation_context=judge.context(judged))
    try:
        asyncio.run(validator.async_validate_path())
    except (PathBuildingError, PathValidationError, ValidationError, ValueError):
        return False
    return True


def names(prefix: str, left_out: re.Pattern[str]) -> list[str]:
    found = [path.stem for path in sorted((DATA / "certs").glob(f"{prefix}*EE.crt"))]
    return [one for one in found if not left_out.search(one)]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", names("Invalid", WITHOUT_LIST))
def test_what_is_invalid_is_refused(name: str) -> None:
    assert not is_accepted(name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", names("Valid", STRICTER))
def test_what_is_valid_is_accepted(name: str) -> None:
    assert is_accepted(name)
