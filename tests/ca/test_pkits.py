"""NIST's PKITS (Public Key Interoperability Test Suite) against the check of lock certificates.

Trust in lock CAs is direct: the CA that issued the certificate is configured. So what PKITS asks about longer
paths (names, policies, path lengths, CAs above) does not arise; what it asks about the certificate, its CA's
right to sign, and the CA's revocation list does.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509

from ca.errors import LockOfOtherEnterprise, LockRefused
from ca.trust import LockTrust

DATA = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
AT = datetime(2012, 1, 1, tzinfo=UTC)

# About the path above the CA that is trusted here.
ABOVE = re.compile(r"olic|nameConstraints|pathLen|SelfIssued|CASignature|RevokedCA|NameChaining")
# Lists of other issuers, none at all, or delta lists, which are not looked at: where a CA is configured
# without a list, certificates are judged without one.
WITHOUT_LIST = re.compile(r"MissingCRL|WrongCRL|BadCRLIssuerName|IDPwithindirect|cRLIssuer|deltaCRLTest4EE")
WITHOUT_LIST_OF_THE_POINT = re.compile(r"InvaliddistributionPointTest3EE")
# Refused although RFC 5280 allows them: DSA; names that are equal but not byte for byte; lists that tell of a
# part of the CA's certificates or reasons only; a hold that a delta list ends.
STRICTER = re.compile(
    r"DSA|NameChaining|Rollover|CaseInsensitive|IDPwithindirect|SeparateCertificateandCRLKeys"
    r"|ValiddeltaCRLTest[57]|ValiddistributionPointTest[57]|onlyContainsCACertsTest13|onlySomeReasons"
)


@cache
def loaded(kind: str) -> list[x509.Certificate] | list[x509.CertificateRevocationList]:
    load = x509.load_der_x509_certificate if kind == "certs" else x509.load_der_x509_crl
    found = []
    for path in sorted((DATA / kind).iterdir()):
        try:
            found.append(load(path.read_bytes()))
        except ValueError:
            continue  # a CA whose certificate cannot be read cannot be configured
    return found  # type: ignore[return-value]


def is_accepted(name: str) -> bool:
    """Whether all is well but that the certificate is of no Chinese enterprise, which is asked last."""
    certificate = x509.load_der_x509_certificate((DATA / "certs" / f"{name}.crt").read_bytes())
    cas = [one for one in loaded("certs") if one.subject == certificate.issuer]  # type: ignore[union-attr]
    lists = [one for one in loaded("crls") if one.issuer == certificate.issuer]
    try:
        LockTrust(tuple(cas), tuple(lists)).check(certificate, AT, "-")  # type: ignore[arg-type]
    except LockOfOtherEnterprise:
        return True
    except LockRefused:
        return False
    raise AssertionError("nobody's certificate was accepted")


def names(prefix: str, *left_out: re.Pattern[str]) -> list[str]:
    found = [path.stem for path in sorted((DATA / "certs").glob(f"{prefix}*EE.crt"))]
    return [one for one in found if not any(pattern.search(one) for pattern in left_out)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", names("Invalid", ABOVE, WITHOUT_LIST, WITHOUT_LIST_OF_THE_POINT))
def test_what_is_invalid_is_refused(name: str) -> None:
    assert not is_accepted(name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", names("Valid", ABOVE, STRICTER))
def test_what_is_valid_is_accepted(name: str) -> None:
    assert is_accepted(name)
