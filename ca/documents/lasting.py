"""Signatures that can still be judged when certificates have ended and their CA is gone.

    pdf = add_validation_data(pdf, certificates, ocsp_answers, lists)    # PAdES B-LT: what proves them
    pdf = add_archive_stamp(pdf, answer)                                 # B-LTA: and since when that is there

Both are incremental updates (ETSI EN 319 142-1, 5.4 and 5.5). The second is repeated before the last time
stamp's certificate ends or its algorithm grows weak.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import BinaryIO, Final

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore

from ca.documents.reading import MAX_BYTES, read_pdf, refusing_damage
from ca.documents.time_stamping import DIGEST, ROOM, Answer, Asking
from ca.documents.updating import as_it_was, update_of

_HEX: Final = 2


def add_validation_data(
    pdf: bytes,
    certificates: Iterable[bytes],
    ocsp_answers: Iterable[bytes],
    lists: Iterable[bytes],
    *,
    max_bytes: int = MAX_BYTES,
    password: str | None = None,
) -> bytes:
    """``pdf`` with a document security store, as ``add_validation_data_in`` makes it."""
    document = BytesIO(pdf)
    add_validation_data_in(
        document, certificates, ocsp_answers, lists, max_bytes=max_bytes, password=password
    )
    return document.getvalue()


def add_validation_data_in(
    document: BinaryIO,
    certificates: Iterable[bytes],
    ocsp_answers: Iterable[bytes],
    lists: Iterable[bytes],
    *,
    max_bytes: int = MAX_BYTES,
    password: str | None = None,
) -> None:
    """Give a PDF a document security store that has these certificates, OCSP answers and lists, in DER.

    Those of an earlier store stay. Whatever is raised, the document is as it was before: PdfTooLarge,
    PdfDamaged, PdfEncrypted.
    """
    with as_it_was(document), refusing_damage():
        writer = update_of(read_pdf(document, max_bytes, password))
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            # Under no signature's name (VRI): ETSI EN 319 142-1, 5.4.3 has it as an option that few read.
            sig_contents=None,
            certs=[asn1_x509.Certificate.load(one) for one in certificates],
            ocsps=[ocsp.OCSPResponse.load(one) for one in ocsp_answers],
            crls=[crl.CertificateList.load(one) for one in lists],
        )
        writer.write_in_place()  # type: ignore[no-untyped-call]


def add_archive_stamp(
    pdf: bytes, answer: Answer, *, max_bytes: int = MAX_BYTES, password: str | None = None
) -> bytes:
    """``pdf`` with a time stamp over all of it, as ``add_archive_stamp_in`` makes it."""
    document = BytesIO(pdf)
    add_archive_stamp_in(document, answer, max_bytes=max_bytes, password=password)
    return document.getvalue()


def add_archive_stamp_in(
    document: BinaryIO, answer: Answer, *, max_bytes: int = MAX_BYTES, password: str | None = None
) -> None:
    """Give a PDF a time stamp over all of it (a DocTimeStamp signature, RFC 3161 token inside).

    Whatever is raised, the document is as it was before: TimeStampMissing, PdfTooLarge, PdfDamaged,
    PdfEncrypted.
    """
    with as_it_was(document), refusing_damage():
        reader = read_pdf(document, max_bytes, password)
        number = sum(1 for _ in enumerate_sig_fields(reader)) + 1
        stamping = PdfTimeStamper(Asking(answer), field_name=f"Stamp-{number}", readable_field_name="时间戳")
        stamping.timestamp_pdf(update_of(reader), DIGEST, bytes_reserved=_HEX * ROOM, in_place=True)
