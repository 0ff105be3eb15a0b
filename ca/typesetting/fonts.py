"""The faces that everything is set in: Song (宋体) and Hei (黑体); for signatures Kai (楷体) too."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn

from ca.typesetting.coverage import Coverage, coverage_of

_KAI: Final = (
    Path("/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"),  # Debian: fonts-lxgw-wenkai
    Path.home() / "Library/Fonts/LXGWWenKai-Regular.ttf",  # Homebrew: font-lxgw-wenkai
)


class Face(Enum):
    """A face; the value is the family name that templates use."""

    SONG = "Noto Serif SC"
    HEI = "Noto Sans SC"
    KAI = "LXGW WenKai"

    @property
    def path(self) -> Path:
        """The font file."""
        if self is Face.KAI:
            return next((path for path in _KAI if path.exists()), _KAI[0])
        return pylopdf_fonts_zh_cn.serif_path() if self is Face.SONG else pylopdf_fonts_zh_cn.sans_path()

    @property
    def is_there(self) -> bool:
        """Whether the face can be used: Song and Hei are bundled, Kai is a package of the system."""
        return self.path.exists()

    @property
    def coverage(self) -> Coverage:
        """The characters that the face can draw."""
        return coverage_of(self.path)
