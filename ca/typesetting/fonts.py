"""The two faces that everything is set in: Song (宋体) and Hei (黑体)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import pylopdf_fonts_zh_cn

from ca.typesetting.coverage import Coverage, coverage_of


class Face(Enum):
    """A bundled face; the value is the family name that templates use."""

    SONG = "Noto Serif SC"
    HEI = "Noto Sans SC"

    @property
    def path(self) -> Path:
        """The OpenType file."""
        return pylopdf_fonts_zh_cn.serif_path() if self is Face.SONG else pylopdf_fonts_zh_cn.sans_path()

    @property
    def coverage(self) -> Coverage:
        """The characters that the face can draw."""
        return coverage_of(self.path)
