"""The machine checks in a process apart: same answers, same refusals, and nothing can hurt the caller."""

from __future__ import annotations

import subprocess
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ca.inspection import apart, process
from ca.photos.errors import AnalysisFailed, PictureInvalid, PictureKindRefused
from ca.photos.red_seal import find_seal
from ca.seals.handwriting.cutting import candidates
from ca.seals.handwriting.errors import SignatureNotFound
from tests.support.camera.subjects import SIGNED, UNSIGNED


def test_same_candidates_as_in_process() -> None:
    photo = SIGNED["white paper"](np.random.default_rng(5)).jpeg
    assert apart.signature_candidates(photo) == candidates(photo)


def test_same_seal_and_none() -> None:
    photo = UNSIGNED["seal alone"](np.random.default_rng(5)).jpeg
    assert apart.find_seal(photo) == find_seal(photo)
    assert apart.find_seal(UNSIGNED["blank"](np.random.default_rng(5)).jpeg) is None


def test_refusals_come_through_with_their_words() -> None:
    with pytest.raises(PictureInvalid):
        apart.find_seal(b"\xff\xd8\xff no picture")
    with pytest.raises(PictureKindRefused) as refused:
        apart.find_seal(b"GIF89a" + bytes(100))
    assert "GIF" in refused.value.message
    with pytest.raises(SignatureNotFound):
        apart.signature_candidates(UNSIGNED["blank"](np.random.default_rng(5)).jpeg)


def test_a_check_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_SECONDS", 0.01)
    with pytest.raises(AnalysisFailed):
        apart.find_seal(b"")


def test_a_process_that_dies_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.sys, "executable", "/bin/false")
    with pytest.raises(AnalysisFailed):
        apart.find_seal(b"")


def test_the_caller_stays_small() -> None:
    """Neither OpenCV nor ONNX Runtime is loaded where the service runs."""
    code = "import sys, ca.inspection.apart; print({'cv2', 'onnxruntime', 'numpy'} & set(sys.modules))"
    done = subprocess.run([process.sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("size", [(3000, 3000), (3000, 200)])
def test_noise_ends_in_time(size: tuple[int, int]) -> None:
    """The worst for connected pieces: every pixel another colour."""
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    output = BytesIO()
    Image.fromarray(noise).save(output, "JPEG", quality=60)
    with pytest.raises(SignatureNotFound):
        apart.signature_candidates(output.getvalue())
