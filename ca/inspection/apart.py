"""The machine checks of uploaded photos, each in a fresh process with bounded time and memory.

The process gets the photo and nothing else: an empty environment, no open files of ours. What it answers is
JSON, whose shape is checked here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from ca.errors import CaError
from ca.licences.model import Agreement, FieldReading, LicenceField, LicenceReading, TypedLicence
from ca.photos.errors import (
    AnalysisFailed,
    PictureAnimated,
    PictureInvalid,
    PictureKindRefused,
    PictureTooLarge,
)
from ca.photos.model import SealFound
from ca.seals.handwriting.errors import SignatureNotFound
from ca.seals.handwriting.model import SignatureCandidate, Style
from hsm.errors import SealBridgeError

_SECONDS: Final = 600.0  # the processor time is bounded in the process; this is for one that hangs
_REFUSALS: Final[dict[str, type[CaError]]] = {
    refusal.code: refusal
    for refusal in (PictureInvalid, PictureTooLarge, PictureKindRefused, PictureAnimated, SignatureNotFound)
}


def signature_candidates(photo: bytes) -> list[SignatureCandidate]:
    """``ca.seals.handwriting.cutting.candidates`` in a process apart; also raises AnalysisFailed."""
    answer = _asked("signature", photo)
    return [
        SignatureCandidate(
            png=b64decode(one["png"]),
            width=int(one["width"]),
            height=int(one["height"]),
            style=Style(one["style"]),
            score=float(one["score"]),
            corners=_four(one["corners"]),
        )
        for one in answer
    ]


def find_seal(photo: bytes) -> SealFound | None:
    """``ca.photos.red_seal.find_seal`` in a process apart; also raises AnalysisFailed."""
    answer = _asked("seal", photo)
    return SealFound(**answer) if answer else None


def read_licence(photo: bytes, typed: TypedLicence) -> LicenceReading:
    """``ca.licences.reading.read_licence`` in a process apart; also raises AnalysisFailed."""
    answer = _asked("licence", photo, asdict(typed))
    fields = tuple(
        FieldReading(LicenceField(one["field"]), one["read"], Agreement(one["agreement"]))
        for one in answer["fields"]
    )
    return LicenceReading(answer["qr"], fields)


def _asked(task: str, photo: bytes, facts: Mapping[str, str] | None = None) -> Any:
    """What ``ca.inspection.worker`` answers. Raises its refusal, or AnalysisFailed."""
    question = json.dumps({"task": task, "facts": dict(facts or {})}).encode() + b"\n" + photo
    command = [sys.executable, "-I", "-m", "ca.inspection.worker"]
    try:
        done = subprocess.run(  # noqa: S603  our own module
            command, input=question, capture_output=True, timeout=_SECONDS, env={}, check=True
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as exc:
        raise AnalysisFailed(f"{task}: {type(exc).__name__}") from exc
    if refusal := answer.get("refused"):
        raise _refusal(refusal)
    return answer["found"]


def _refusal(said: Mapping[str, Any]) -> CaError:
    """The error that the process met, made anew."""
    kind = _REFUSALS.get(said["code"], AnalysisFailed)
    error = kind.__new__(kind)
    SealBridgeError.__init__(error, str(said["detail"]), **said["facts"])
    return error


def _four(corners: Any) -> Any:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d
