"""What machines see in photos. Without OpenCV, so that the service can name it and stay small."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealFound:
    """A round red seal: middle and size in parts of the upright photo's width and height.

    ``score``, 0 to 1: how much of the ring is seen.
    """

    x: float
    y: float
    width: float
    height: float
    score: float
