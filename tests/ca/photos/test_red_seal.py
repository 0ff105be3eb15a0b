"""A red seal on a photographed form: found where it is, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ca.photos.red_seal import find_seal
from tests.support.camera.lens import Shot, photograph
from tests.support.camera.sheets import paper
from tests.support.camera.subjects import SIGNED, UNSIGNED, form_page, sealed

SHOT = Shot(size=(1500, 2000), margin=0.03)


@pytest.mark.parametrize("turn", [-6.0, 0.0, 5.0])
def test_seal_on_the_form_is_found_in_its_place(turn: float) -> None:
    sheet = sealed(form_page(), 158 * 12, 237 * 12, 12, 10.0)
    shot = replace(SHOT, turn=turn, tilt=0.01, shadow=0.3)
    photo = photograph(sheet, None, shot, np.random.default_rng(4))
    found = find_seal(photo.jpeg)
    assert found is not None
    assert (found.x, found.y) == pytest.approx((0.74, 0.79), abs=0.07)
    assert found.width * 1500 == pytest.approx(40 * 1500 * 0.94 / 210, rel=0.12)
    assert found.score > 0.9


def test_seal_on_pink_paper() -> None:
    sheet = sealed(paper(2000, 1300, (247, 214, 218), np.random.default_rng(1)), 900, 700, 14)
    assert find_seal(photograph(sheet, None, replace(SHOT, size=(1600, 1200)), np.random.default_rng(1)).jpeg)


@pytest.mark.parametrize(
    "kind", [kind for kind in UNSIGNED if kind not in ("seal alone", "whole form unsigned")]
)
def test_no_seal(kind: str) -> None:
    assert find_seal(UNSIGNED[kind](np.random.default_rng(7)).jpeg) is None


def test_form_without_seal() -> None:
    assert find_seal(SIGNED["whole form"](np.random.default_rng(2)).jpeg) is None
