"""Preparing a PDF for a signature: the visible seal, the signature field and the hole for the CMS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    pdf_name,
    pdf_string,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from ca.documents.hole import Hole
from ca.documents.placing import PageGeometry, Place
from ca.documents.reading import MAX_BYTES, open_sealable, refusing_damage
from ca.documents.updating import update_of
from ca.seals.picture import SealPicture
from ca.signatures import document_digest

RESERVE: Final = 16384


@dataclass(frozen=True, slots=True)
class Prepared:
    """``digest`` is the digest, by ``algorithm``, of all bytes outside ``hole``: the messageDigest to be
    signed."""

    digest: bytes
    algorithm: hashes.HashAlgorithm
    hole: Hole


@dataclass(frozen=True, slots=True)
class PreparedPdf(Prepared):
    """A PDF complete but for its CMS."""

    document: bytes


def prepare_pdf(
    pdf: bytes,
    certificate: x509.Certificate,
    picture: SealPicture,
    place: Place,
    *,
    reason: str,
    at: datetime,
    reserve: int = RESERVE,
    max_bytes: int = MAX_BYTES,
) -> PreparedPdf:
    """``pdf`` with a seal and room for its signature, as ``prepare_in`` makes them."""
    stream = BytesIO(pdf)
    ready = prepare_in(
        stream, certificate, picture, place, reason=reason, at=at, reserve=reserve, max_bytes=max_bytes
    )
    return PreparedPdf(ready.digest, ready.algorithm, ready.hole, stream.getvalue())


def prepare_in(
    document: BinaryIO,
    certificate: x509.Certificate,
    picture: SealPicture,
    place: Place,
    *,
    reason: str,
    at: datetime,
    reserve: int = RESERVE,
    max_bytes: int = MAX_BYTES,
) -> Prepared:
    """Add a visible seal at true size and a PAdES signature field (ETSI EN 319 142-1), as an update.

    The bytes of ``document`` stay as they are, and what is new follows them, so that earlier signatures stay
    valid; when this fails, a part of it may follow (``updating.as_it_was`` cuts it off). The digest is the
    one that suits the key of ``certificate``. ``at`` is the claimed signing time; ``reserve`` the bytes kept
    free for the CMS. Raises the subclasses of DocumentRefused, and SigningKeyRefused.
    """
    algorithm = document_digest(certificate)
    source = open_sealable(document, max_bytes)
    page = source.page_index(place.page)
    geometry = source.geometry(page)
    box = geometry.rectangle(place, picture.width_mm, picture.height_mm)
    # The name comes from the bytes that the field is added to: no two fields of a document share it.
    document.seek(0)
    name = f"Seal-{hashlib.file_digest(document, 'sha256').hexdigest()[:16]}"  # type: ignore[arg-type]
    spec = SigFieldSpec(name, on_page=page, box=box)  # type: ignore[arg-type]  # floats are written well
    placeholder = SignatureObject(
        timestamp=at, subfilter=SigSeedSubFilter.PADES, reason=reason, bytes_reserved=2 * reserve
    )
    with refusing_damage():
        writer = update_of(source.reader)
        return _write(writer, spec, placeholder, picture, geometry, algorithm)


def _write(
    writer: IncrementalPdfFileWriter,
    spec: SigFieldSpec,
    placeholder: SignatureObject,
    picture: SealPicture,
    geometry: PageGeometry,
    algorithm: hashes.HashAlgorithm,
) -> Prepared:
    steps = PdfCMSEmbedder(spec).write_cms(field_name=spec.sig_field_name, writer=writer)
    field = next(steps).get_object()
    _draw(writer, field, picture, geometry)
    steps.send(SigObjSetup(sig_placeholder=placeholder))
    prepared, _ = steps.send(SigIOSetup(md_algorithm=algorithm.name, in_place=True))
    hole = Hole(prepared.reserved_region_start, prepared.reserved_region_end)
    return Prepared(prepared.document_digest, algorithm, hole)


def _draw(writer: IncrementalPdfFileWriter, field: Any, picture: SealPicture, geometry: PageGeometry) -> None:
    """Make the seal's own page the appearance of the field: vectors and fonts, nothing scaled.

    A viewer fits the appearance's box, turned by its matrix, into the rectangle (ISO 32000-1, 12.5.5). The
    seal is one transparency group that multiplies with the page, as ink does: text below stays readable.
    """
    seal = writer.import_page_as_xobject(PdfFileReader(BytesIO(picture.pdf)))
    page = seal.get_object()
    isolated = BooleanObject(True)  # type: ignore[no-untyped-call]
    page[pdf_name("/Group")] = _dictionary(S=pdf_name("/Transparency"), I=isolated)
    appearance = StreamObject(
        _dictionary(
            Type=pdf_name("/XObject"),
            Subtype=pdf_name("/Form"),
            BBox=page["/BBox"],
            Resources=_dictionary(
                XObject=_dictionary(Seal=seal),
                ExtGState=_dictionary(Ink=_dictionary(BM=pdf_name("/Multiply"))),
            ),
        ),
        stream_data=b"/Ink gs /Seal Do",
    )
    if matrix := geometry.upright_matrix:
        appearance[pdf_name("/Matrix")] = ArrayObject(map(NumberObject, matrix))
    field[pdf_name("/AP")] = _dictionary(N=writer.add_object(appearance))
    field[pdf_name("/TU")] = pdf_string(picture.name)  # what a screen reader says


def _dictionary(**entries: Any) -> DictionaryObject:
    named = {pdf_name(f"/{key}"): value for key, value in entries.items()}
    return DictionaryObject(named)  # type: ignore[no-untyped-call]
