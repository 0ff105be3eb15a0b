"""Seals at keywords, on every page and across edges; what a seal forbids; many documents under one PIN."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.api.people import PIN, Phone, code_of
from tests.ca.documents import pdfs
from tests.ca.documents.judges import pdfsig
from tests.ca.judges import run

_MARKED = [
    ([{"at": "keyword", "text": "招标公告", "dx_mm": 60, "dy_mm": 60}], 1),
    ([{"at": "every_page", "x_mm": 60, "y_mm": 60}], 2),
    ([{"at": "seam"}, {"page": -1, "x_mm": 60, "y_mm": 60}], 3),
    ([{"at": "seam", "edge": "left", "along_mm": 100, "pages": [0, 1]}], 2),
]


def stamped(phone: Phone, serial: str, pdf: bytes, places: Any, **fields: Any) -> httpx.Response:
    data = {"pin": PIN, "places": json.dumps(places)} | fields
    path = f"/v1/certificates/{serial}/seals"
    return phone.http.post(path, data=data, files={"file": ("a.pdf", pdf, "application/pdf")})


def test_where_seals_go(phone: Phone, serial: str, a_pdf: bytes, tmp_path: Path) -> None:
    for places, marks in _MARKED:
        sealed = stamped(phone, serial, a_pdf, places)
        assert sealed.status_code == 200, sealed.text
        opinion = pdfsig(tmp_path, sealed.content)
        assert opinion.count("Signature is Valid") == marks, (places, opinion)
        (signature,) = {
            id(one.sig_object) for one in PdfFileReader(BytesIO(sealed.content)).embedded_signatures
        }
        assert signature


def test_places_that_are_none(phone: Phone, serial: str, a_pdf: bytes) -> None:
    def answer(*places: Any, **fields: Any) -> tuple[int, str]:
        return code_of(stamped(phone, serial, a_pdf, list(places), **fields))

    assert answer({"at": "keyword", "text": "没有这几个字"}) == (422, "keyword_not_found")
    assert answer({"at": "seam", "pages": [1, 1]}) == (422, "seam_needs_pages")
    assert answer({"at": "every_page", "x_mm": 5, "y_mm": 5}) == (422, "seal_off_page")
    assert answer() == (422, "request_invalid")
    assert answer({"at": "moon"}) == (422, "request_invalid")
    assert answer({"at": "seam"}, lock=json.dumps({"kind": "all", "fields": ["a"]})) == (422, "lock_invalid")
    no_place = phone.http.post(
        f"/v1/certificates/{serial}/seals", data={"pin": PIN}, files={"file": ("a.pdf", a_pdf)}
    )
    assert code_of(no_place) == (422, "place_missing")


def test_what_an_author_forbids(phone: Phone, serial: str, a_pdf: bytes) -> None:
    seam = [{"at": "seam"}]
    final = stamped(phone, serial, a_pdf, seam, certify=1).content
    assert code_of(stamped(phone, serial, final, seam)) == (409, "pdf_certified")
    open_to_others = stamped(phone, serial, a_pdf, seam, certify=2).content
    both = stamped(phone, serial, open_to_others, seam)
    assert both.status_code == 200
    assert code_of(stamped(phone, serial, both.content, seam, certify=2)) == (409, "certification_not_first")
    locked = stamped(phone, serial, a_pdf, seam, lock=json.dumps({"kind": "all"})).content
    assert code_of(stamped(phone, serial, locked, seam)) == (409, "pdf_locked")


def test_encrypted_documents(phone: Phone, serial: str, tmp_path: Path) -> None:
    document, place = pdfs.locked_pdf("aes-256"), [{"page": 0, "x_mm": 60, "y_mm": 60}]
    assert code_of(stamped(phone, serial, document, place)) == (422, "pdf_encrypted")
    assert code_of(stamped(phone, serial, document, place, password="guess")) == (422, "pdf_password_wrong")
    sealed = stamped(phone, serial, document, place, password=pdfs.USER)
    (tmp_path / "sealed.pdf").write_bytes(sealed.content)
    assert "Signature is Valid" in run("pdfsig", "-nocert", "-upw", pdfs.USER, tmp_path / "sealed.pdf")[1]
    assert "Incorrect password" in run("pdfsig", "-nocert", tmp_path / "sealed.pdf")[1]


def test_many_documents_each_with_its_result(phone: Phone, serial: str, a_pdf: bytes, tmp_path: Path) -> None:
    place, seam = {"page": 0, "x_mm": 60, "y_mm": 60}, {"at": "seam"}
    files = [a_pdf, b"no pdf", pdfs.locked_pdf("aes-128"), a_pdf]
    how: list[dict[str, Any]] = [
        {"places": [seam]},
        {"places": [place]},
        {"places": [place], "password": pdfs.USER},
        {"places": [{"at": "keyword", "text": "没有这几个字"}]},
    ]
    answer = phone.stamp_many(serial, files, documents=how)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as package:
        results = json.loads(package.read("results.json"))
        assert [one["code"] for one in results] == [None, "pdf_damaged", None, "keyword_not_found"]
        assert [one["name"] for one in results] == ["0.pdf", "1.pdf", "2.pdf", "3.pdf"]
        assert [one["sha256"] for one in results] == [hashlib.sha256(one).hexdigest() for one in files]
        assert set(package.namelist()) == {"1.pdf", "3.pdf", "results.json"}
        sealed = package.read(results[0]["file"])
    assert hashlib.sha256(sealed).hexdigest() == results[0]["sealed_sha256"]
    assert pdfsig(tmp_path, sealed).count("Signature is Valid") == 2


@pytest.mark.parametrize("count", [1, 3])
def test_one_way_for_all_or_one_for_each(count: int, phone: Phone, serial: str, a_pdf: bytes) -> None:
    how = [{"places": [{"at": "seam"}]}] * count
    answer = phone.stamp_many(serial, [a_pdf, a_pdf], documents=how)
    assert code_of(answer) == (422, "batch_mismatched") if count == 3 else answer.status_code == 200
