"""A handwritten signature cut out of a photo.

candidates(photo) → two or three PNG pictures to choose from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.photos.decoding import decode
from ca.photos.page import Matrix, Pixels, laid_straight
from ca.seals.handwriting.clutter import without_rules, without_specks
from ca.seals.handwriting.errors import SignatureNotFound
from ca.seals.handwriting.form_page import AREA, LABEL, signing_area
from ca.seals.handwriting.ink import Ink, Mask, ink_of
from ca.seals.handwriting.model import Corner, SignatureCandidate, Style
from ca.seals.handwriting.script import Script, scripts_of

_LONGEST: Final = 2000  # pixels at which a photo of nothing but the signature is looked at
_WIDEST: Final = 1200  # of a candidate
_SURE: Final = 0.25  # a lower score is no signature
_BLACK: Final = (16, 16, 18)


def candidates(photo: bytes) -> list[SignatureCandidate]:
    """Two or three pictures of the signature in ``photo`` (JPEG or PNG), the best first.

    A photo of our own application form gives what stands in its place for the signature; any other photo its
    likeliest handwriting. Takes about half a second and 200 MB. Raises SignatureNotFound, and what ``decode``
    raises.
    """
    pixels = np.asarray(decode(photo))
    found = _from_form(pixels) or _from_sheet(pixels)
    if found is None:
        raise SignatureNotFound("no handwriting in the photo")
    ink, scripts, matrix = found
    return list(_pictures(ink, scripts, matrix, pixels.shape))


Found = tuple[Ink, list[Script], Matrix]


def _from_form(pixels: Pixels) -> Found | None:
    """What is written in the form's place; raises SignatureNotFound when the form is there and unsigned."""
    if (area := signing_area(pixels)) is None:
        return None
    straight, matrix, scale = area
    ink = ink_of(straight)
    scripts = _likely(ink, without_specks(_without_label(without_rules(ink.mask), scale)))
    if not scripts:
        raise SignatureNotFound("the form's place for the signature is empty")
    return ink, scripts, matrix


def _from_sheet(pixels: Pixels) -> Found | None:
    straight, matrix = laid_straight(pixels)
    scale = min(1.0, _LONGEST / max(straight.shape[:2]))
    if scale < 1:
        straight = np.asarray(cv2.resize(straight, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    ink = ink_of(straight)
    scripts = _likely(ink, without_specks(without_rules(ink.mask)))
    return (ink, scripts, np.diag([scale, scale, 1.0]) @ matrix) if scripts else None


def _likely(ink: Ink, mask: Mask) -> list[Script]:
    """The groups that may be signatures, the likeliest first: sure, and large."""
    if not mask.any():
        return []
    sure = [one for one in scripts_of(ink, mask) if one.score >= _SURE]
    return sorted(sure, key=lambda one: -one.score * float(np.sqrt(one.mask.sum())))


def _without_label(mask: Mask, scale: float) -> Mask:
    """Drop what lies wholly where the form prints its next label."""
    x0, y0, x1, y1 = (round((at - AREA[i % 2]) * scale) for i, at in enumerate(LABEL))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    within = (
        (stats[:, 0] >= x0)
        & (stats[:, 1] >= y0)
        & (stats[:, 0] + stats[:, 2] <= x1)
        & (stats[:, 1] + stats[:, 3] <= y1)
    )
    within[0] = False
    return np.asarray(mask & ~within[labels]) if count > 1 else mask


def _pictures(
    ink: Ink, scripts: list[Script], matrix: Matrix, shape: tuple[int, ...]
) -> Iterator[SignatureCandidate]:
    best = scripts[0]
    yield _picture(ink, best, matrix, shape, Style.INK)
    yield _picture(ink, best, matrix, shape, Style.BLACK)
    if len(scripts) > 1 and scripts[1].score > 0.5 * best.score:
        yield _picture(ink, scripts[1], matrix, shape, Style.BLACK)
    else:
        yield _picture(ink, best, matrix, shape, Style.BOLD)


def _picture(
    ink: Ink, script: Script, matrix: Matrix, shape: tuple[int, ...], style: Style
) -> SignatureCandidate:
    box = _padded(script, ink.mask.shape)
    left, top, width, height = box
    window = np.s_[top : top + height, left : left + width]
    alpha = _opacity(ink, script, window, bold=style is Style.BOLD)
    colour = _BLACK if style is not Style.INK else _pen_colour(ink, script)
    cut = np.dstack([np.broadcast_to(np.array(colour[::-1], np.uint8), (*alpha.shape, 3)), alpha])
    if width > _WIDEST:
        cut = cv2.resize(cut, None, fx=_WIDEST / width, fy=_WIDEST / width, interpolation=cv2.INTER_AREA)
    done, png = cv2.imencode(".png", cut)
    assert done  # noqa: S101  an array of bytes can be written
    return SignatureCandidate(
        png=png.tobytes(),
        width=cut.shape[1],
        height=cut.shape[0],
        style=style,
        score=round(script.score, 3),
        corners=_corners(box, matrix, shape),
    )


def _padded(script: Script, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The tight box and a breath of the pen around it."""
    x, y, width, height = script.box
    room = max(2, round(script.pen))
    left, top = max(0, x - room), max(0, y - room)
    return left, top, min(shape[1], x + width + room) - left, min(shape[0], y + height + room) - top


def _opacity(ink: Ink, script: Script, window: tuple[slice, slice], bold: bool) -> NDArray[np.uint8]:
    """Soft at the edges: half opaque where the darkness is half of the stroke's own."""
    middle, reach = (0.34, 0.2) if bold else (0.5, 0.3)
    share = ink.darkness[window] / np.maximum(ink.peak[window], 0.05)
    near = cv2.dilate(
        script.mask[window].view(np.uint8), np.ones((3, 3), np.uint8), iterations=2 if bold else 1
    )
    alpha = np.clip((share - middle) / reach + 0.5, 0, 1) * near
    return np.asarray(alpha * 255, np.uint8)


def _pen_colour(ink: Ink, script: Script) -> tuple[int, int, int]:
    """The colour in the middle of the strokes, where neither paper nor blur lightens it."""
    core = script.mask & (ink.darkness > 0.9 * ink.peak)
    some = ink.flat[core if core.any() else script.mask]
    red, green, blue = np.median(some, axis=0)
    return int(red), int(green), int(blue)


def _corners(
    box: tuple[int, int, int, int], matrix: Matrix, shape: tuple[int, ...]
) -> tuple[Corner, Corner, Corner, Corner]:
    left, top, width, height = box
    places = np.array(
        [[[left, top], [left + width, top], [left + width, top + height], [left, top + height]]], np.float64
    )
    a, b, c, d = cv2.perspectiveTransform(places, np.linalg.inv(matrix))[0] / (shape[1], shape[0])
    return (
        (float(a[0]), float(a[1])),
        (float(b[0]), float(b[1])),
        (float(c[0]), float(c[1])),
        (float(d[0]), float(d[1])),
    )
