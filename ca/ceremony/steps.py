"""The acts of a ceremony. Each builds unsigned, lints, signs on the token, and verifies what was signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ca.crl import Listed, sign_list
from ca.errors import CeremonyRefused
from ca.hierarchy import Authority, algorithm_name, signing_digest, subject_key_id
from ca.lint import Linter
from ca.profiles import ISSUING, ROOT, CertificateProfile, NameConstraints
from ca.tbs import OF_THE_KEYS, KeyIds, Pointers, Validity, builder, sign_unsigned, unsigned_certificate
from hsm import KeyKind, PrivateKey, PublicKey
from hsm.mechanisms import CURVES, RSA_BITS


@dataclass(frozen=True, slots=True)
class AuthorityName:
    """A CA's own name: country, organisation, and the name it is known by."""

    common_name: str
    organization: str
    country: str = "CN"

    def name(self) -> x509.Name:
        """The X.500 name."""
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, self.country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization),
                x509.NameAttribute(NameOID.COMMON_NAME, self.common_name),
            ]
        )


def make_root(key: PrivateKey, name: AuthorityName, now: datetime, days: int = ROOT.max_days) -> Authority:
    """A self-signed root over a token key. ``days``: its validity."""
    return self_signed(key, name.name(), now, days)


def self_signed(key: PrivateKey, name: x509.Name, now: datetime, days: int) -> Authority:
    """A root of any X.500 name."""
    return Authority(certify(ROOT, name, key.public_key(), name, key, now, days, Pointers()), key)


def stand_in(certificate: x509.Certificate, now: datetime) -> Authority:
    """A CA of the same name over a throwaway key of the same kind, for trying out what it would sign."""
    kind = KeyKind(algorithm_name(certificate.public_key()))  # type: ignore[arg-type]
    return self_signed(throwaway_key(kind), certificate.subject, now, ROOT.max_days)


def throwaway_key(kind: KeyKind) -> PrivateKey:
    """A key in memory, of which nothing will remain."""
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind])
    return rsa.generate_private_key(65537, RSA_BITS[kind])


def request_certificate(key: PrivateKey, name: AuthorityName) -> x509.CertificateSigningRequest:
    """An issuing CA's request (PKCS#10, RFC 2986), signed by its token key as proof of possession."""
    return x509.CertificateSigningRequestBuilder(name.name()).sign(key, signing_digest(key))


def sign_issuing(
    root: Authority,
    request: x509.CertificateSigningRequest,
    now: datetime,
    pointers: Pointers,
    days: int = ISSUING.max_days,
) -> x509.Certificate:
    """Certify an issuing CA. Raises CeremonyRefused for a request not signed by its own key."""
    if not request.is_signature_valid:
        raise CeremonyRefused("the request is not signed by its own key", reason="证书请求的签名无效")
    public: PublicKey = request.public_key()  # type: ignore[assignment]
    subject, issuer = request.subject, root.certificate.subject
    ids = KeyIds(issuer=root.key_id)
    certificate = certify(ISSUING, subject, public, issuer, root.key, now, days, pointers, ids)
    certificate.verify_directly_issued_by(root.certificate)
    return certificate


def cross_certify(
    authority: Authority,
    subject: x509.Certificate,
    now: datetime,
    pointers: Pointers,
    days: int,
    path_length: int,
    constraints: NameConstraints | None = None,
) -> x509.Certificate:
    """A certificate of another CA's name and key. It ends with the CA's own certificate at the latest."""
    public: PublicKey = subject.public_key()  # type: ignore[assignment]
    days = min(days, (subject.not_valid_after_utc - now).days)
    profile = replace(ISSUING, name="cross", path_length=path_length, name_constraints=constraints)
    issuer = authority.certificate.subject
    ids = KeyIds(authority.key_id, subject_key_id(subject))
    certificate = certify(profile, subject.subject, public, issuer, authority.key, now, days, pointers, ids)
    certificate.verify_directly_issued_by(authority.certificate)
    return certificate


def sign_root_crl(
    root: Authority,
    number: int,
    now: datetime,
    days: int = 400,
    revoked: Sequence[Listed] = (),
) -> x509.CertificateRevocationList:
    """The root's list of revoked CAs; long-lived, since the root is brought out about once a year."""
    made = sign_list(root, revoked, number, now, now + timedelta(days=days))
    return x509.load_der_x509_crl(made)


def certify(
    profile: CertificateProfile,
    subject: x509.Name,
    public: PublicKey,
    issuer: x509.Name,
    key: PrivateKey,
    now: datetime,
    days: int,
    pointers: Pointers,
    key_ids: KeyIds = OF_THE_KEYS,
) -> x509.Certificate:
    """Build, judge, sign. Raises CeremonyRefused, LintFailed, HsmError."""
    if algorithm_name(public) not in profile.key_algorithms or not 0 < days <= profile.max_days:
        raise CeremonyRefused(f"{profile.name}: key or validity not allowed", reason="密钥类型或有效期不允许")
    begin = now.replace(microsecond=0)
    made = builder(
        profile,
        subject,
        public,
        issuer,
        key.public_key(),
        x509.random_serial_number(),
        Validity(begin, begin + timedelta(days=days)),
        pointers,
        key_ids=key_ids,
    )
    unsigned = unsigned_certificate(made, key.public_key())
    Linter().check(unsigned)
    return sign_unsigned(unsigned, key)
