"""Verifying the signatures of a PDF, with given roots as the only trust and no network."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)

from ca.documents.reading import MAX_BYTES, entry, read_pdf, refusing_damage
from ca.documents.verification.fields import refuse_borrowed, signature_fields
from ca.documents.verification.policy import POLICY

log = logging.getLogger(__name__)

_USAGES: Final = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
_TRUST_PROBLEMS: Final = {
    AdESIndeterminate.REVOKED_NO_POE: "certificate_revoked",
    AdESIndeterminate.REVOKED_CA_NO_POE: "issuer_revoked",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "certificate_expired",
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED: "certificate_expired",
    AdESIndeterminate.EXPIRED: "certificate_expired",
    AdESIndeterminate.TRY_LATER: "revocation_unknown",
    AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE: "revocation_unknown",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "algorithm_weak",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "algorithm_weak",
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: "certificate_not_for_signing",
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: "issuer_untrusted",
}


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What is known of one signature, in the words of a person who must rely on it."""

    field: str
    certificate: x509.Certificate | None  # None when the signature cannot be read
    covers_whole_document: bool  # nothing at all was added after it
    modified_since: bool  # more than further signatures was added after it
    intact: bool  # digest and signature hold for the bytes it covers
    trusted: bool  # intact, and the certificate leads to a given root and is in force
    revocation_checked: bool  # a list of the certificate's issuer was given
    problem: str | None  # a stable code for the gravest fault; None when intact, unmodified and trusted
    signed_at: datetime | None  # as the signer claims

    @property
    def signer(self) -> str:
        """The subject of the signer's certificate (RFC 4514); empty when the signature cannot be read."""
        return self.certificate.subject.rfc4514_string() if self.certificate else ""

    @property
    def valid(self) -> bool:
        """Intact, unmodified and trusted."""
        return self.problem is None


def verify_pdf(
    pdf: bytes,
    roots: Iterable[x509.Certificate],
    intermediates: Iterable[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
    at: datetime,
    *,
    max_bytes: int = MAX_BYTES,
) -> list[SignatureReport]:
    """A report on each signature of ``pdf``, oldest first, as things stand at ``at``.

    A certificate whose issuer's list is among ``crls`` must not be on it, and the list must be in force;
    without a list, revocation is not checked and the report says so. Document time stamps are no signatures
    and are left out.
    Raises PdfTooLarge, PdfDamaged, PdfEncrypted.
    """
    judge = Judge(roots, intermediates, crls, at)
    reader = read_pdf(pdf, max_bytes)
    with refusing_damage():
        fields = [
            (name, field)
            for name, value, field in signature_fields(reader)
            if entry(value.get_object(), "/Type") != "/DocTimeStamp"
        ]
    reports = [judge.report(reader, name, field) for name, field in fields]
    return [report for _, report in sorted(reports, key=lambda pair: pair[0])]


class Judge:
    """Trust, status lists and a moment."""

    def __init__(
        self,
        roots: Iterable[x509.Certificate],
        intermediates: Iterable[x509.Certificate],
        crls: Sequence[x509.CertificateRevocationList],
        at: datetime,
    ) -> None:
        self._roots = [_asn1(one) for one in roots]
        self._intermediates = [_asn1(one) for one in intermediates]
        self._crls = [asn1_crl.CertificateList.load(one.public_bytes(Encoding.DER)) for one in crls]
        self._listed = [one.issuer.hashable for one in self._crls]
        self._at = at

    def report(self, reader: Any, name: str, field: Any) -> tuple[int, SignatureReport]:
        """The revision that a signature ends, and what is known of it."""
        try:
            embedded = EmbeddedPdfSignature(reader, field, name)
            refuse_borrowed(reader, embedded.sig_field.raw_get("/V"), field)
            context = self.context(embedded.signer_cert)
            status = validate_pdf_signature(embedded, context, diff_policy=POLICY, key_usage_settings=_USAGES)
        except Exception as error:  # one unreadable signature must not hide the others
            log.info("signature %r cannot be validated: %s", name, error)
            return -1, SignatureReport(name, None, False, False, False, False, False, "unreadable", None)
        return embedded.signed_revision, self._read(name, status)

    def context(self, signer: asn1_x509.Certificate) -> ValidationContext:
        """What pyHanko judges the path of one signer by."""
        issuers = [one.issuer for one in self._intermediates]
        policy = RevocationCheckingPolicy(
            ee_certificate_rule=self._rule([signer.issuer]),
            intermediate_ca_cert_rule=self._rule(issuers),
        )
        return ValidationContext(
            trust_roots=self._roots,
            other_certs=self._intermediates,
            crls=self._crls,
            moment=self._at,
            revinfo_policy=CertRevTrustPolicy(policy),
        )

    def _rule(self, issuers: Sequence[asn1_x509.Name]) -> RevocationCheckingRule:
        if issuers and all(one.hashable in self._listed for one in issuers):
            return RevocationCheckingRule.CRL_REQUIRED
        return RevocationCheckingRule.CHECK_IF_DECLARED_SOFT

    def _read(self, name: str, status: PdfSignatureStatus) -> SignatureReport:
        intact = status.intact and status.valid
        modified = not status.docmdp_ok or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION
        return SignatureReport(
            field=name,
            certificate=x509.load_der_x509_certificate(status.signing_cert.dump()),
            covers_whole_document=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
            modified_since=modified,
            intact=intact,
            trusted=status.trusted,
            revocation_checked=status.signing_cert.issuer.hashable in self._listed,
            problem=self._problem(status, intact, modified),
            signed_at=status.signer_reported_dt,
        )

    def _problem(self, status: PdfSignatureStatus, intact: bool, modified: bool) -> str | None:
        if not intact:
            return "signature_broken"
        if modified:
            return "modified_since"
        if status.trusted:
            return None
        if self._at < status.signing_cert.not_valid_before:
            return "certificate_not_yet_valid"  # which pyHanko does not tell from other failures of the chain
        indication = status.trust_problem_indic
        return _TRUST_PROBLEMS.get(indication, "certificate_untrusted")  # type: ignore[call-overload,no-any-return]


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
