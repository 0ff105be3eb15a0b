"""From millimetres on a page as people see it to the coordinates that the PDF uses."""

from __future__ import annotations

from dataclasses import dataclass

from ca.documents.errors import SealOffPage

_POINTS_PER_MM = 72 / 25.4
_TOLERANCE = 0.5  # points: a seal drawn to touch the edge is on the page

Rectangle = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True, slots=True)
class Place:
    """Where the centre of a seal goes.

    ``page`` counts from 0, or from the end when negative. ``x_mm`` and ``y_mm`` run right and down from the
    top left corner of the page as shown, after cropping and rotation.
    """

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """What a viewer shows of a page (ISO 32000-1, 7.7.3.3 and 14.11.2)."""

    shown: Rectangle  # the crop box, in user space
    rotation: int  # clockwise, 0, 90, 180 or 270
    user_unit: float = 1.0  # size of one unit of user space in 1/72 inch

    def rectangle(self, place: Place, width_mm: float, height_mm: float) -> Rectangle:
        """The rectangle in user space of a seal at ``place``. Raises SealOffPage."""
        scale = _POINTS_PER_MM / self.user_unit
        x, y = self._centre(place.x_mm * scale, place.y_mm * scale)
        upright = self.rotation % 180 == 0
        width, height = (width_mm, height_mm) if upright else (height_mm, width_mm)
        half_width, half_height = width * scale / 2, height * scale / 2
        box = (x - half_width, y - half_height, x + half_width, y + half_height)
        if not self._holds(box):
            raise SealOffPage(f"{box} is not inside {self.shown}")
        return box

    @property
    def upright_matrix(self) -> tuple[int, int, int, int, int, int] | None:
        """The matrix that turns an appearance against the page's rotation; None where there is none."""
        return {
            90: (0, 1, -1, 0, 0, 0),
            180: (-1, 0, 0, -1, 0, 0),
            270: (0, -1, 1, 0, 0, 0),
        }.get(self.rotation)

    def _centre(self, right: float, down: float) -> tuple[float, float]:
        """The point of user space that is shown ``right`` and ``down`` of the top left corner."""
        x0, y0, x1, y1 = self.shown
        return {
            0: (x0 + right, y1 - down),
            90: (x0 + down, y0 + right),
            180: (x1 - right, y0 + down),
            270: (x1 - down, y1 - right),
        }[self.rotation]

    def _holds(self, box: Rectangle) -> bool:
        x0, y0, x1, y1 = self.shown
        return (
            box[0] >= x0 - _TOLERANCE
            and box[1] >= y0 - _TOLERANCE
            and box[2] <= x1 + _TOLERANCE
            and box[3] <= y1 + _TOLERANCE
        )
