"""Subject names of certificates, and the enterprise's code in those of other CAs."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from asn1crypto import core
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca.errors import InvalidCreditCode, SubjectRefused
from ca.identifiers import check_credit_code

# GM/T 0015-2012, section 5.2.3.9: the enterprise's code as a certificate extension.
GMT0015_CREDIT_CODE: Final = x509.ObjectIdentifier("1.2.156.10260.4.4")
# ETSI EN 319 412-1, section 5.1.4: scheme NTR (national trade register), country, the identifier.
_REGISTER_PREFIX: Final = "NTRCN-"
_CANDIDATE: Final = re.compile(r"[0-9A-Z]{18}")
_UPPER_BOUND: Final = 64  # ub-common-name and ub-organization-name of RFC 5280, appendix A.1


@dataclass(frozen=True, slots=True)
class SubjectFields:
    """Who a certificate names. ``organization`` and ``credit_code`` are of the enterprise, if there is one.

    ``serial_number`` tells two persons of the same name apart; it is never an identity number.
    """

    common_name: str
    organization: str | None = None
    credit_code: str | None = None
    serial_number: str | None = None
    country: str = "CN"

    def name(self) -> x509.Name:
        """The X.500 name. Raises SubjectRefused with the field at fault."""
        values = (
            (NameOID.COUNTRY_NAME, "country", self.country),
            (NameOID.ORGANIZATION_NAME, "organization", self.organization),
            (NameOID.ORGANIZATION_IDENTIFIER, "credit_code", self._identifier()),
            (NameOID.SERIAL_NUMBER, "serial_number", self.serial_number),
            (NameOID.COMMON_NAME, "common_name", self.common_name),
        )
        return x509.Name(
            [
                x509.NameAttribute(oid, _checked(field, value))
                for oid, field, value in values
                if value is not None
            ]
        )

    def _identifier(self) -> str | None:
        return None if self.credit_code is None else _REGISTER_PREFIX + check_credit_code(self.credit_code)


def credit_code_of(certificate: x509.Certificate) -> str | None:
    """The 统一社会信用代码 that a certificate names, wherever its CA writes it; None when nowhere.

    Looked for in organizationIdentifier, serialNumber and OU of the subject and in the extension of
    GM/T 0015. Every candidate must pass its check digits.
    """
    for text in _places(certificate):
        for candidate in _CANDIDATE.findall(text.upper()):
            with contextlib.suppress(InvalidCreditCode):
                return check_credit_code(candidate)
    return None


def organization_of(certificate: x509.Certificate) -> str | None:
    """The organisation's name in the subject, or its common name."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            return str(attribute.value)
    return None


def _places(certificate: x509.Certificate) -> Iterator[str]:
    for oid in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER, NameOID.ORGANIZATIONAL_UNIT_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            yield str(attribute.value)
    with contextlib.suppress(x509.ExtensionNotFound):
        extension = certificate.extensions.get_extension_for_oid(GMT0015_CREDIT_CODE).value
        if isinstance(extension, x509.UnrecognizedExtension):
            yield _text(extension.value)


def _text(der: bytes) -> str:
    # CAs write the value as PrintableString, UTF8String or bare octets: read all, write none.
    with contextlib.suppress(ValueError):
        value = core.load(der)
        if isinstance(value.native, str):
            return value.native
    return der.decode("ascii", "ignore")


def _checked(field: str, value: str) -> str:
    if value != value.strip() or not 0 < len(value) <= _UPPER_BOUND or not value.isprintable():
        raise SubjectRefused(f"{field}: 1 to {_UPPER_BOUND} printable characters are expected", field=field)
    return value
