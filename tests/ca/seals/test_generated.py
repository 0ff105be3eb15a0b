"""Signatures and square seals drawn from names."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ca.seals.handwriting.errors import SignatureNameRefused
from ca.seals.handwriting.generated import draw_signature, draw_square_seal
from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face


@pytest.fixture(params=["Kai", "Song"])
def face(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "Song":
        monkeypatch.setattr(Face.KAI.__class__, "is_there", property(lambda face: face is not Face.KAI))
    elif not Face.KAI.is_there:
        pytest.skip("fonts-lxgw-wenkai is not installed")
    draw_signature.cache_clear()
    draw_square_seal.cache_clear()
    return str(request.param)


@pytest.mark.parametrize("name", ["李敏", "欧阳明远", "买买提·吐尔逊", "王㛃"])
def test_signature_has_ink_of_every_character(face: str, name: str) -> None:
    drawn = draw_signature(name)
    picture = Image.open(BytesIO(drawn.png))
    alpha = np.asarray(picture.getchannel("A"))
    assert drawn.pdf.startswith(b"%PDF")
    assert drawn.svg.startswith(b"<svg")
    assert picture.width == pytest.approx(drawn.width_mm / 25.4 * 300, abs=2)
    assert 0.04 < (alpha > 127).mean() < 0.5
    assert not alpha[[0, -1], :].any()  # nothing is cut off
    assert not alpha[:, [0, -1]].any()


def test_same_name_same_signature_other_name_other(face: str) -> None:
    first = draw_signature("张建国")
    draw_signature.cache_clear()
    assert draw_signature("张建国") == first
    assert draw_signature("张国建").png != first.png


@pytest.mark.parametrize(("name", "sides"), [("李敏", 18.0), ("张建国", 18.0), ("欧阳明远", 18.0)])
def test_square_seal_is_red_and_square(face: str, name: str, sides: float) -> None:
    drawn = draw_square_seal(name)
    assert (drawn.width_mm, drawn.height_mm) == (sides, sides)
    picture = np.asarray(Image.open(BytesIO(drawn.png)))
    ink = picture[picture[..., 3] > 200]
    assert (ink[:, 0] > 200).all()
    assert (ink[:, 1] < 30).all()


@pytest.mark.parametrize("draw", [draw_signature, draw_square_seal])
@pytest.mark.parametrize("name", ["", "  ", "李" * 16])
def test_names_that_cannot_be(draw: object, name: str) -> None:
    with pytest.raises(SignatureNameRefused):
        draw(name)  # type: ignore[operator]


def test_rare_character_is_named_never_a_box() -> None:
    with pytest.raises(GlyphsMissing) as missing:
        draw_signature("张\U0003fffd")
    assert "U+3FFFD" in missing.value.message
