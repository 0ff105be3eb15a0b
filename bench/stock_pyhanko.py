"""Sealing as pyHanko does it, with its own PKCS#11 signer: what ``bench.documents`` is measured against."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import x509 as asn1
from cryptography import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import PdfSignatureStatus, validate_pdf_signature
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext

from ca.documents.cms_making import SigningIdentity
from ca.signed_data import encoded


class Stock:
    """One signer, made once. ``session``: of python-pkcs11; ``seal``: a file with the picture, PDF."""

    def __init__(self, session: Any, label: str, identity: SigningIdentity, seal: Path) -> None:
        certificate, *chain = (asn1.Certificate.load(one) for one in identity.certificates)
        self._signer = PKCS11Signer(
            session, key_label=label, signing_cert=certificate, ca_chain=chain, use_raw_mechanism=True
        )
        self._style = StaticStampStyle.from_pdf_file(str(seal), border_width=0, background_opacity=1)

    def seal(self, pdf: bytes, box: tuple[int, int, int, int]) -> bytes:
        """A PAdES B-B signature with a visible seal; the size of the CMS is found out by a dry run."""
        meta = PdfSignatureMetadata(
            field_name="Seal", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256", reason="签章"
        )
        signing = PdfSigner(meta, self._signer, stamp_style=self._style, new_field_spec=_field(box))
        signed = signing.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
        return bytes(signed.getvalue())


def _field(box: tuple[int, int, int, int]) -> SigFieldSpec:
    return SigFieldSpec("Seal", on_page=0, box=box)


def judged(
    pdf: bytes, root: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> list[PdfSignatureStatus]:
    """pyHanko's validation of every signature."""
    found = PdfFileReader(BytesIO(pdf)).embedded_signatures
    return [validate_pdf_signature(one, _context(root, issuer, at)) for one in found]


def _context(root: x509.Certificate, issuer: x509.Certificate, at: datetime) -> ValidationContext:
    trusted, between = (asn1.Certificate.load(encoded(one)) for one in (root, issuer))
    return ValidationContext(trust_roots=[trusted], other_certs=[between], moment=at)
