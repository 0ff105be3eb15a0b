"""Preparing a PDF for a signature: the visible seal, the signature field and the hole for the CMS."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from ca.documents.appearance import Appearances
from ca.documents.archival import archival_part
from ca.documents.fields import add_fields, show
from ca.documents.hole import Hole
from ca.documents.impressions import Impression, impressions
from ca.documents.limits import field_lock, limits_of
from ca.documents.placing import Placement
from ca.documents.reading import MAX_BYTES, refusing_damage
from ca.documents.sealable import open_sealable
from ca.documents.terms import PLAIN, Terms
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
    places: Placement | Sequence[Placement],
    *,
    reason: str,
    at: datetime,
    reserve: int = RESERVE,
    max_bytes: int = MAX_BYTES,
    terms: Terms = PLAIN,
) -> PreparedPdf:
    """``pdf`` with a seal and room for its signature, as ``prepare_in`` makes them."""
    stream = BytesIO(pdf)
    ready = prepare_in(
        *(stream, certificate, picture, places),
        reason=reason,
        at=at,
        reserve=reserve,
        max_bytes=max_bytes,
        terms=terms,
    )
    return PreparedPdf(ready.digest, ready.algorithm, ready.hole, stream.getvalue())


def prepare_in(
    document: BinaryIO,
    certificate: x509.Certificate,
    picture: SealPicture,
    places: Placement | Sequence[Placement],
    *,
    reason: str,
    at: datetime,
    reserve: int = RESERVE,
    max_bytes: int = MAX_BYTES,
    terms: Terms = PLAIN,
) -> Prepared:
    """Add a visible seal at true size and one PAdES signature (ETSI EN 319 142-1), as an update.

    The bytes of ``document`` stay as they are, and what is new follows them, so that earlier signatures stay
    valid; when this fails, a part of it may follow (``updating.as_it_was`` cuts it off). The digest is the
    one that suits the key of ``certificate``. ``at`` is the claimed signing time; ``reserve`` the bytes kept
    free for the CMS. Raises the subclasses of DocumentRefused, and SigningKeyRefused.
    """
    algorithm = document_digest(certificate)
    source = open_sealable(document, max_bytes, terms)
    listed = [places] if isinstance(places, Placement) else places
    marks = impressions(source, listed, (picture.width_mm, picture.height_mm))
    # The name comes from the bytes that the field is added to: no two fields of a document share it.
    document.seek(0)
    name = f"Seal-{hashlib.file_digest(document, 'sha256').hexdigest()[:16]}"  # type: ignore[arg-type]
    placeholder = SignatureObject(
        timestamp=at, subfilter=SigSeedSubFilter.PADES, reason=reason, bytes_reserved=2 * reserve
    )
    with refusing_damage():
        writer = update_of(source.reader)
        appearances = Appearances(writer, picture, part=archival_part(source.reader))
        return _write(writer, name, marks, source.pages, placeholder, appearances, algorithm, terms)


def _write(
    writer: IncrementalPdfFileWriter,
    name: str,
    marks: Sequence[Impression],
    pages: Sequence[Any],
    placeholder: SignatureObject,
    appearances: Appearances,
    algorithm: hashes.HashAlgorithm,
    terms: Terms,
) -> Prepared:
    first, *others = marks
    lock = field_lock(terms)
    spec = SigFieldSpec(name, on_page=first.page, box=first.box, field_mdp_spec=lock)  # type: ignore[arg-type]
    steps = PdfCMSEmbedder(spec).write_cms(field_name=name, writer=writer)
    field = next(steps).get_object()
    show(field, first, appearances)
    more = add_fields(writer, others, pages, appearances, name)
    limits = limits_of(terms, lock, algorithm)
    signature = steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=limits))
    for one in more:
        one[pdf_name("/V")] = signature
    prepared, _ = steps.send(SigIOSetup(md_algorithm=algorithm.name, in_place=True))
    hole = Hole(prepared.reserved_region_start, prepared.reserved_region_end)
    return Prepared(prepared.document_digest, algorithm, hole)
