"""Text in pictures: PP-OCR models that travel inside the ``rapidocr`` wheel, run by ONNX Runtime.

Nothing is fetched: the paths of the models are given, and a wheel without them is an error. A loaded engine
takes some 300 MB, so it runs in a process of its own (``ca.inspection``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MODELS: Final = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}
_SETTINGS: Final = {
    "Global.log_level": "error",
    "Global.max_side_len": 1600,
    "EngineConfig.onnxruntime.intra_op_num_threads": 2,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_SAME_ROW: Final = 0.5  # of a piece's height: pieces whose middles are nearer stand on one row


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    left: float
    middle: float
    height: float


def rows_of(pixels: NDArray[np.uint8]) -> list[str]:
    """The pieces of text of RGB ``pixels``: rows from the top down, each from left to right."""
    found = _engine()(pixels[..., ::-1])
    if found.boxes is None:
        return []
    pieces = [_piece(box, text) for box, text in zip(found.boxes, found.txts, strict=True)]
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda one: one.middle):
        if rows and piece.middle - rows[-1][-1].middle < _SAME_ROW * piece.height:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [piece.text for row in rows for piece in sorted(row, key=lambda one: one.left)]


def _piece(box: NDArray[np.float32], text: str) -> _Piece:
    return _Piece(text, float(box[:, 0].min()), float(box[:, 1].mean()), float(np.ptp(box[:, 1])))


@cache
def _engine() -> Any:
    import rapidocr

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    folder = Path(rapidocr.__file__).parent / "models"
    paths = {key: str(folder / name) for key, name in _MODELS.items()}
    for path in paths.values():
        if not Path(path).exists():
            raise FileNotFoundError(path)
    return rapidocr.RapidOCR(params=_SETTINGS | paths)
