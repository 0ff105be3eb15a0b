"""Memory of sealing large documents in files, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import typst

from bench.report import Line
from bench.setting import FOLDER
from tests.ca.documents.pdfs import padded_pdf

GOAL_MB = 150.0
_TEXT = '#set page(paper: "a4")\n' + "#lorem(350)\n#pagebreak()\n" * 999 + "#lorem(350)"


def run() -> Iterator[Line]:
    """200 MB of pictures on 50 pages, and 1,000 pages of text."""
    (FOLDER / "scans.pdf").write_bytes(padded_pdf(200, pages=50))
    (FOLDER / "pages.pdf").write_bytes(typst.compile(_TEXT.encode()))  # type: ignore[arg-type]
    for name, what in (("scans.pdf", "200 MB"), ("pages.pdf", "1,000 pages")):
        above, seconds = sealed(FOLDER / name)
        yield Line(f"{what} sealed, MB above rest", above, GOAL_MB, 1.0, less_is_better=True)
        yield Line(f"{what} sealed, ms", 1000 * seconds, 1000.0, None)
        (FOLDER / name).unlink()


def sealed(document: Path) -> tuple[float, float]:
    """Megabytes above what the process had after sealing a small document; seconds."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.sealing_child", document], capture_output=True, text=True, check=True
    )
    above, seconds = told.stdout.split()
    return float(above), float(seconds)
