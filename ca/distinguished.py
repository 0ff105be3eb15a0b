"""Subject names of certificates, and the enterprise's code in those of other CAs."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from asn1crypto import core
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca.errors import InvalidCreditCode, SubjectRefused
from ca.identifiers import check_credit_code, check_id_number
from ca.profiles.model import Attribute, CertificateProfile, Source, SubjectField, can_carry

# GM/T 0015-2012, section 5.2.3.9: the enterprise's code as a certificate extension.
GMT0015_CREDIT_CODE: Final = x509.ObjectIdentifier("1.2.156.10260.4.4")
# ETSI EN 319 412-1, section 5.1.4: scheme NTR (national trade register), country, the identifier.
_REGISTER_PREFIX: Final = "NTRCN-"
_CANDIDATE: Final = re.compile(r"[0-9A-Z]{18}")
_OIDS: Final = {
    Attribute.COUNTRY: NameOID.COUNTRY_NAME,
    Attribute.STATE: NameOID.STATE_OR_PROVINCE_NAME,
    Attribute.LOCALITY: NameOID.LOCALITY_NAME,
    Attribute.ORGANIZATION: NameOID.ORGANIZATION_NAME,
    Attribute.ORGANIZATION_IDENTIFIER: NameOID.ORGANIZATION_IDENTIFIER,
    Attribute.ORGANIZATIONAL_UNIT: NameOID.ORGANIZATIONAL_UNIT_NAME,
    Attribute.TITLE: NameOID.TITLE,
    Attribute.SERIAL_NUMBER: NameOID.SERIAL_NUMBER,
    Attribute.COMMON_NAME: NameOID.COMMON_NAME,
}
_UPPER_BOUND: Final = 64  # ub-common-name and ub-organization-name of RFC 5280, appendix A.1
# RFC 1123, section 2.1; the last label is never all digits, which would be an address.
_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?![0-9]+$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What the registration authority knows of a subscriber; a profile says which of it a certificate tells.

    ``person_number``: tells two persons of one name apart, and is no identity number. ``id_number``: goes
    into a certificate as a salted digest alone. ``host``: DNS name of a platform. ``device``: of a lock.
    """

    enterprise_name: str | None = None
    credit_code: str | None = None
    department: str | None = None
    person_name: str | None = None
    person_number: str | None = None
    id_number: str | None = field(default=None, repr=False)
    service_name: str | None = None
    host: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names: the X.500 name, DNS names, and the code for the extension of GM/T 0015."""

    name: x509.Name
    host_names: tuple[str, ...] = ()
    credit_code: str | None = None

    @classmethod
    def of_facts(cls, profile: CertificateProfile, facts: SubjectFacts, salt: bytes) -> Subject:
        """What ``profile`` tells of ``facts``. ``salt``: keys the digest of identity numbers.

        Raises SubjectRefused and InvalidCreditCode with the field at fault.
        """
        attributes = [
            x509.NameAttribute(_OIDS[field.attribute], value)
            for field in profile.subject
            if (value := _value(field, facts, salt)) is not None
        ]
        return cls(
            x509.Name(attributes),
            (_check_host(facts.host),) if profile.host_names and facts.host else (),
            facts.credit_code if profile.credit_code_extension else None,
        )

    @classmethod
    def of_certificate(cls, certificate: x509.Certificate) -> Subject:
        """The same subject again, for a renewal."""
        hosts: tuple[str, ...] = ()
        with contextlib.suppress(x509.ExtensionNotFound):
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            hosts = tuple(names.get_values_for_type(x509.DNSName))
        has_code = any(one.oid == GMT0015_CREDIT_CODE for one in certificate.extensions)
        return cls(certificate.subject, hosts, credit_code_of(certificate) if has_code else None)

    def extensions(self) -> Iterator[x509.ExtensionType]:
        """What a certificate tells of its subject beside the name."""
        if self.host_names:
            yield x509.SubjectAlternativeName([x509.DNSName(host) for host in self.host_names])
        if self.credit_code is not None:
            value = core.PrintableString(self.credit_code).dump()
            yield x509.UnrecognizedExtension(GMT0015_CREDIT_CODE, value)


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


def id_digest(id_number: str, salt: bytes) -> str:
    """HMAC-SHA256 of an identity number, its first 130 bits in base32 (serialNumber takes 64 characters)."""
    keyed = hmac.new(salt, check_id_number(id_number).encode(), hashlib.sha256).digest()
    return base64.b32encode(keyed).decode()[:26]


def _value(field: SubjectField, facts: SubjectFacts, salt: bytes) -> str | None:
    if field.source is None:
        return field.literal
    if field.source is Source.ID_DIGEST:
        found = None if facts.id_number is None else id_digest(facts.id_number, salt)
    else:
        found = getattr(facts, field.source)
    if found is None:
        if field.required:
            raise SubjectRefused(f"{field.source} is needed in the subject", field=field.source)
        return None
    if field.attribute is Attribute.ORGANIZATION_IDENTIFIER:
        return _REGISTER_PREFIX + check_credit_code(found)
    if field.source is Source.HOST:
        return _check_host(found)
    if not can_carry(field.attribute, check_text(field.source, found)):
        raise SubjectRefused(f"{field.source} cannot be the {field.attribute}", field=field.source)
    return found


def _check_host(name: str) -> str:
    if len(name) > _UPPER_BOUND or not _HOST.fullmatch(name):
        raise SubjectRefused("host: a DNS name in ASCII is expected", field="host")
    return name


def check_text(field: str, value: str) -> str:
    """A value that a certificate can carry. ``field``: how the refusal calls it. Raises SubjectRefused."""
    if value != value.strip() or not 0 < len(value) <= _UPPER_BOUND or not value.isprintable():
        raise SubjectRefused(f"{field}: 1 to {_UPPER_BOUND} printable characters are expected", field=field)
    return value
