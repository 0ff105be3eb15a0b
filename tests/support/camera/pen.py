"""A pen that writes signatures: Bézier strokes whose width follows speed and pressure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

Coverage = NDArray[np.float32]
"""How much of each pixel is ink, 0 to 1."""

_SUPERSAMPLED = 4

# The strokes of Chinese writing, in a unit square: (chance, control points).
_STROKES = (
    (3, ((0.0, 0.3), (0.3, 0.25), (0.7, 0.2), (1.0, 0.22))),  # 横
    (3, ((0.5, 0.0), (0.52, 0.3), (0.48, 0.7), (0.5, 1.0))),  # 竖
    (3, ((0.6, 0.0), (0.5, 0.4), (0.3, 0.8), (0.0, 1.0))),  # 撇
    (2, ((0.3, 0.1), (0.5, 0.4), (0.8, 0.8), (1.0, 0.9))),  # 捺
    (2, ((0.1, 0.2), (0.9, 0.0), (0.9, 0.5), (0.7, 1.0))),  # 横折钩
    (2, ((0.2, 0.0), (0.1, 1.0), (0.4, 1.0), (1.0, 0.8))),  # 竖弯
    (1, ((0.4, 0.1), (0.5, 0.15), (0.55, 0.22), (0.6, 0.3))),  # 点
    (1, ((0.1, 0.6), (0.9, -0.2), (1.1, 0.9), (0.2, 0.8))),  # a loop, as in cursive writing
)


@dataclass(frozen=True, slots=True)
class Hand:
    """How somebody writes: lengths in parts of a character's height."""

    characters: int
    width: float  # of the line
    slant: float
    cursive: float  # chance that the pen stays on the paper between two strokes

    @staticmethod
    def of(random: np.random.Generator) -> Hand:
        """A hand by chance."""
        return Hand(
            characters=int(random.integers(2, 5)),
            width=float(random.uniform(0.025, 0.06)),
            slant=float(random.uniform(-0.15, 0.35)),
            cursive=float(random.uniform(0.1, 0.8)),
        )


def signature(random: np.random.Generator, height: int, hand: Hand | None = None) -> Coverage:
    """One signature with characters of about ``height`` pixels, tightly framed."""
    hand = hand or Hand.of(random)
    size = height * _SUPERSAMPLED
    canvas = np.zeros((ceil(size * 2.2), ceil(size * (hand.characters + 1.5))), np.uint8)
    left = 0.6 * size
    for _ in range(hand.characters):
        wide = size * random.uniform(0.7, 1.05)
        tall = size * random.uniform(0.75, 1.2)
        top = size * 0.6 + random.normal(0, 0.06) * size
        _character(canvas, random, hand, (left, top, wide, tall))
        left += wide * random.uniform(0.75, 1.05)
    rows, columns = np.nonzero(canvas)
    framed = canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    small = (ceil(framed.shape[1] / _SUPERSAMPLED), ceil(framed.shape[0] / _SUPERSAMPLED))
    return cv2.resize(framed, small, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _character(
    canvas: NDArray[np.uint8],
    random: np.random.Generator,
    hand: Hand,
    box: tuple[float, float, float, float],
) -> None:
    left, top, wide, tall = box
    chances = np.array([chance for chance, _ in _STROKES], float)
    last: NDArray[np.float64] | None = None
    for _ in range(int(random.integers(3, 8))):
        shape = np.array(_STROKES[random.choice(len(_STROKES), p=chances / chances.sum())][1])
        part = random.uniform(0.35, 1.0, 2)
        corner = random.uniform(0, 1, 2) * (1 - part)
        points = (shape + random.normal(0, 0.06, shape.shape)) * part + corner
        points[:, 0] -= hand.slant * (points[:, 1] - 0.5)
        points = points * (wide, tall) + (left, top)
        if last is not None and random.random() < hand.cursive:
            bow = random.normal(0, 0.12 * tall, (2, 2))
            joint = np.array(
                [last, last * 0.67 + points[0] * 0.33, last * 0.33 + points[0] * 0.67, points[0]]
            )
            joint[1:3] += bow
            _draw(canvas, joint, hand.width * tall * 0.55, random)
        _draw(canvas, points, hand.width * tall * random.uniform(0.85, 1.15), random)
        last = points[-1]


def _draw(
    canvas: NDArray[np.uint8], control: NDArray[np.float64], width: float, random: np.random.Generator
) -> None:
    """One cubic Bézier curve, as discs: broad where the pen goes slowly, tapered at the end."""
    t = np.linspace(0, 1, 220)[:, None]
    path = (
        (1 - t) ** 3 * control[0]
        + 3 * (1 - t) ** 2 * t * control[1]
        + 3 * (1 - t) * t**2 * control[2]
        + t**3 * control[3]
    )
    speed = np.linalg.norm(np.gradient(path, axis=0), axis=1)
    slow = 1.15 - 0.35 * speed / max(speed.max(), 1e-6)
    tapered = np.minimum(1, 0.45 + 4 * (1 - t[:, 0])) * np.minimum(1, 0.7 + 5 * t[:, 0])
    tremble = 1 + 0.06 * np.sin(np.linspace(0, random.uniform(4, 12), len(t)) + random.uniform(0, 6))
    radii = np.maximum(width * slow * tapered * tremble / 2, 1.5)
    for (x, y), radius in zip(path, radii, strict=True):
        cv2.circle(canvas, (round(x * 16), round(y * 16)), round(radius * 16), 255, -1, cv2.LINE_AA, 4)
