"""Signatures.xml and Signature.xml: writing and reading them (GB/T 33190, 18; GM/T 0099, B.2)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from typing import Final

from ca.ofd import xml
from ca.ofd.appearance import Appearance
from ca.ofd.document import Document, resolve
from ca.ofd.errors import OfdDamaged, OfdTooLarge
from ca.ofd.package import Package
from ca.signatures import DIGEST_NAMES, DIGEST_OIDS

MOST_SIGNATURES: Final = 200
_MOST_DESCRIBED: Final = 8 * 1024 * 1024
"""Bytes of a Signature.xml: twenty thousand files take about three million."""
_IDENTIFIER: Final = re.compile(r"[sS]?0*([0-9]{1,9})")
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of Signatures.xml. ``path``: of its Signature.xml."""

    id: str
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Described:
    """A Signature.xml as it was read. ``digest``: a name of hashlib, or what was written where it is none
    that is known; ``references``: digests by names of files; ``seal``: path of Seal.esl."""

    listed: Listed
    digest: str
    references: Mapping[str, bytes]
    appearances: tuple[Appearance, ...]
    seal: str | None
    signed_value: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a new Signature.xml says. ``algorithm``: OID of the signature; paths are names in the package."""

    algorithm: str
    at: datetime
    digest: str
    references: Mapping[str, bytes]
    appearances: Sequence[Appearance]
    seal: str
    signed_value: str
    first_id: int


def write_signature(said: Description) -> bytes:
    """Signature.xml."""
    root = xml.new("Signature")
    info = xml.add(root, "SignedInfo")
    xml.add(info, "Provider", ProviderName="SealBridge", Company="SealBridge", Version=version("sealbridge"))
    xml.add(info, "SignatureMethod", said.algorithm)
    xml.add(info, "SignatureDateTime", said.at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S"))
    references = xml.add(info, "References", CheckMethod=DIGEST_OIDS[said.digest])
    for name, digest in said.references.items():
        one = xml.add(references, "Reference", FileRef=f"/{name}")
        xml.add(one, "CheckValue", b64encode(digest).decode("ascii"))
    for number, shown in enumerate(said.appearances, said.first_id):
        told = {"ID": f"s{number:03d}", "PageRef": shown.page, "Boundary": _box(shown.boundary)}
        xml.add(info, "StampAnnot", **told | ({"Clip": _box(shown.clip)} if shown.clip else {}))
    xml.add(xml.add(info, "Seal"), "BaseLoc", f"/{said.seal}")
    xml.add(root, "SignedValue", f"/{said.signed_value}")
    return xml.written(root)


def write_list(known: bytes | None, added: Listed, highest: int) -> bytes:
    """Signatures.xml with one more entry; ``highest``: the greatest number that an identifier has now."""
    root = xml.parse(known) if known is not None else xml.new("Signatures")
    greatest = xml.child(root, "MaxSignId")
    if greatest is None:
        greatest = xml.add(root, "MaxSignId")
        root.insert(0, greatest)
    greatest.text = f"s{highest:03d}"
    xml.add(root, "Signature", ID=added.id, Type=added.type, BaseLoc=f"/{added.path}")
    return xml.written(root)


def read_list(package: Package, document: Document) -> tuple[list[Listed], int]:
    """The signatures of a document in order, and the greatest number of an identifier so far.

    Raises OfdDamaged, OfdTooLarge, OfdPathUnsafe, OfdXmlRefused.
    """
    if document.signatures is None or document.signatures not in package:
        return [], 0
    root = xml.parse(package.read(document.signatures))
    entries = xml.children(root, "Signature")
    if len(entries) > MOST_SIGNATURES:
        raise OfdTooLarge(f"{len(entries)} signatures, at most {MOST_SIGNATURES}")
    listed = [
        Listed(
            one.get("ID", ""), one.get("Type", "Seal"), resolve(document.signatures, one.get("BaseLoc", ""))
        )
        for one in entries
    ]
    if len({one.path for one in listed}) != len(listed):
        raise OfdDamaged("a signature is listed twice")
    told = [xml.text(xml.child(root, "MaxSignId")), *(one.id for one in listed)]
    numbers = [int(found[1]) for one in told if (found := _IDENTIFIER.fullmatch(one))]
    return listed, max(numbers, default=0)


def read_signature(package: Package, listed: Listed) -> Described:
    """The Signature.xml of an entry. Raises OfdDamaged, OfdPathUnsafe, OfdXmlRefused."""
    root = xml.parse(package.read(listed.path, _MOST_DESCRIBED))
    info = xml.needed(root, "SignedInfo")
    references = xml.needed(info, "References")
    seal = xml.child(info, "Seal")
    seal_location = xml.text(xml.needed(seal, "BaseLoc")) if seal is not None else ""
    found: dict[str, bytes] = {}
    for one in xml.children(references, "Reference"):
        name = resolve(listed.path, one.get("FileRef", ""))
        if name in found:
            raise OfdDamaged(f"{name} has two digests")
        found[name] = _digest(xml.text(xml.needed(one, "CheckValue")))
    return Described(
        listed=listed,
        digest=_digest_name(references.get("CheckMethod", "")),
        references=found,
        appearances=tuple(_appearance(one) for one in xml.children(info, "StampAnnot")),
        seal=resolve(listed.path, seal_location) if seal_location else None,
        signed_value=resolve(listed.path, xml.text(xml.needed(root, "SignedValue"))),
    )


def _appearance(annotation: xml.Element) -> Appearance:
    clip = annotation.get("Clip")
    boundary = _read_box(annotation.get("Boundary", ""))
    return Appearance(annotation.get("PageRef", ""), boundary, _read_box(clip) if clip else None)


def _digest_name(told: str) -> str:
    """Written as OID or by name, in several spellings; MD5 where nothing is said (GB/T 33190, table 68)."""
    plain = told.strip().lower().replace("-", "").replace("_", "")
    return DIGEST_NAMES.get(told.strip(), plain if plain in DIGEST_OIDS else told.strip() or "MD5")


def _digest(told: str) -> bytes:
    try:
        return b64decode("".join(told.split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise OfdDamaged("a digest is not Base64") from error


def _box(box: tuple[float, ...]) -> str:
    return " ".join(f"{one:.3f}".rstrip("0").rstrip(".") for one in box)


def _read_box(told: str) -> tuple[float, float, float, float]:
    try:
        left, top, width, height = (float(one) for one in told.split())
    except ValueError as error:
        raise OfdDamaged(f"not a box: {told[:60]!r}") from error
    if not all(abs(one) < 1e6 for one in (left, top, width, height)):
        raise OfdDamaged(f"not a box: {told[:60]!r}")
    return left, top, width, height
