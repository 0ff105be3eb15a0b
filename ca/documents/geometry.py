"""From millimetres on a page as people see it to the coordinates that the PDF uses, and back."""

from __future__ import annotations

from dataclasses import dataclass

from ca.documents.errors import SealOffPage

_POINTS_PER_MM = 72 / 25.4
_TOLERANCE = 0.5  # points: a seal drawn to touch the edge is on the page

Rectangle = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """What a viewer shows of a page (ISO 32000-1, 7.7.3.3 and 14.11.2)."""

    shown: Rectangle  # the crop box, in user space
    rotation: int  # clockwise, 0, 90, 180 or 270
    user_unit: float = 1.0  # size of one unit of user space in 1/72 inch

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the page as shown."""
        x0, y0, x1, y1 = self.shown
        width, height = (x1 - x0) / self._scale, (y1 - y0) / self._scale
        return (width, height) if self._upright else (height, width)

    def rectangle(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> Rectangle:
        """The rectangle in user space of what is shown around a point, measured from the top left corner.

        Raises SealOffPage.
        """
        x, y = self._point(x_mm * self._scale, y_mm * self._scale)
        width, height = (width_mm, height_mm) if self._upright else (height_mm, width_mm)
        half_width, half_height = width * self._scale / 2, height * self._scale / 2
        box = (x - half_width, y - half_height, x + half_width, y + half_height)
        if not self._holds(box):
            raise SealOffPage(f"{box} is not inside {self.shown}")
        return box

    def shown_mm(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of user space is shown, in millimetres right and down of the top left corner."""
        x0, y0, x1, y1 = self.shown
        right, down = {
            0: (x - x0, y1 - y),
            90: (y - y0, x - x0),
            180: (x1 - x, y - y0),
            270: (y1 - y, x1 - x),
        }[self.rotation]
        return right / self._scale, down / self._scale

    @property
    def upright_matrix(self) -> tuple[int, int, int, int, int, int] | None:
        """The matrix that turns an appearance against the page's rotation; None where there is none."""
        return {
            90: (0, 1, -1, 0, 0, 0),
            180: (-1, 0, 0, -1, 0, 0),
            270: (0, -1, 1, 0, 0, 0),
        }.get(self.rotation)

    @property
    def _scale(self) -> float:
        """Units of user space in a millimetre."""
        return _POINTS_PER_MM / self.user_unit

    @property
    def _upright(self) -> bool:
        return self.rotation % 180 == 0

    def _point(self, right: float, down: float) -> tuple[float, float]:
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
