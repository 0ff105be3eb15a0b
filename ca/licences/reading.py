"""The picture of a business licence, read and compared with what was typed.

read_licence(photo, TypedLicence(credit_code, name, legal_person)) → LicenceReading
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.errors import CaError
from ca.identifiers import check_credit_code
from ca.licences.model import Agreement, FieldReading, LicenceField, LicenceReading, TypedLicence
from ca.licences.rules import code_in, name_in, person_in, plain, same
from ca.licences.text import rows_of
from ca.photos.codes import qr_text
from ca.photos.decoding import decode
from ca.photos.page import laid_straight

_LONGEST: Final = 1600  # characters of a licence are then 15 pixels high or more


def read_licence(photo: bytes, typed: TypedLicence) -> LicenceReading:
    """Read ``photo`` by its QR code and by OCR. Takes one to three seconds and 500 MB.

    The QR code counts before OCR, because it corrects its own errors. Raises what ``decode`` raises.
    """
    pixels = np.asarray(decode(photo))
    qr = qr_text(pixels)
    return compared(qr, rows_of(straightened(pixels)), typed)


def straightened(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The licence without the desk around it, at the size that OCR reads fast and well."""
    straight, _ = laid_straight(pixels)
    scale = min(1.0, _LONGEST / max(straight.shape[:2]))
    return np.asarray(cv2.resize(straight, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def compared(qr: str | None, lines: Sequence[str], typed: TypedLicence) -> LicenceReading:
    """Every field of ``typed`` beside what the QR code or the lines say."""
    coded = qr.replace(";", "\n").replace("；", "\n").splitlines() if qr else []
    code = _valid_code(coded) or code_in(lines, _is_code)
    name = name_in(coded) or _whole(lines, typed.name) or name_in(lines)
    person = person_in(coded) or person_in(lines)
    return LicenceReading(
        qr=qr,
        fields=(
            FieldReading(LicenceField.CREDIT_CODE, code, _code_agrees(code, typed.credit_code)),
            FieldReading(LicenceField.NAME, name, _agrees(name, typed.name)),
            FieldReading(LicenceField.LEGAL_PERSON, person, _agrees(person, typed.legal_person)),
        ),
    )


def _valid_code(lines: Sequence[str]) -> str | None:
    code = code_in(lines, _is_code)
    return code if code and _is_code(code) else None


def _whole(lines: Sequence[str], typed: str) -> str | None:
    """A long name that the picture shows over two lines, or beside a label that was not read."""
    text = "".join(map(plain, lines))
    return plain(typed) if len(plain(typed)) >= 6 and plain(typed) in text else None


def _code_agrees(read: str | None, typed: str) -> Agreement:
    if read is None:
        return Agreement.UNREADABLE
    if same(read, typed.upper()):
        return Agreement.EQUAL
    return Agreement.DIFFERS if _is_code(read) else Agreement.UNREADABLE


def _agrees(read: str | None, typed: str) -> Agreement:
    if not read:
        return Agreement.UNREADABLE
    return Agreement.EQUAL if same(read, typed) else Agreement.DIFFERS


def _is_code(text: str) -> bool:
    try:
        check_credit_code(text)
    except CaError:
        return False
    return True
