"""How well signatures are cut out of photos, and licences read, that the suite takes itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np

from bench.report import Line
from ca.licences.model import Agreement
from ca.licences.reading import compared, straightened
from ca.licences.text import rows_of
from ca.photos.codes import qr_text
from ca.photos.decoding import decode
from ca.seals.handwriting.cutting import candidates
from ca.seals.handwriting.errors import SignatureNotFound
from tests.support.camera.judging import overlap
from tests.support.camera.licences import LICENCES, photographed, qr_content
from tests.support.camera.subjects import SIGNED, UNSIGNED

GOAL = 0.85  # of the median overlap
REFUSED = 0.98  # of the photos without a signature
PHOTOS = 30  # of each kind


def run() -> Iterator[Line]:
    """Each kind of photo, then all together; the licences last."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as workers:
        every: list[float] = []
        for kind in SIGNED:
            scores = list(workers.map(partial(signed, kind), range(PHOTOS)))
            every += scores
            yield from _overlaps(kind, scores)
        yield from _overlaps("all kinds", every)
        yield _percent("signed photos that were refused", every.count(0.0) / len(every))
        refused: list[bool] = []
        for kind in UNSIGNED:
            one = list(workers.map(partial(unsigned, kind), range(PHOTOS)))
            refused += one
            yield _percent(f"refused: {kind}", float(np.mean(one)))
        yield _percent("refused: all kinds", float(np.mean(refused)), REFUSED)
        yield from _licences(list(workers.map(licence, range(PHOTOS))))


def signed(kind: str, seed: int) -> float:
    """Overlap of the best candidate with the ink; 0 when the photo is refused."""
    photo = SIGNED[kind](np.random.default_rng(1000 + seed))
    try:
        return overlap(candidates(photo.jpeg)[0], photo)
    except SignatureNotFound:
        return 0.0


def unsigned(kind: str, seed: int) -> bool:
    """Whether a photo without a signature is refused."""
    try:
        candidates(UNSIGNED[kind](np.random.default_rng(1000 + seed)).jpeg)
    except SignatureNotFound:
        return True
    return False


def licence(seed: int) -> tuple[bool, list[bool]]:
    """Of one licence, every other photo a hard one: QR code decoded; fields read by OCR alone."""
    random, typed = np.random.default_rng(seed), LICENCES[seed % len(LICENCES)]
    photo = photographed(typed, qr_content(typed, linked=True), random, hard=bool(seed % 2)).jpeg
    pixels = np.asarray(decode(photo))
    reading = compared(None, rows_of(straightened(pixels)), typed)
    return qr_text(pixels) is not None, [one.agreement is Agreement.EQUAL for one in reading.fields]


def _overlaps(kind: str, scores: list[float]) -> Iterator[Line]:
    yield _percent(f"IoU, median: {kind}", float(np.median(scores)), GOAL)
    yield _percent(f"IoU, 10th percentile: {kind}", float(np.percentile(scores, 10)))


def _percent(what: str, share: float, goal: float | None = None) -> Line:
    return Line(what, 100 * share, 100.0, goal)


def _licences(read: list[tuple[bool, list[bool]]]) -> Iterator[Line]:
    yield _percent("licences: QR decoded", float(np.mean([decoded for decoded, _ in read])))
    for at, field in enumerate(("credit code", "name", "legal person")):
        yield _percent(f"licences: {field} read", float(np.mean([fields[at] for _, fields in read])))
