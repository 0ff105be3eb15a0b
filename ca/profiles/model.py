"""What a certificate of each kind may carry. Pure; every profile object is valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"  # RFC 9336

# X.660: below the first two arcs there are forty, so that both are in one octet.
_OID: Final = re.compile(r"(?:[01]\.(?:[1-3]?[0-9])|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))+")
_CPS: Final = re.compile(r"https?://[!-~]+")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,./:=?-]+")  # X.680, section 41.4
_LONGEST: Final = 64  # ub-common-name and ub-organization-name of RFC 5280, appendix A.1


class Usage(StrEnum):
    """Bits of the key usage extension (RFC 5280, section 4.2.1.3)."""

    DIGITAL_SIGNATURE = "digital_signature"
    CONTENT_COMMITMENT = "content_commitment"
    KEY_ENCIPHERMENT = "key_encipherment"
    DATA_ENCIPHERMENT = "data_encipherment"
    KEY_AGREEMENT = "key_agreement"
    KEY_CERT_SIGN = "key_cert_sign"
    CRL_SIGN = "crl_sign"


_FOR_RSA_ALONE: Final = frozenset({Usage.KEY_ENCIPHERMENT, Usage.DATA_ENCIPHERMENT})
_OPENING: Final = _FOR_RSA_ALONE | {Usage.KEY_AGREEMENT}
_SIGNING: Final = frozenset({Usage.DIGITAL_SIGNATURE, Usage.CONTENT_COMMITMENT})


class Attribute(StrEnum):
    """Attributes of a subject name."""

    COUNTRY = "country"
    STATE = "state"
    LOCALITY = "locality"
    ORGANIZATION = "organization"
    ORGANIZATION_IDENTIFIER = "organization_identifier"
    ORGANIZATIONAL_UNIT = "organizational_unit"
    TITLE = "title"
    SERIAL_NUMBER = "serial_number"
    COMMON_NAME = "common_name"


class Source(StrEnum):
    """Where the value of a subject field comes from: what the registration authority knows."""

    ENTERPRISE_NAME = "enterprise_name"
    CREDIT_CODE = "credit_code"
    DEPARTMENT = "department"
    PERSON_NAME = "person_name"
    PERSON_NUMBER = "person_number"
    ID_DIGEST = "id_digest"
    SERVICE_NAME = "service_name"
    HOST = "host"
    DEVICE = "device"


# Where an attribute's value may come from; any source where nothing is said.
_SOURCES: Final = {
    Attribute.COUNTRY: frozenset[Source](),
    Attribute.ORGANIZATION_IDENTIFIER: frozenset({Source.CREDIT_CODE}),
    Attribute.SERIAL_NUMBER: frozenset(
        {Source.CREDIT_CODE, Source.PERSON_NUMBER, Source.ID_DIGEST, Source.HOST, Source.DEVICE}
    ),
}


@dataclass(frozen=True, slots=True)
class SubjectField:
    """One attribute of the subject: from a ``source``, or the same ``literal`` in every certificate."""

    attribute: Attribute
    source: Source | None = None
    literal: str | None = None
    required: bool = True

    def __post_init__(self) -> None:
        if (self.source is None) == (self.literal is None):
            raise ValueError(f"subject {self.attribute}: either a source or a literal is expected")
        if self.literal is not None and not can_carry(self.attribute, self.literal):
            raise ValueError(f"subject {self.attribute}: {self.literal!r} cannot be its value")
        if self.source is not None and self.source not in _SOURCES.get(self.attribute, Source):
            raise ValueError(f"subject {self.attribute}: cannot come from {self.source}")


@dataclass(frozen=True, slots=True)
class Policy:
    """A certificate policy, with the address of its practice statement where there is one."""

    oid: str
    cps: str | None = None

    def __post_init__(self) -> None:
        if not is_oid(self.oid):
            raise ValueError(f"policy {self.oid!r} is no object identifier")
        if self.cps is not None and not _CPS.fullmatch(self.cps):
            raise ValueError(f"cps {self.cps!r} is no http address in ASCII")


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """DNS names and organisations below which a CA may issue (RFC 5280, section 4.2.1.10)."""

    permitted_dns: tuple[str, ...] = ()
    excluded_dns: tuple[str, ...] = ()
    permitted_organizations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """One kind of certificate.

    ``key_algorithms``: names as ``ca.hierarchy.algorithm_name`` gives them. ``extended_usages``: dotted OIDs.
    ``path_length``: CAs below this one, for CA profiles. ``default_days``: the validity of a request that
    asks for none; ``max_days`` unless told. ``escrow``: the key's second copy can be recovered.
    ``credit_code_extension``: the enterprise's code as GM/T 0015 writes it, beside organizationIdentifier.
    """

    name: str
    usages: frozenset[Usage]
    key_algorithms: frozenset[str]
    max_days: int
    title: str = ""
    default_days: int = 0
    min_days: int = 1
    backdate: timedelta = timedelta(minutes=5)
    extended_usages: tuple[str, ...] = ()
    extended_usages_critical: bool = False
    policies: tuple[Policy, ...] = ()
    is_ca: bool = False
    path_length: int | None = None
    name_constraints: NameConstraints | None = None
    subject: tuple[SubjectField, ...] = ()
    host_names: bool = False
    credit_code_extension: bool = False
    ca_issuers: bool = True
    crl: bool = True
    ocsp: bool = True
    ocsp_no_check: bool = False
    escrow: bool = False

    def __post_init__(self) -> None:
        fault = next(self._faults(), None)
        if fault is not None:
            raise ValueError(f"profile {self.name}: {fault}")
        if not self.default_days:
            object.__setattr__(self, "default_days", self.max_days)

    def usages_for(self, algorithm: str) -> frozenset[Usage]:
        """What a key of this algorithm may be used for: RSA enciphers keys, EC agrees on them (RFC 8813)."""
        unfit = {Usage.KEY_AGREEMENT} if algorithm.startswith("rsa") else _FOR_RSA_ALONE
        return self.usages - unfit

    @property
    def signs(self) -> bool:
        """Whether the keys of this profile make signatures."""
        return bool(self.usages & _SIGNING)

    def _faults(self) -> Iterator[str]:
        if not self.usages or not self.key_algorithms:
            yield "usages and key algorithms are needed"
        if not 0 < self.min_days <= (self.default_days or self.max_days) <= self.max_days:
            yield "0 < min_days <= default_days <= max_days is expected"
        yield from self._faults_of_usages()
        if not all(map(is_oid, self.extended_usages)):
            yield "extended usages are object identifiers"
        if len(set(self.extended_usages)) != len(self.extended_usages):
            yield "each extended usage is said once"
        if len({policy.oid for policy in self.policies}) != len(self.policies):
            yield "each policy is said once (RFC 5280, section 4.2.1.4)"
        yield from self._faults_of_subject()

    def _faults_of_usages(self) -> Iterator[str]:
        if (Usage.KEY_CERT_SIGN in self.usages) != self.is_ca:
            yield "keyCertSign goes with CA certificates only (RFC 5280, section 4.2.1.3)"
        if not self.is_ca and (self.path_length is not None or self.name_constraints is not None):
            yield "a path length and name constraints need a CA (RFC 5280, sections 4.2.1.9 and 4.2.1.10)"
        if self.escrow and (self.usages & _SIGNING or not self.usages & _OPENING):
            yield "escrow is for keys that open envelopes; a signing key has no copy"
        if self.ocsp_no_check and OCSP_SIGNING not in self.extended_usages:
            yield "ocsp_no_check belongs to responders (RFC 6960, section 4.2.2.2.1)"
        if TIME_STAMPING in self.extended_usages and not (
            self.extended_usages == (TIME_STAMPING,) and self.extended_usages_critical
        ):
            yield "timeStamping must be the only extended usage, and critical (RFC 3161, section 2.3)"
        for algorithm in self.key_algorithms:
            if not self.usages_for(algorithm):
                yield f"a key of {algorithm} has none of the usages"

    def _faults_of_subject(self) -> Iterator[str]:
        attributes = [field.attribute for field in self.subject]
        if len(set(attributes)) != len(attributes):
            yield "each subject attribute is said once"
        if not self.is_ca and Attribute.COMMON_NAME not in attributes:
            yield "the subject needs a common_name"
        sources = {field.source for field in self.subject}
        if self.credit_code_extension and Source.CREDIT_CODE not in sources:
            yield "credit_code_extension needs credit_code in the subject"
        if self.host_names and Source.HOST not in sources:
            yield "host_names needs host in the subject"


def can_carry(attribute: Attribute, text: str) -> bool:
    """Whether ``text`` can be the value of a subject's attribute (RFC 5280, appendix A.1)."""
    if attribute is Attribute.COUNTRY:
        return _COUNTRY.fullmatch(text) is not None
    if attribute is Attribute.SERIAL_NUMBER and not _PRINTABLE.fullmatch(text):
        return False
    return text == text.strip() and 0 < len(text) <= _LONGEST and text.isprintable()


def is_oid(text: str) -> bool:
    """Whether ``text`` is an object identifier in dots."""
    return len(text) <= 128 and _OID.fullmatch(text) is not None
