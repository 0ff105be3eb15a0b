"""Signatures that can still be judged when certificates have ended and their CA is gone.

    pdf = add_validation_data(pdf, certificates, ocsp_answers, lists)    # PAdES B-LT: what proves them
    pdf = add_archive_stamp(pdf, answer)                                 # B-LTA: and since when that is there

Both are incremental updates (ETSI EN 319 142-1, 5.4 and 5.5). The second is repeated before the last time
stamp's certificate ends or its algorithm grows weak.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Final

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore

from ca.documents.reading import MAX_BYTES, read_pdf, refusing_damage
from ca.documents.time_stamping import DIGEST, ROOM, Answer, Asking
from ca.documents.updating import update_of

_HEX: Final = 2


def add_validation_data(
    pdf: bytes,
    certificates: Iterable[x509.Certificate],
    ocsp_answers: Iterable[bytes],
    lists: Iterable[x509.CertificateRevocationList],
    *,
    max_bytes: int = MAX_BYTES,
) -> bytes:
    """``pdf`` with a document security store that has these certificates, OCSP answers (DER) and lists.

    Those of an earlier store stay. Roots may be left out: a verifier has them from elsewhere. Raises
    PdfTooLarge, PdfDamaged, PdfEncrypted.
    """
    reader = read_pdf(pdf, max_bytes)
    with refusing_damage():
        writer = update_of(reader)
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            # Under no signature's name (VRI): ETSI EN 319 142-1, 5.4.3 has it as an option that few read.
            sig_contents=None,
            certs=[asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in certificates],
            ocsps=[ocsp.OCSPResponse.load(one) for one in ocsp_answers],
            crls=[crl.CertificateList.load(one.public_bytes(Encoding.DER)) for one in lists],
        )
        output = BytesIO()
        writer.write(output)  # type: ignore[no-untyped-call]
        return output.getvalue()


def add_archive_stamp(pdf: bytes, answer: Answer, *, max_bytes: int = MAX_BYTES) -> bytes:
    """``pdf`` with a time stamp over all of it (a DocTimeStamp signature, RFC 3161 token inside).

    Raises TimeStampMissing, PdfTooLarge, PdfDamaged, PdfEncrypted.
    """
    reader = read_pdf(pdf, max_bytes)
    with refusing_damage():
        number = sum(1 for _ in enumerate_sig_fields(reader)) + 1
        writer = update_of(reader)
        stamping = PdfTimeStamper(Asking(answer), field_name=f"Stamp-{number}", readable_field_name="时间戳")
        output = stamping.timestamp_pdf(writer, DIGEST, bytes_reserved=_HEX * ROOM)
        return bytes(output.getvalue())
