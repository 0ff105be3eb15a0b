"""Certificate profiles: what a certificate of each kind may carry. Pure; every profile object is valid."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Usage(StrEnum):
    """Bits of the key usage extension (RFC 5280, section 4.2.1.3)."""

    DIGITAL_SIGNATURE = "digital_signature"
    CONTENT_COMMITMENT = "content_commitment"
    KEY_ENCIPHERMENT = "key_encipherment"
    KEY_AGREEMENT = "key_agreement"
    KEY_CERT_SIGN = "key_cert_sign"
    CRL_SIGN = "crl_sign"


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """One kind of certificate.

    ``key_algorithms``: names as ``ca.hierarchy.algorithm_name`` gives them. ``max_days``: the longest
    validity. ``extended_usages``: dotted OIDs. ``path_length``: CAs below this one, for CA profiles.
    """

    name: str
    usages: frozenset[Usage]
    key_algorithms: frozenset[str]
    max_days: int
    extended_usages: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    is_ca: bool = False
    path_length: int | None = None
    subject_fields: frozenset[str] = field(default_factory=lambda: frozenset({"common_name"}))

    def __post_init__(self) -> None:
        if self.max_days <= 0 or not self.usages or not self.key_algorithms:
            raise ValueError(f"profile {self.name}: validity, usages and key algorithms are needed")
        signs_certificates = Usage.KEY_CERT_SIGN in self.usages
        if signs_certificates != self.is_ca:
            raise ValueError(f"profile {self.name}: keyCertSign goes with CA certificates only (RFC 5280)")
        if self.path_length is not None and not self.is_ca:
            raise ValueError(f"profile {self.name}: a path length needs a CA (RFC 5280, section 4.2.1.9)")


_SIGNING_KEYS: Final = frozenset({"rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "ed25519"})
_CA_KEYS: Final = frozenset({"rsa-3072", "rsa-4096", "rsa-2048", "p-256", "p-384"})
_CA_USAGES: Final = frozenset({Usage.KEY_CERT_SIGN, Usage.CRL_SIGN})

ROOT: Final = CertificateProfile("root", _CA_USAGES, _CA_KEYS, max_days=7305, is_ca=True)
ISSUING: Final = CertificateProfile("issuing", _CA_USAGES, _CA_KEYS, max_days=3653, is_ca=True, path_length=0)
ENTERPRISE_SIGNING: Final = CertificateProfile(
    "enterprise-signing",
    frozenset({Usage.DIGITAL_SIGNATURE, Usage.CONTENT_COMMITMENT}),
    _SIGNING_KEYS,
    max_days=1827,
    subject_fields=frozenset({"common_name", "organization", "credit_code"}),
)

PROFILES: Final = {profile.name: profile for profile in (ROOT, ISSUING, ENTERPRISE_SIGNING)}
