"""One Typst template, compiled again and again with other data.

The data travels as one JSON string in ``sys.inputs``. A template reads values from it and never parses
them, so that no value can become Typst markup or code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Literal

import typst

from ca.typesetting.errors import TypesettingFailed
from ca.typesetting.fonts import Face


class Template:
    """A ``.typ`` file that reads ``json(bytes(sys.inputs.data))`` and makes one page.

    The compiler is made on first use and kept: loading 20 MB of fonts costs more than setting a page. A
    Typst compiler serves one caller at a time, so threads queue here.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def pdf(self, data: Mapping[str, object], made_at: datetime | None = None, *, tagged: bool) -> bytes:
        """Set ``data`` as a PDF; the same data and ``made_at`` always give the same bytes.

        ``tagged`` adds the structure that screen readers need, and must be off for a page that will be
        drawn inside another. Raises TypesettingFailed.
        """
        return self._compile(data, "pdf", timestamp=made_at, tagged=tagged)

    def png(self, data: Mapping[str, object], ppi: float) -> bytes:
        """Set ``data`` as a PNG of ``ppi`` pixels to the inch. Raises TypesettingFailed."""
        return self._compile(data, "png", ppi=ppi)

    def svg(self, data: Mapping[str, object]) -> bytes:
        """Set ``data`` as an SVG whose characters are outlines. Raises TypesettingFailed."""
        return self._compile(data, "svg")

    @cached_property
    def _compiler(self) -> typst.Compiler:
        return typst.Compiler(self._path, root=self._path.parent, font_paths=_fonts())

    def _compile(
        self,
        data: Mapping[str, object],
        format: Literal["pdf", "png", "svg"],
        *,
        ppi: float | None = None,
        timestamp: datetime | None = None,
        tagged: bool = False,
    ) -> bytes:
        inputs = {"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}
        try:
            with self._lock:
                pages, warnings = self._compiler.compile_with_warnings(
                    format=format, ppi=ppi, sys_inputs=inputs, timestamp=timestamp, pdf_tags=tagged
                )
        except typst.TypstError as error:
            raise TypesettingFailed(f"{self._path.name}: {error.message}") from error
        if warnings or not isinstance(pages, bytes):
            raise TypesettingFailed(f"{self._path.name}: {[w.message for w in warnings] or 'not one page'}")
        return pages


@cache
def _fonts() -> typst.Fonts:
    """The faces of ``Face`` and no others, read once for all templates."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=list(dict.fromkeys(face.path.parent for face in Face if face.is_there)),
    )
