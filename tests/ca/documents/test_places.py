"""Seals at keywords, on every page and across the edges, judged by poppler, PDFium, Chromium and pyHanko."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from ca.documents import keywords
from ca.documents.errors import (
    KeywordNotFound,
    KeywordSearchFailed,
    SealOffPage,
    SeamTooShort,
    TooManyImpressions,
)
from ca.documents.forms import SEAL_PLACE, render_application_form
from ca.documents.geometry import PageGeometry
from ca.documents.impressions import impressions
from ca.documents.keywords import find_keyword
from ca.documents.placing import AtKeyword, Edge, OnEveryPage, Place, Seam, Which
from ca.documents.sealable import open_sealable
from ca.documents.seam import MOST_PAGES, groups, share
from ca.documents.signing import seal_pdf
from ca.documents.verification import verify_pdf
from ca.seals.picture import SealPicture
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pdfs import plain_pdf, writer_of, written
from tests.ca.documents.pki import NOW, Issuer
from tests.ca.documents.test_forms import FORM
from tests.ca.judges import run

_PPI = 100


def shown_by_poppler(pdf: bytes, folder: Path) -> list[Image.Image]:
    (folder / "shown.pdf").write_bytes(pdf)
    run("pdftoppm", "-r", str(_PPI), "-cropbox", folder / "shown.pdf", folder / "page")
    return [Image.open(path).convert("RGB") for path in sorted(folder.glob("page*.ppm"))]


def shown_by_pdfium(pdf: bytes, _folder: Path) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        document.init_forms()
        return [page.render(scale=_PPI / 72).to_pil().convert("RGB") for page in document]


def fanned(pages: list[Image.Image], edge: Edge, strip_mm: float) -> Image.Image:
    """What is seen of the pages at the edge, when each stands out by its part of the seal."""
    strip = strip_mm * _PPI / 25.4
    width, height = pages[0].size
    across = edge in (Edge.RIGHT, Edge.LEFT)
    whole = Image.new(
        "RGB", (round(strip * len(pages)), height) if across else (width, round(strip * len(pages)))
    )
    for number, page in enumerate(pages):
        place = number if edge in (Edge.RIGHT, Edge.BOTTOM) else len(pages) - 1 - number
        at = round(place * strip)
        after = round((place + 1) * strip)
        cut = {
            Edge.RIGHT: (width - (after - at), 0, width, height),
            Edge.LEFT: (0, 0, after - at, height),
            Edge.TOP: (0, 0, width, after - at),
            Edge.BOTTOM: (0, height - (after - at), width, height),
        }[edge]
        whole.paste(page.crop(cut), (at, 0) if across else (0, at))
    return whole


def unlike(one: Image.Image, other: Image.Image) -> float:
    """How much two pictures differ, once half a pixel more or less at each cut is smoothed away."""
    smooth = [image.filter(ImageFilter.BoxBlur(2)) for image in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*smooth)).mean)


@pytest.mark.parametrize("edge", list(Edge))
@pytest.mark.parametrize("shown", [shown_by_poppler, shown_by_pdfium])
def test_fanned_pages_show_the_whole_seal(
    edge: Edge, shown: object, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    pages = 4
    document = plain_pdf(pages, rotate=90 if edge is Edge.TOP else 0, crop=(30, 40, 560, 800))
    sealed = seal_pdf(document, issuer.identity(), picture, Seam(edge, 100), reason="骑缝章", at=NOW)
    seen = fanned(shown(sealed, tmp_path), edge, 40 / pages)  # type: ignore[operator]
    pixel = _PPI / 25.4
    side = round(40 * pixel)
    seal = Image.open(BytesIO(picture.png)).convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
    expected = Image.new("RGBA", seal.size, "white")
    expected.alpha_composite(seal)
    start = round(80 * pixel)
    box = (
        (0, start, side, start + side) if edge in (Edge.RIGHT, Edge.LEFT) else (start, 0, start + side, side)
    )
    wanted, blank = expected.convert("RGB"), Image.new("RGB", seal.size, "white")
    assert unlike(seen.crop(box), wanted) < unlike(blank, wanted) / 3  # a missing quarter gives a half


def test_a_seam_is_one_signature_of_each_signer_in_turn(
    root: Issuer, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    """Before and after other signatures, of both kinds."""
    document = plain_pdf(3)
    turns = [
        ("甲", [Seam(), Place(2, 60, 60)]),
        ("乙", Place(0, 60, 60)),
        ("丙", Seam(Edge.LEFT)),
        ("丁", OnEveryPage(100, 200)),
    ]
    for name, places in turns:
        document = seal_pdf(document, issuer.identity(name=name), picture, places, reason=name, at=NOW)
    reports = verify_pdf(document, [root.certificate], [], [], NOW)
    assert all(report.valid for report in reports)
    assert {report.signer for report in reports} == {f"CN={name},C=CN" for name, _ in turns}
    opinion = pdfsig(tmp_path, document)
    assert opinion.count("Signature is Valid") == opinion.count("Signature #") == 4 + 1 + 3 + 3
    assert document.count(b"/ByteRange") == len(turns)  # four signatures, whatever the number of fields


def test_the_keyword_leads_to_the_place(issuer: Issuer) -> None:
    """The form says where its seal goes; the words there are found with other spaces and forms too."""
    form = open_sealable(render_application_form(FORM))
    [found] = find_keyword(form, "单 位公章")
    x_mm, y_mm = form.geometry(found.page).shown_mm(found.x, found.y)
    assert abs(y_mm - SEAL_PLACE.y_mm) < 30
    assert abs(x_mm - SEAL_PLACE.x_mm) < 60
    [mark] = impressions(form, [AtKeyword("单位公章", Which.ALL, dx_mm=5, dy_mm=-10)], (40, 40))
    assert mark.box == pytest.approx(form.geometry(0).rectangle(x_mm + 5, y_mm - 10, 40, 40))


def test_first_last_and_all(issuer: Issuer) -> None:
    form = open_sealable(render_application_form(FORM))
    every = find_keyword(form, "身份证")
    assert len(every) > 1
    for which, expected in ((Which.FIRST, every[:1]), (Which.LAST, every[-1:]), (Which.ALL, every)):
        marks = impressions(form, [AtKeyword("身份证", which)], (10, 10))
        middles = [((m.box[0] + m.box[2]) / 2, (m.box[1] + m.box[3]) / 2) for m in marks]
        assert middles == [pytest.approx((one.x, one.y)) for one in expected]


def test_no_such_keyword(issuer: Issuer, picture: SealPicture, page: bytes) -> None:
    with pytest.raises(KeywordNotFound) as refusal:
        seal_pdf(page, issuer.identity(), picture, AtKeyword("（盖章）"), reason="签章", at=NOW)
    assert "（盖章）" in refusal.value.message


@pytest.mark.parametrize("places", [Seam(), Seam(pages=(1, 1)), Seam(pages=(-1, 0))])
def test_one_page_has_no_seam(places: Seam) -> None:
    document = open_sealable(plain_pdf(1 if places.pages is None else 3))
    with pytest.raises(SeamTooShort):
        impressions(document, [places], (40, 40))


def test_a_seam_beyond_the_edge_of_a_page_is_refused() -> None:
    with pytest.raises(SealOffPage):
        impressions(open_sealable(plain_pdf(2)), [Seam(along_mm=5)], (40, 40))


def test_too_many_marks() -> None:
    document = open_sealable(plain_pdf(201))
    with pytest.raises(TooManyImpressions):
        impressions(document, [OnEveryPage(60, 60)] * 10, (40, 40))


@pytest.mark.parametrize("count", [*range(2, 70), 999])
def test_groups_are_even_and_complete(count: int) -> None:
    made = groups(range(count))
    assert [page for group in made for page in group] == list(range(count))
    sizes = {len(group) for group in made}
    assert max(sizes) <= MOST_PAGES
    assert min(sizes) >= 2
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("edge", list(Edge))
def test_shares_make_the_whole(edge: Edge) -> None:
    shares = [share(edge, number, 7) for number in range(7)]
    area = sum((right - left) * (bottom - top) for left, top, right, bottom in shares)
    assert area == pytest.approx(1)
    assert len(set(shares)) == 7


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("unit", [1.0, 2.5])
def test_user_space_and_what_is_shown_are_one(rotation: int, unit: float) -> None:
    geometry = PageGeometry((30.0, 40.0, 530.0, 790.0), rotation, unit)
    left, bottom, right, top = geometry.rectangle(50, 60, 20, 10)
    assert geometry.shown_mm((left + right) / 2, (bottom + top) / 2) == pytest.approx((50, 60))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_seal_at_a_keyword_covers_it_as_shown(
    rotate: int, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    """However the page is turned: what changes of the picture surrounds the words."""
    writer = IncrementalPdfFileWriter(BytesIO(render_application_form(FORM)))
    page = writer.find_page_for_modification(0)[0].get_object()
    page["/Rotate"] = NumberObject(rotate)
    writer.update_container(page)
    form = written(writer)
    sealed = seal_pdf(form, issuer.identity(), picture, AtKeyword("授权代表签名"), reason="签章", at=NOW)
    before, after = (shown_by_pdfium(pdf, tmp_path)[0] for pdf in (form, sealed))
    changed = ImageChops.difference(before, after).getbbox()
    assert changed
    source = open_sealable(form)
    [found] = find_keyword(source, "授权代表签名")
    x_mm, y_mm = source.geometry(0).shown_mm(found.x, found.y)
    middle = ((changed[0] + changed[2]) / 2 * 25.4 / _PPI, (changed[1] + changed[3]) / 2 * 25.4 / _PPI)
    assert middle == pytest.approx((x_mm, y_mm), abs=0.6)


def test_a_search_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that draws itself ten times over, twelve levels deep, as PDFs made to hurt do."""
    monkeypatch.setattr(keywords, "_SECONDS", 1.0)
    writer = writer_of()
    drawn = writer.add_object(StreamObject(stream_data=b"BT ET"))
    for _ in range(12):
        inner = DictionaryObject({pdf_name("/X"): drawn})
        form = StreamObject(stream_data=b"/X Do " * 10)
        form[pdf_name("/Type")], form[pdf_name("/Subtype")] = pdf_name("/XObject"), pdf_name("/Form")
        form[pdf_name("/BBox")] = ArrayObject(map(NumberObject, (0, 0, 9, 9)))
        form[pdf_name("/Resources")] = DictionaryObject({pdf_name("/XObject"): inner})
        drawn = writer.add_object(form)
    page = writer.find_page_for_modification(0)[0].get_object()
    page[pdf_name("/Resources")] = DictionaryObject(
        {pdf_name("/XObject"): DictionaryObject({pdf_name("/X"): drawn})}
    )
    page[pdf_name("/Contents")] = writer.add_object(StreamObject(stream_data=b"/X Do"))
    with pytest.raises(KeywordSearchFailed):
        find_keyword(open_sealable(written(writer)), "盖章")
