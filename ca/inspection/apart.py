"""The machine checks of uploaded photos, each in a fresh process with bounded time and memory.

The process gets the photo and nothing else: an empty environment, no open files of ours. What it answers is
JSON, whose shape is checked here.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from ca.errors import CaError
from ca.inspection.process import asked
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
from ca.seals.uploaded.errors import (
    PictureNotASeal,
    SealCutOff,
    SealPictureSmall,
    SealSizeDiffers,
    SeveralSeals,
)
from ca.seals.uploaded.model import CutSeal, Outline

_REFUSALS: Final[dict[str, type[CaError]]] = {
    refusal.code: refusal
    for refusal in (
        *(PictureInvalid, PictureTooLarge, PictureKindRefused, PictureAnimated, SignatureNotFound),
        *(PictureNotASeal, SealCutOff, SealPictureSmall, SealSizeDiffers, SeveralSeals),
    )
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


def cut_seal(photo: bytes, outline: Outline) -> CutSeal:
    """``ca.seals.uploaded.cutting.cut_seal`` in a process apart; also raises AnalysisFailed."""
    answer = _asked("cut-seal", photo, {name: str(value) for name, value in asdict(outline).items()})
    return CutSeal(b64decode(answer["png"]), float(answer["ppi"]))


def read_licence(photo: bytes, typed: TypedLicence) -> LicenceReading:
    """``ca.licences.reading.read_licence`` in a process apart; also raises AnalysisFailed."""
    answer = _asked("licence", photo, asdict(typed))
    fields = tuple(
        FieldReading(LicenceField(one["field"]), one["read"], Agreement(one["agreement"]))
        for one in answer["fields"]
    )
    return LicenceReading(answer["qr"], fields)


def read_code(photo: bytes) -> str | None:
    """``ca.photos.codes.read_code`` in a process apart; also raises AnalysisFailed."""
    found = _asked("code", photo)
    return None if found is None else str(found)


def _asked(task: str, photo: bytes, facts: Mapping[str, str] | None = None) -> Any:
    """What ``ca.inspection.worker`` answers. Raises its refusal, or AnalysisFailed."""
    question = {"task": task, "facts": dict(facts or {})}
    return asked("ca.inspection.worker", question, photo, _REFUSALS, AnalysisFailed)


def _four(corners: Any) -> Any:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d
