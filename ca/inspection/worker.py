"""The process that looks at one photo: ``python -m ca.inspection.worker``, JSON on stdout."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from ca.errors import CaError
from ca.inspection.process import bounded, refused
from ca.licences.model import TypedLicence

_MEMORY: Final = 3 * 1024**3  # of addresses: ONNX Runtime reserves far more than the 500 MB that it touches
_CPU_SECONDS: Final = 90


def main() -> None:
    """Answer one question."""
    bounded(_MEMORY, _CPU_SECONDS)
    asked = json.loads(sys.stdin.buffer.readline())
    photo = sys.stdin.buffer.read()
    answer: dict[str, Any]
    try:
        answer = {"found": _TASKS[asked["task"]](photo, asked["facts"])}
    except CaError as exc:
        answer = refused(exc)
    sys.stdout.write(json.dumps(answer, ensure_ascii=False))


def _signature(photo: bytes, _facts: Mapping[str, str]) -> Any:
    from ca.seals.handwriting.cutting import candidates

    return [asdict(one) | {"png": b64encode(one.png).decode()} for one in candidates(photo)]


def _seal(photo: bytes, _facts: Mapping[str, str]) -> Any:
    from ca.photos.red_seal import find_seal

    found = find_seal(photo)
    return asdict(found) if found else None


def _cut_seal(photo: bytes, facts: Mapping[str, str]) -> Any:
    from ca.seals.uploaded.cutting import cut_seal
    from ca.seals.uploaded.model import Outline, Shape

    outline = Outline(Shape(facts["shape"]), float(facts["width_mm"]), float(facts["height_mm"]))
    cut = cut_seal(photo, outline)
    return {"png": b64encode(cut.png).decode(), "ppi": cut.ppi}


def _licence(photo: bytes, facts: Mapping[str, str]) -> Any:
    from ca.licences.reading import read_licence

    return asdict(read_licence(photo, TypedLicence(**facts)))


def _code(photo: bytes, _facts: Mapping[str, str]) -> Any:
    from ca.photos.codes import read_code

    return read_code(photo)


_TASKS: Final[dict[str, Callable[[bytes, Mapping[str, str]], Any]]] = {
    "signature": _signature,
    "seal": _seal,
    "cut-seal": _cut_seal,
    "licence": _licence,
    "code": _code,
}

if __name__ == "__main__":
    main()
