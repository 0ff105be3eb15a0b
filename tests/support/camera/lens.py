"""From a sheet to a photograph of it: perspective, light, shadow, blur, noise, JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""RGB, height by width by 3."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph as uploaded, and which of its pixels are ink of the signature."""

    jpeg: bytes
    truth: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shot:
    """How the sheet is photographed."""

    size: tuple[int, int]  # width and height of the photo
    tilt: float = 0.0  # how far corners stray, in parts of the photo's side
    turn: float = 0.0  # degrees
    margin: float = 0.06  # of desk around the sheet; negative cuts into the sheet
    unevenness: float = 0.25
    shadow: float = 0.0
    blur: float = 0.7
    noise: float = 3.0
    quality: int = 85


def photograph(
    sheet: Pixels, ink: NDArray[np.float32] | None, shot: Shot, random: np.random.Generator
) -> Photo:
    """Take ``shot`` of a sheet. ``ink`` is the signature's coverage of the sheet's pixels."""
    width, height = shot.size
    matrix = _view(sheet.shape[1], sheet.shape[0], shot, random)
    seen = _warp(sheet, matrix, shot.size)
    paper = _warp(np.full(sheet.shape[:2], 255, np.uint8), matrix, shot.size)[..., None] / np.float32(255)
    scene = seen * paper + _desk(width, height, random) * (1 - paper)
    scene *= _light(width, height, shot, random)[..., None]
    scene = cv2.GaussianBlur(scene, (0, 0), shot.blur) if shot.blur else scene
    scene += random.standard_normal(scene.shape, np.float32) * np.float32(shot.noise)
    pixels = np.clip(scene, 0, 255).astype(np.uint8)
    truth = np.zeros((height, width), np.float32) if ink is None else _warp(ink, matrix, shot.size)
    return Photo(encoded(pixels, shot.quality), truth > 0.5)


def encoded(pixels: Pixels, quality: int = 85) -> bytes:
    """RGB pixels as JPEG."""
    done, jpeg = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return jpeg.tobytes()


def _warp(picture: NDArray[Any], matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float32]:
    """The picture as the lens sees it; a finer picture is averaged down first, so that nothing aliases."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if scale < 0.75:
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        back = np.diag([picture.shape[1] / small.shape[1], picture.shape[0] / small.shape[0], 1.0])
        picture, matrix = small, matrix @ back
    return cv2.warpPerspective(picture.astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR)


def _view(width: int, height: int, shot: Shot, random: np.random.Generator) -> NDArray[np.float64]:
    """Where the sheet's corners are in the photo."""
    wide, high = shot.size
    room = 1 - 2 * shot.margin
    scale = (
        min(wide * room / width, high * room / height)
        if shot.margin >= 0
        else max(wide * room / width, high * room / height)
    )
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2 * scale
    angle = np.radians(shot.turn)
    corners = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners += np.array([wide, high]) / 2 + random.uniform(-1, 1, (4, 2)) * shot.tilt * min(wide, high)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return cv2.getPerspectiveTransform(source, corners.astype(np.float32))


def _desk(width: int, height: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Wood or cloth: a colour with a grain along one direction."""
    colour = random.uniform((50, 35, 20), (170, 140, 120)).astype(np.float32)
    grain = cv2.resize(random.normal(0, 9, (max(height // 3, 2), 12)).astype(np.float32), (width, height))
    return colour + grain[..., None]


def _light(width: int, height: int, shot: Shot, random: np.random.Generator) -> NDArray[np.float32]:
    """A smooth fall-off, and the soft-edged shadow of a hand or telephone."""
    coarse = random.uniform(1 - shot.unevenness, 1.0, (3, 3)).astype(np.float32)
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    if shot.shadow:
        mask = np.zeros((height // 8, width // 8), np.float32)
        rough = random.uniform(0, 1, (5, 2)) * (width // 8, height // 8)
        cv2.fillPoly(mask, [cv2.convexHull(rough.astype(np.int32))], 1.0)
        soft = cv2.GaussianBlur(mask, (0, 0), random.uniform(1.0, 6.0))
        light *= 1 - shot.shadow * cv2.resize(soft, (width, height))
    return light
