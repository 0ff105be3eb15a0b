"""Whose signatures a platform believes: the roots it was given, and nothing else. No network.

trust = Trust.of_pem(Path("sealbridge-root.pem").read_bytes())
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self, TypeVar

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    InvalidCertificateError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)

from mobile_bridge.sdk.errors import NotVerified

_T = TypeVar("_T")
SIGNING: Final = frozenset({"digital_signature"})
SEALING: Final = frozenset({"digital_signature", "non_repudiation"})
"""Key usages: what the service says by itself; what a person answers for."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots, other certificates that may stand between, and revocation lists.

    A certificate whose issuer's list is given must not be on it, and the list must be in force; without a
    list revocation is not looked at. ``revocation.Lists`` fetches lists.
    """

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()

    @classmethod
    def of_pem(cls, *roots: bytes) -> Self:
        """Roots in PEM, any number in each."""
        found = [one for pem in roots for one in x509.load_pem_x509_certificates(pem)]
        return cls(tuple(found))

    def with_lists(self, crls: Iterable[x509.CertificateRevocationList]) -> Trust:
        """The same trust, with these lists."""
        return replace(self, crls=tuple(crls))

    def check(
        self,
        certificate: x509.Certificate,
        between: Sequence[x509.Certificate],
        usages: frozenset[str],
        at: datetime,
    ) -> None:
        """Whether the certificate leads to a root at a moment and is for ``usages`` (RFC 5280, section 6).

        Raises NotVerified: untrusted, revoked, revocation_unknown, wrong_signer.
        """
        context = self.context(certificate, between, at)
        validator = CertificateValidator(asn1(certificate), validation_context=context)
        try:
            run(validator.async_validate_path())
        except RevokedError as error:
            raise NotVerified("revoked", str(error)) from error
        except InsufficientRevinfoError as error:
            raise NotVerified("revocation_unknown", str(error)) from error
        except (PathBuildingError, PathValidationError, InvalidCertificateError, ValidationError) as error:
            raise NotVerified("untrusted", str(error)) from error
        if not usages <= usages_of(certificate):
            raise NotVerified("wrong_signer", f"the key usage lacks one of {sorted(usages)}")

    def context(
        self, certificate: x509.Certificate, between: Sequence[x509.Certificate], at: datetime
    ) -> ValidationContext:
        """What pyHanko judges one signer by."""
        others = [*between, *self.intermediates]
        policy = RevocationCheckingPolicy(
            ee_certificate_rule=self._rule([certificate.issuer]),
            intermediate_ca_cert_rule=self._rule([one.issuer for one in others]),
        )
        return ValidationContext(
            trust_roots=[asn1(one) for one in self.roots],
            other_certs=[asn1(one) for one in others],
            crls=[asn1_crl.CertificateList.load(one.public_bytes(Encoding.DER)) for one in self.crls],
            moment=at,
            revinfo_policy=CertRevTrustPolicy(policy),
        )

    def _rule(self, issuers: Sequence[x509.Name]) -> RevocationCheckingRule:
        listed = {one.issuer for one in self.crls}
        if issuers and all(one in listed for one in issuers):
            return RevocationCheckingRule.CRL_REQUIRED
        return RevocationCheckingRule.CHECK_IF_DECLARED_SOFT


def usages_of(certificate: x509.Certificate) -> set[str]:
    """Key usages by the names of asn1crypto. Without the extension: none, as our profiles always have it."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return set()
    named = {"digital_signature": found.digital_signature, "non_repudiation": found.content_commitment}
    return {name for name, is_set in named.items() if is_set}


def asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate, as pyHanko reads it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine that does no I/O, in or out of an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()
