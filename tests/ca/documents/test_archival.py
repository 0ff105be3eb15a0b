"""PDF/A stays PDF/A. No validator installs here: these are the rules of ISO 19005 that a seal could break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typst
from PIL import Image
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.archival import archival_part
from ca.documents.errors import PdfArchival
from ca.documents.placing import Place, Seam
from ca.documents.reading import read_pdf
from ca.documents.signing import seal_pdf
from ca.seals.handwriting.written import stamped_signature
from ca.seals.picture import SealPicture
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pki import NOW, Issuer

_SOURCE = b"""
#set document(title: "Tender", author: "Agency", date: datetime(year: 2026, month: 1, day: 1))
One #pagebreak() Two
"""
PARTS = {1: "a-1b", 2: "a-2b", 3: "a-3b", 4: "a-4"}
_DEVICE_COLOUR = re.compile(rb"(?<![\w/])(?:rg|RG|g|G|k|K)(?![\w])")


def archive(part: int) -> bytes:
    return bytes(typst.compile(_SOURCE, format="pdf", pdf_standards=PARTS[part]))


@pytest.fixture(scope="module", params=PARTS)
def sealed(request: pytest.FixtureRequest, issuer: Issuer, picture: SealPicture) -> tuple[int, bytes]:
    places = [Place(0, 60, 60), Seam()]
    return request.param, seal_pdf(
        archive(request.param), issuer.identity(), picture, places, reason="签章", at=NOW
    )


def test_it_says_what_it_is(sealed: tuple[int, bytes]) -> None:
    """19005-1, 6.7.3 and 6.7.11: the claim stays, and Info and XMP agree on everything that both say."""
    part, document = sealed
    reader = read_pdf(document)
    assert archival_part(reader) == part
    metadata = reader.root["/Metadata"]
    assert "/Filter" not in metadata
    if part == 4:  # 19005-4, 6.1.3: no Info at all
        assert "/Info" not in reader.trailer
        return
    info, xmp = reader.trailer["/Info"], metadata.data.decode()
    assert f'pdf:Producer="{info["/Producer"]}"' in xmp
    assert f'xmp:CreatorTool="{info["/Creator"]}"' in xmp
    assert f">{info['/Title']}</rdf:li>" in xmp
    year, rest = str(info["/ModDate"])[2:6], str(info["/ModDate"])[6:16]
    month, day, hour, minute, second = (rest[at : at + 2] for at in range(0, 10, 2))
    assert f'xmp:ModifyDate="{year}-{month}-{day}T{hour}:{minute}:{second}' in xmp


def test_the_trailer_is_allowed(sealed: tuple[int, bytes]) -> None:
    """19005-1, 6.1.3: an ID, and no encryption; 6.9: no appearances that a viewer would have to make."""
    _, document = sealed
    reader = read_pdf(document)
    assert "/ID" in reader.trailer
    assert "/Encrypt" not in reader.trailer
    assert "/NeedAppearances" not in reader.root["/AcroForm"]


def test_annotations_are_allowed(sealed: tuple[int, bytes]) -> None:
    """19005-1, 6.5.3 and 6.9: printed, never hidden, one normal appearance that is a stream, no action."""
    widgets = list(_widgets(sealed[1]))
    assert len(widgets) == 3
    for one in widgets:
        assert one["/F"] & 0b100
        assert not one["/F"] & 0b100011
        assert set(one["/AP"]) == {"/N"}
        assert isinstance(one["/AP"]["/N"], StreamObject)
        assert not {"/A", "/AA", "/C", "/IC"} & set(one)


def test_what_is_drawn_is_allowed(sealed: tuple[int, bytes]) -> None:
    """19005-1, 6.2.3, 6.3.4, 6.3.5 and 6.4: colours by profile, fonts embedded with CIDSet, nothing
    transparent."""
    part, document = sealed
    fonts = 0
    for widget in _widgets(document):
        for form in _forms(widget["/AP"]["/N"]):
            resources = form["/Resources"]
            assert not _DEVICE_COLOUR.search(form.data)
            assert all(one[0] == "/ICCBased" for one in _values(resources, "/ColorSpace"))
            for font in _values(resources, "/Font"):
                fonts += 1
                descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
                assert {"/FontFile3", "/CIDSet"} <= set(descriptor)
                assert "/ToUnicode" in font
            if part == 1:
                assert "/Group" not in form
                assert "/ExtGState" not in resources
    assert fonts == 6


def test_the_signature_is_allowed(sealed: tuple[int, bytes], tmp_path: Path) -> None:
    """19005-2, 6.4.3: over the whole file, one SignerInfo, with its certificate."""
    opinion = pdfsig(tmp_path, sealed[1])
    assert opinion.count("Signature is Valid") == 3
    assert opinion.count("Total document signed") == 3
    message = PdfFileReader(BytesIO(sealed[1])).embedded_signatures[0].signed_data
    assert len(message["signer_infos"]) == 1
    assert message["certificates"]


def test_a_picture_with_transparency_is_refused_where_that_is_forbidden(issuer: Issuer) -> None:
    ink = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    ink.paste((20, 20, 60, 180), (50, 40, 250, 60))
    png = BytesIO()
    ink.save(png, "PNG")
    written = stamped_signature("李四光", png.getvalue())
    with pytest.raises(PdfArchival):
        seal_pdf(archive(1), issuer.identity(), written, Place(0, 60, 60), reason="签章", at=NOW)
    seal_pdf(archive(2), issuer.identity(), written, Place(0, 60, 60), reason="签章", at=NOW)


def _widgets(document: bytes) -> Iterator[Any]:
    for field in PdfFileReader(BytesIO(document)).root["/AcroForm"]["/Fields"]:
        yield field.get_object()


def _forms(form: Any) -> Iterator[Any]:
    yield form
    for inner in _values(form["/Resources"], "/XObject"):
        yield from _forms(inner)


def _values(resources: Any, kind: str) -> list[Any]:
    found = resources[kind] if kind in resources else {}  # noqa: SIM401  get may answer a mere reference
    return [found[name] for name in found]
