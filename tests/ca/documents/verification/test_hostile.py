"""Documents that were made, or mutated, to break whoever reads them: a report or a refusal, and soon."""

from __future__ import annotations

import time
import zlib

import pytest

from ca.documents.verification import Trust
from ca.documents.verification.apart import verify_apart
from ca.documents.verification.errors import FileTooLarge, NotAPdf, VerificationRefused
from tests.ca.documents.pki import NOW
from tests.ca.documents.verification.conftest import World
from tests.ca.documents.verification.fuzzing import campaign, samples


def test_mutated_documents(world: World) -> None:
    """A few hundred here; as many as one likes by ``scripts/fuzz verification``."""
    ends = campaign(150, 20261124, world.trust, samples(world.identity, world.picture))
    assert ends.total() == 150
    assert ends["invalid"] > 30  # readers get as far as the signatures
    assert ends["verification_pdf_damaged"] > 15


def pdf_of(*objects: bytes, root: int = 1) -> bytes:
    """A document of these objects, numbered from 1."""
    made, offsets = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % one for one in offsets)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return (
        made
        + b"xref\n0 1\n0000000000 65535 f \n1 %d\n" % len(objects)
        + table
        + trailer
        % (
            len(objects) + 1,
            root,
            len(made),
        )
    )


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
BOMB = zlib.compress(zlib.compress(bytes(300_000_000), 9), 9)

HOSTILE = {
    "pages in a circle": pdf_of(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
    "fields in a circle": pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /T (a) /FT /Sig /Kids [3 0 R] >>",
    ),
    "arrays in arrays": pdf_of(CATALOG, PAGES, b"[" * 40_000 + b"]" * 40_000),
    "a reference to itself": pdf_of(CATALOG, PAGES, b"3 0 R"),
    "a signature of itself": pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /T (a) /FT /Sig /V 3 0 R /ByteRange [0 1 2 3] /Contents <3000> >>",
    ),
    "a stream that unpacks to gigabytes": pdf_of(
        CATALOG,
        PAGES,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>",
        b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream" % (len(BOMB), BOMB),
        b"<< /Type /XObject /Subtype /Form /Filter [/FlateDecode /FlateDecode] /Length %d >>\n"
        b"stream\n%s\nendstream" % (len(BOMB), BOMB),
    ),
    "a tree of a million pages by reference": pdf_of(
        CATALOG, *(b"<< /Type /Pages /Kids [%s] >>" % (b"%d 0 R " % (at + 3) * 10) for at in range(60)), PAGES
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_bounded_in_a_process_apart(name: str) -> None:
    began = time.monotonic()
    try:
        report = verify_apart(HOSTILE[name], Trust(), NOW)
        assert report["verdict"] in ("unsigned", "invalid")
    except VerificationRefused:
        pass
    assert time.monotonic() - began < 60


def test_what_comes_back_from_the_process(world: World, sealed: bytes) -> None:
    report = verify_apart(sealed, world.trust, NOW)
    assert (report["verdict"], len(report["signatures"])) == ("valid", 1)
    with pytest.raises(NotAPdf) as refused:
        verify_apart(b"no PDF", world.trust, NOW)
    assert refused.value.message == "文件不是 PDF 或已损坏，无法验证"
    with pytest.raises(FileTooLarge):
        verify_apart(sealed, world.trust, NOW, max_bytes=10)
