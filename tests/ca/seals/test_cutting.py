"""A signature cut out of photos whose ink is known; ``scripts/bench pictures`` does the same at length."""

from __future__ import annotations

from io import BytesIO
from statistics import median

import numpy as np
import pytest
from PIL import Image

from ca.documents import forms
from ca.seals.handwriting import form_page
from ca.seals.handwriting.cutting import candidates
from ca.seals.handwriting.errors import SignatureNotFound
from ca.seals.handwriting.model import Style
from tests.support.camera.judging import overlap
from tests.support.camera.subjects import SIGNED, UNSIGNED
from tests.support.camera.subjects import form_page as printed_form

GOAL = 0.85


def test_ink_of_every_kind_of_photo_is_found() -> None:
    """One photo of each kind: the median reaches the goal, and none is far from it."""
    found = {}
    for kind, take in SIGNED.items():
        photo = take(np.random.default_rng(7))
        found[kind] = overlap(candidates(photo.jpeg)[0], photo)
    assert median(found.values()) >= GOAL, found
    assert min(found.values()) > 0.6, found


@pytest.mark.parametrize("kind", UNSIGNED)
def test_photo_without_signature_is_refused(kind: str) -> None:
    with pytest.raises(SignatureNotFound) as refused:
        candidates(UNSIGNED[kind](np.random.default_rng(7)).jpeg)
    assert "没有找到手写签名" in refused.value.message


def test_candidates_are_small_transparent_pictures_of_one_signature() -> None:
    photo = SIGNED["coloured paper"](np.random.default_rng(3))
    found = candidates(photo.jpeg)
    assert [one.style for one in found] == [Style.INK, Style.BLACK, Style.BOLD]
    covers = []
    for one in found:
        picture = Image.open(BytesIO(one.png))
        assert (picture.mode, picture.size) == ("RGBA", (one.width, one.height))
        alpha = np.asarray(picture.getchannel("A"))
        assert max(picture.size) <= 1200
        assert alpha[0, 0] == 0  # paper is transparent
        assert alpha.max() == 255  # ink is not
        assert 0 <= one.score <= 1
        covers.append(float((alpha > 127).mean()))
    assert covers[2] > covers[0]


def test_same_photo_gives_the_same_pictures() -> None:
    photo = SIGNED["white paper"](np.random.default_rng(5))
    assert candidates(photo.jpeg) == candidates(photo.jpeg)


def test_places_of_the_form_are_where_it_is_printed() -> None:
    """The frame and the label on the page that Typst sets are where the photo is looked at."""
    dark = printed_form().min(axis=2) < 128
    left, top, right, bottom = (round(at * 12) for at in form_page.FRAME)
    rows, columns = dark.mean(axis=1), dark.mean(axis=0)
    assert rows[top - 3 : top + 4].max() > 0.78  # rules over 170 mm of 210
    assert rows[bottom - 3 : bottom + 4].max() > 0.78
    assert columns[left - 3 : left + 4].max() > 0.7
    assert columns[right - 3 : right + 4].max() > 0.7
    x0, y0, x1, y1 = (round(at * 12) for at in form_page.AREA)
    area = dark[y0:y1, x0:x1].copy()
    lx0, ly0, lx1, ly1 = (round(at * 12) for at in form_page.LABEL)
    area[ly0 - y0 : ly1 - y0, lx0 - x0 : lx1 - x0] = False
    line = round((218.6 - form_page.AREA[1]) * 12)
    assert not area[: line - 12].any()
    assert not area[line + 12 :].any()
    assert x0 < forms.SIGNATURE_PLACE.x_mm * 12 < x1
