"""``python -m bench.sealing_child FILE``: seals the file; prints megabytes above rest, and seconds."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ca.documents.placing import Place
from ca.documents.reading import MAX_FILE_BYTES
from ca.documents.signing import seal_in, seal_pdf
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import SealKind
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import ENTERPRISE, Issuer


def main(path: Path) -> None:
    identity = Issuer("基准签发", parent=Issuer("基准根")).identity()
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, "3713250012345"))
    sealing = {"reason": "签章", "at": datetime.now(UTC)}
    seal_pdf(plain_pdf(), identity, picture, Place(0, 105, 148), **sealing)  # type: ignore[arg-type]
    rest, began = peak_mb(), time.perf_counter()
    with path.open("r+b") as document:
        seal_in(document, identity, picture, Place(-1, 50, 50), max_bytes=MAX_FILE_BYTES, **sealing)  # type: ignore[arg-type]
    print(peak_mb() - rest, time.perf_counter() - began)


def peak_mb(process: str = "self") -> float:
    """What a process had resident at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
