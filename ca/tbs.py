"""To-be-signed certificates: built by profile, inspected unsigned, then signed byte for byte.

``unsigned_certificate`` gives a whole certificate whose signature is a filler, so that a linter sees exactly
what the CA is about to sign without any key having signed it; ``sign_unsigned`` puts the real signature
over the same bytes in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from ca import der
from ca.hierarchy import algorithm_name, sign_with, signing_digest
from ca.profiles.model import CertificateProfile, NameConstraints, Policy, Usage
from hsm import PrivateKey, PublicKey
from hsm.keys import token_key

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last second of a certificate, both included (RFC 5280, section 4.1.2.5)."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class KeyIds:
    """Key identifiers of issuer and subject where certificates give them; None for the SHA-1 of the key.

    A CA that another one certified, or that another one's software made, may count them in another way, and
    chains are built by comparing them (RFC 5280, section 4.2.1.2).
    """

    issuer: bytes | None = None
    subject: bytes | None = None


OF_THE_KEYS: Final = KeyIds()


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where relying parties find the issuer's certificate, its revocation list and responder (http URLs)."""

    ca_issuers: str | None = None
    crl: str | None = None
    ocsp: str | None = None


def builder(
    profile: CertificateProfile,
    subject: x509.Name,
    public_key: PublicKey,
    issuer: x509.Name,
    issuer_key: PublicKey,
    serial: int,
    validity: Validity,
    pointers: Pointers = Pointers(),
    subject_extensions: Iterable[x509.ExtensionType] = (),
    key_ids: KeyIds = OF_THE_KEYS,
) -> x509.CertificateBuilder:
    """A certificate of ``profile`` with the extensions of RFC 5280 in a fixed order.

    ``subject_extensions``: what it tells of its subject beside the name.
    """
    made = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public_key)
        .serial_number(serial)
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(_authority_key(issuer_key, key_ids.issuer), critical=False)
        .add_extension(_subject_key(public_key, key_ids.subject), critical=False)
        .add_extension(_key_usage(profile.usages_for(algorithm_name(public_key))), critical=True)
        .add_extension(x509.BasicConstraints(profile.is_ca, profile.path_length), critical=True)
    )
    for extension, critical in _of_profile(profile):
        made = made.add_extension(extension, critical)
    for extension in (*_of_pointers(profile, pointers), *subject_extensions):
        made = made.add_extension(extension, critical=False)
    return made


def _authority_key(key: PublicKey, known: bytes | None) -> x509.AuthorityKeyIdentifier:
    if known is None:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    return x509.AuthorityKeyIdentifier(known, None, None)


def _subject_key(key: PublicKey, known: bytes | None) -> x509.SubjectKeyIdentifier:
    return (
        x509.SubjectKeyIdentifier.from_public_key(key) if known is None else x509.SubjectKeyIdentifier(known)
    )


def unsigned_certificate(made: x509.CertificateBuilder, issuer_key: PublicKey) -> x509.Certificate:
    """The certificate with a filler for a signature; the algorithm is that of ``issuer_key``."""
    return made.sign(filler_key(issuer_key), signing_digest(issuer_key))


def filler_key(public: PublicKey) -> PrivateKey:
    """Signs with a filler as long as the signatures of the key that goes with ``public``."""
    return token_key(_Filler(public), public)


def sign_unsigned(unsigned: x509.Certificate, key: PrivateKey) -> x509.Certificate:
    """The same certificate signed: the token signs the very bytes that were inspected."""
    tbs = unsigned.tbs_certificate_bytes
    whole = der.sequence(tbs, _algorithm(unsigned), der.bits(sign_with(key, tbs)))
    return x509.load_der_x509_certificate(whole)


def _algorithm(unsigned: x509.Certificate) -> bytes:
    """The DER of signatureAlgorithm, which stands between the to-be-signed part and the signature."""
    whole, tbs = unsigned.public_bytes(Encoding.DER), unsigned.tbs_certificate_bytes
    signature = len(der.bits(unsigned.signature))
    return whole[whole.index(tbs) + len(tbs) : -signature]


class _Filler:
    """Stands in for a token key: gives as many bytes as the real signature will have."""

    def __init__(self, public: PublicKey) -> None:
        self._length = 64
        if isinstance(public, RSAPublicKey):
            self._length = public.key_size // 8
        elif isinstance(public, EllipticCurvePublicKey):
            self._length = 2 * ((public.key_size + 7) // 8)

    def use(self, operation: Callable[[Any, Any], Result]) -> Result:
        raise NotImplementedError("there is no key to use")

    def sign(self, mechanism: object, data: bytes, room: int) -> bytes:
        return b"\x01" * self._length


def _key_usage(usages: frozenset[Usage]) -> x509.KeyUsage:
    return x509.KeyUsage(
        **{usage.value: usage in usages for usage in Usage}, encipher_only=False, decipher_only=False
    )


def _of_profile(profile: CertificateProfile) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """Extensions with their criticality."""
    if profile.extended_usages:
        usages = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in profile.extended_usages])
        yield usages, profile.extended_usages_critical
    if profile.policies:
        yield x509.CertificatePolicies([_policy(policy) for policy in profile.policies]), False
    if profile.name_constraints is not None:
        yield _name_constraints(profile.name_constraints), True
    if profile.ocsp_no_check:
        yield x509.OCSPNoCheck(), False


def _policy(policy: Policy) -> x509.PolicyInformation:
    return x509.PolicyInformation(
        x509.ObjectIdentifier(policy.oid), None if policy.cps is None else [policy.cps]
    )


def _name_constraints(constraints: NameConstraints) -> x509.NameConstraints:
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in constraints.permitted_dns]
    permitted += [
        x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]))
        for name in constraints.permitted_organizations
    ]
    excluded = [x509.DNSName(name) for name in constraints.excluded_dns]
    return x509.NameConstraints(permitted or None, excluded or None)


def _of_pointers(profile: CertificateProfile, pointers: Pointers) -> Iterator[x509.ExtensionType]:
    if profile.crl and pointers.crl:
        yield x509.CRLDistributionPoints([x509.DistributionPoint([_uri(pointers.crl)], None, None, None)])
    access = []
    if profile.ocsp and pointers.ocsp:
        access.append(x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri(pointers.ocsp)))
    if profile.ca_issuers and pointers.ca_issuers:
        issuers = _uri(pointers.ca_issuers)
        access.append(x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, issuers))
    if access:
        yield x509.AuthorityInformationAccess(access)


def _uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)
