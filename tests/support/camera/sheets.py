"""Sheets of paper: blank, coloured, ruled, squared, printed."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ca.typesetting.fonts import Face
from tests.support.camera.lens import Pixels

BLUE_BLACK: Final = ((20, 20, 24), (25, 35, 90), (40, 40, 45), (15, 25, 120))
PROSE: Final = (
    "本单位法定代表人授权表中所列管理员为本单位数字证书管理员，由其代表本单位办理申请、下载、使用、续期和注销等事项。"
    "管理员在办理上述事项时签署、提交的文件和材料真实、完整、合法，本单位均予认可，并承担相应的法律责任。"
)


def paper(width: int, height: int, colour: tuple[int, int, int], random: np.random.Generator) -> Pixels:
    """A sheet with a faint grain."""
    sheet = np.full((height, width, 3), colour, np.float32)
    sheet += random.normal(0, 2.0, (height, width, 1)).astype(np.float32)
    return np.clip(sheet, 0, 255).astype(np.uint8)


def coloured(random: np.random.Generator) -> tuple[int, int, int]:
    """Yellow, pink, green, blue or grey paper."""
    tints = ((244, 232, 176), (247, 214, 218), (212, 236, 208), (208, 224, 244), (205, 203, 198))
    return tints[random.integers(len(tints))]


def ruled(sheet: Pixels, step: int, random: np.random.Generator, squared: bool = False) -> None:
    """Draw lines ``step`` pixels apart, and columns too when ``squared``."""
    tints = ((120, 150, 200), (150, 160, 165), (205, 120, 120), (90, 110, 130))
    tint, thick = tints[random.integers(len(tints))], max(1, round(step / 30))
    for y in range(step // 2, sheet.shape[0], step):
        cv2.line(sheet, (0, y), (sheet.shape[1], y), tint, thick, cv2.LINE_AA)
    for x in range(step // 2, sheet.shape[1] if squared else 0, step):
        cv2.line(sheet, (x, 0), (x, sheet.shape[0]), tint, thick, cv2.LINE_AA)


def printed(sheet: Pixels, text: str, at: tuple[int, int], size: int, face: Face = Face.SONG) -> Pixels:
    """The sheet with a line of ``text`` printed on it."""
    picture = Image.fromarray(sheet)
    font = ImageFont.truetype(str(face.path), size)
    ImageDraw.Draw(picture).text(at, text, font=font, fill=(35, 35, 38))
    return np.array(picture)


def prose(sheet: Pixels, top: int, bottom: int, size: int, random: np.random.Generator) -> Pixels:
    """The sheet with printed lines from ``top`` to ``bottom``."""
    across = max(1, int(sheet.shape[1] * 0.84 / size))
    for y in range(top, bottom - size, round(size * 1.7)):
        start = int(random.integers(0, len(PROSE) - 1))
        line = (PROSE * 3)[start : start + across]
        sheet = printed(sheet, line, (round(sheet.shape[1] * 0.08), y), size)
    return sheet


def written(
    sheet: Pixels, stroke: NDArray[np.float32], at: tuple[int, int], colour: tuple[int, int, int]
) -> tuple[Pixels, NDArray[np.float32]]:
    """The sheet with ink on it, and the ink's coverage of the whole sheet."""
    ink = np.zeros(sheet.shape[:2], np.float32)
    x, y = at
    high, wide = stroke.shape
    ink[y : y + high, x : x + wide] = stroke[: sheet.shape[0] - y, : sheet.shape[1] - x]
    cover = ink[..., None] * np.float32(0.93)
    return (sheet * (1 - cover) + np.array(colour, np.float32) * cover).astype(np.uint8), ink
