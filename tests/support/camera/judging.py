"""How well a cut-out covers the ink that is known to be there."""

from __future__ import annotations

import cv2
import numpy as np

from ca.seals.handwriting.model import SignatureCandidate
from tests.support.camera.lens import Photo


def overlap(candidate: SignatureCandidate, photo: Photo) -> float:
    """Intersection over union of the candidate's opaque pixels, laid back on the photo, and the true ink."""
    high, wide = photo.truth.shape
    cut = cv2.imdecode(np.frombuffer(candidate.png, np.uint8), cv2.IMREAD_UNCHANGED)
    alpha = cut[..., 3]
    source = np.array(
        [[0, 0], [alpha.shape[1], 0], [alpha.shape[1], alpha.shape[0]], [0, alpha.shape[0]]], np.float32
    )
    # Corners are edges of pixels, and warping counts from their middles.
    aim = (np.array(candidate.corners) * (wide, high)).astype(np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source - 0.5, aim)
    found = cv2.warpPerspective(alpha, matrix, (wide, high), flags=cv2.INTER_LINEAR) > 127
    union = int((found | photo.truth).sum())
    return int((found & photo.truth).sum()) / union if union else 0.0
