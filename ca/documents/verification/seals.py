"""The electronic seal that a signature carries as a signed attribute, and what it is worth (GB/T 38540, 7.5).

The outer signature is the document's own, checked before; here come the rest in the standard's order: the
signer among those whom the seal names, the maker's signature, the seal and its maker at the time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.seal_attribute import SEAL_OID
from ca.documents.verification.certificates import Certificates, subject_of
from ca.documents.verification.messages import Flaw, Message
from ca.documents.verification.model import Problem, SealReport
from ca.seals.errors import SealMalformed
from ca.seals.objects.model import SealObject
from ca.seals.objects.reading import read_seal
from ca.seals.objects.verification import Fault, is_holder, seal_faults

log = logging.getLogger(__name__)

_SHOWN: Final = 480
"""Pixels of a picture's longer side, as a report shows it."""
_MOST_PIXELS: Final = 20_000_000


def seal_in(message: Message, at: datetime, known: Certificates) -> SealReport | None:
    """The seal of a signature made at ``at``; None without one. Raises Flaw for what cannot be read."""
    values = message.attributes.get(SEAL_OID)
    if values is None:
        return None
    if len(values) != 1:
        raise Flaw(Problem.SEAL_MALFORMED, f"{len(values)} seals")
    try:
        seal = read_seal(values[0].dump())
    except SealMalformed as error:
        raise Flaw(Problem.SEAL_MALFORMED, str(error)) from error
    return seal_report(seal, _faults(seal, message.certificate.dump(), at, known))


def _faults(seal: SealObject, holder: bytes, at: datetime, known: Certificates) -> list[Fault]:
    def trusted(certificate: x509.Certificate, moment: datetime) -> bool:
        return known.is_trusted(asn1.Certificate.load(certificate.public_bytes(Encoding.DER)), moment)

    found = [] if is_holder(holder, seal.holders) else [Fault.HOLDER]
    return [*found, *seal_faults(seal, at, trusted)]


def seal_report(seal: SealObject, faults: Iterable[Fault]) -> SealReport:
    """A seal as it is told, its picture drawn anew."""
    return SealReport(
        id=seal.id,
        name=seal.name,
        type=seal.type,
        version=seal.version,
        maker=_maker(seal.maker),
        starts=seal.starts,
        ends=seal.ends,
        picture_format=seal.picture.format,
        picture=_shown(seal.picture.data),
        width_mm=seal.picture.width,
        height_mm=seal.picture.height,
        faults=tuple(one.value for one in faults),
    )


def _maker(der: bytes) -> str:
    try:
        return subject_of(asn1.Certificate.load(der, strict=True))
    except Exception:  # whatever stands there: the faults tell of it
        return ""


def _shown(data: bytes) -> bytes:
    """The picture drawn anew as a small PNG, so that nothing of a stranger's file reaches a page."""
    from PIL import Image

    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP")) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return b""
            shown: Any = picture.convert("RGBA")
        shown.thumbnail((_SHOWN, _SHOWN))
        output = BytesIO()
        shown.save(output, "PNG")
        return output.getvalue()
    except Exception as error:  # a vector picture, or none at all
        log.info("the picture cannot be shown: %s", type(error).__name__)
        return b""
