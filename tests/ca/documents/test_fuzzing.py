"""Mutated documents: a few hundred here, as many as one likes by ``scripts/fuzz documents``."""

from __future__ import annotations

import time

import pytest

from ca.documents.signing import Place, SigningIdentity
from ca.seals.picture import SealPicture
from tests.ca.documents import pdfs
from tests.ca.documents.fuzzing import attempt, campaign, samples
from tests.ca.documents.pki import Issuer

MIDDLE = Place(0, 105, 148)


@pytest.fixture(scope="module")
def identity(issuer: Issuer) -> SigningIdentity:
    return issuer.identity()


def test_each_is_sealed_or_refused_and_the_original_stays(
    identity: SigningIdentity, picture: SealPicture
) -> None:
    ends = campaign(300, 20261124, identity, picture, samples(identity, picture))
    assert ends.total() == 300
    assert ends["sealed"] > 30  # readers get as far as what the mutations changed
    assert ends["pdf_damaged"] > 80


def test_more_cross_references_announced_than_there_are(
    identity: SigningIdentity, picture: SealPicture
) -> None:
    """Found by a mutation: 700 bytes that kept a reader busy, and took memory, for ever."""
    pdf = pdfs.versioned_pdf((1, 5), stream_xrefs=True)
    assert b"/Size 7" in pdf
    endless = pdf.replace(b"/Size 7", b"/Size 7/Index [ 0 999999999999999999999999 ]")
    began = time.perf_counter()
    assert attempt(endless, identity, picture, MIDDLE) == "pdf_damaged"
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("index", ["[ 0 -5 ]", "[ 0 ]", "[ ]", "7", "null", "[ 0 (7) ]"])
def test_senseless_cross_references(index: str, identity: SigningIdentity, picture: SealPicture) -> None:
    pdf = pdfs.versioned_pdf((1, 5), stream_xrefs=True)
    broken = pdf.replace(b"/Size 7", f"/Size 7/Index {index}".encode())
    assert attempt(broken, identity, picture, MIDDLE) == "pdf_damaged"
