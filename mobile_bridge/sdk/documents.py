"""Verifying a sealed PDF: intact, sealed by the right enterprise, and the very document that was sent."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError

from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.trust import SEALING, Trust, run

_REGISTER_PREFIX: Final = "NTRCN-"
_CHANGES: Final = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            # A certification that permits signing permits a seal that is seen (ISO 32000-2, table 257).
            SigFieldCreationRule(allow_new_visible_after_certify=True),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ]
    ),
)
"""What may be added after a seal: further seals, and what makes them last."""
_ENDS: Final = (b"%%EOF", b"%%EOF\n", b"%%EOF\r\n")


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature of a PDF that holds. ``signed_at``: as the signer claims; None when it claims none."""

    field: str
    certificate: x509.Certificate
    signed_at: datetime | None

    @property
    def enterprise(self) -> str:
        """The certificate's organisation."""
        return self._name(NameOID.ORGANIZATION_NAME)

    @property
    def credit_code(self) -> str:
        """统一社会信用代码 of the organisation."""
        return self._name(NameOID.ORGANIZATION_IDENTIFIER).removeprefix(_REGISTER_PREFIX)

    @property
    def person(self) -> str:
        """The certificate's common name."""
        return self._name(NameOID.COMMON_NAME)

    def _name(self, oid: x509.ObjectIdentifier) -> str:
        found = self.certificate.subject.get_attributes_for_oid(oid)
        return str(found[0].value) if found else ""


def verify_sealed_pdf(
    pdf: bytes,
    trust: Trust,
    *,
    sha256: str | None = None,
    original: bytes | None = None,
    now: datetime | None = None,
) -> list[Seal]:
    """Every seal of a PDF, oldest first; all of them must hold, and the newest cover the whole
    file, but for the proofs that make it last.

    ``sha256``: what the statement says the sealed document has. ``original``: what was sent; sealing only
    adds to its end, so the sealed document must begin with it.
    Raises NotVerified: document_differs, not_sealed, malformed, signature_invalid, and those of the chain.
    """
    at = now or datetime.now(UTC)
    if sha256 is not None and not hmac.compare_digest(hashlib.sha256(pdf).hexdigest(), sha256.lower()):
        raise NotVerified("document_differs", "another digest than the statement names")
    if original is not None and not pdf.startswith(original):
        raise NotVerified("document_differs", "does not begin with the document that was sent")
    try:
        found = _signatures(pdf)
        if not found:
            raise NotVerified("not_sealed", "no signature in the document")
        return [_seal(one, pdf, trust, at, is_last=one is found[-1]) for one in found]
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError) as error:
        raise NotVerified("malformed", f"not a readable PDF: {error}") from error


def _signatures(pdf: bytes) -> list[EmbeddedPdfSignature]:
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    signatures: dict[Any, EmbeddedPdfSignature] = {}
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        if value.get_object().get("/Type") == "/DocTimeStamp":
            continue
        one = EmbeddedPdfSignature(reader, field, name)
        # A seal on many pages has a field on each of them, which came with the signature that they share.
        if reader.xrefs.get_introducing_revision(field.reference) > one.signed_revision:
            raise NotVerified("document_differs", f"{name}: a seal was put where its owner never put it")
        signatures.setdefault(value.reference, one)
    found = sorted(signatures.values(), key=lambda one: one.signed_revision)
    if found:
        _check_empty_fields(reader, found[0].signed_revision)
    return found


def _check_empty_fields(reader: PdfFileReader, revision: int) -> None:
    """A field that nobody signed and that came after ``revision`` shows nothing: else it is anybody's picture
    over what was sealed, which pyHanko's policy allows."""
    for name, _, field in enumerate_sig_fields(reader, filled_status=False):
        one = field.get_object()
        if reader.xrefs.get_introducing_revision(field.reference) <= revision:
            continue
        if any(_shows(widget.get_object()) for widget in (one, *one.get("/Kids", ()))):
            raise NotVerified("document_differs", f"{name}: a field that nobody signed shows something")


def _shows(widget: Any) -> bool:
    normal = widget["/AP"].get("/N") if "/AP" in widget else None
    states = (
        normal.values() if isinstance(normal, dict) and not isinstance(normal, StreamObject) else [normal]
    )
    return any(one is not None and bool(one.get_object().data.strip()) for one in states)


def _seal(signature: EmbeddedPdfSignature, pdf: bytes, trust: Trust, at: datetime, *, is_last: bool) -> Seal:
    der = signature.signer_cert.dump()
    certificate = x509.load_der_x509_certificate(der)
    between = [x509.load_der_x509_certificate(one.dump()) for one in signature.other_embedded_certs]
    trust.check(certificate, between, SEALING, at)
    context = trust.context(certificate, between, at)
    status = run(async_validate_pdf_signature(signature, context, diff_policy=_CHANGES))
    if not (status.intact and status.valid):
        raise NotVerified("signature_invalid", f"{signature.field_name}: changed after it was sealed")
    is_covered = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    if is_last and status.coverage < SignatureCoverageLevel.ENTIRE_FILE:
        # What makes a seal last (B-LT, B-LTA) is added after it: proofs and time stamps, and nothing else.
        is_covered &= status.modification_level is ModificationLevel.LTA_UPDATES and pdf.endswith(_ENDS)
    if not is_covered or not status.docmdp_ok:
        raise NotVerified("document_differs", f"{signature.field_name}: something was added after it")
    return Seal(signature.field_name, certificate, status.signer_reported_dt)
