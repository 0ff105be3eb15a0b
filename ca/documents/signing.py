"""Sealing a PDF: a visible seal at true size and a PAdES baseline signature, B-B or B-T (ETSI EN 319 142-1).

``ca.documents.lasting`` makes B-LT and B-LTA of it.

Where the key is at hand::

    seal_pdf(pdf, SigningIdentity(key, certificate, chain), draw_seal(design), Place(0, 156, 237),
             reason="...", at=now)

Where it is on a lock in someone's PC, the document is prepared here and the CMS made there::

    prepared = prepare_pdf(pdf, certificate, picture, place, reason="...", at=now)
    signer = check_cms(prepared.document, cms)          # is it over our bytes, and whose is it?
    signed = embed_cms(prepared.document, cms)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from ca.documents.cms_checking import check_cms
from ca.documents.cms_making import SigningIdentity, sign_cms
from ca.documents.hole import find_hole
from ca.documents.placing import Place, Placement
from ca.documents.preparing import PreparedPdf, prepare_in, prepare_pdf
from ca.documents.reading import MAX_BYTES
from ca.documents.terms import PLAIN, Terms
from ca.documents.time_stamping import ROOM, Answer, with_time_stamp
from ca.documents.updating import as_it_was
from ca.seals.picture import SealPicture

__all__ = [
    "Place",
    "PreparedPdf",
    "SigningIdentity",
    "check_cms",
    "embed_cms",
    "prepare_pdf",
    "seal_in",
    "seal_pdf",
]


def seal_pdf(
    pdf: bytes,
    identity: SigningIdentity,
    picture: SealPicture,
    places: Placement | Sequence[Placement],
    *,
    reason: str,
    at: datetime,
    stamps: Answer | None = None,
    seal: bytes | None = None,
    max_bytes: int = MAX_BYTES,
    terms: Terms = PLAIN,
) -> bytes:
    """``pdf`` with a seal and a signature, as ``seal_in`` makes them."""
    document = BytesIO(pdf)
    seal_in(
        *(document, identity, picture, places),
        reason=reason,
        at=at,
        stamps=stamps,
        seal=seal,
        max_bytes=max_bytes,
        terms=terms,
    )
    return document.getvalue()


def seal_in(
    document: BinaryIO,
    identity: SigningIdentity,
    picture: SealPicture,
    places: Placement | Sequence[Placement],
    *,
    reason: str,
    at: datetime,
    stamps: Answer | None = None,
    seal: bytes | None = None,
    max_bytes: int = MAX_BYTES,
    terms: Terms = PLAIN,
) -> None:
    """Add a seal and a signature to a PDF, as an incremental update: earlier signatures stay valid.

    ``document``: a seekable file, open for reading and writing, of which only what is needed is read.
    ``stamps``: a time stamp authority, which makes it B-T. ``seal``: the electronic seal (SESeal, DER), which
    is signed too. Whatever is raised, the document is as it was before: TimeStampMissing, the subclasses of
    DocumentRefused, SigningKeyRefused, and what the key raises: HsmError on a token.
    """
    with as_it_was(document):
        prepared = prepare_in(
            *(document, identity.certificate, picture, places),
            reason=reason,
            at=at,
            reserve=identity.room + len(seal or b"") + (ROOM if stamps else 0),
            max_bytes=max_bytes,
            terms=terms,
        )
        cms = sign_cms(identity, prepared.digest, prepared.algorithm, seal)
        if stamps is not None:
            cms = with_time_stamp(cms, stamps)
        prepared.hole.fill_in(document, cms)


def embed_cms(document: bytes, cms: bytes) -> bytes:
    """A prepared document with its CMS put in. Nothing is checked: call ``check_cms`` first.

    Raises HoleMissing, SignatureTooLarge.
    """
    return find_hole(document).fill(document, cms)
