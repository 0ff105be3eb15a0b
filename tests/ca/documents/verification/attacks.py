"""Attacks on signed PDFs, each built here on a document that was good.

Names are those of the papers: Mladenov and others, "1 Trillion Dollar Refund" (USF, ISA, SWA, 2019); "Shadow
Attacks" (2021); "Breaking the Specification: PDF Certification" (EAA, SSA, 2021).
"""

from __future__ import annotations

import re

from asn1crypto import cms

_CONTENTS = re.compile(rb"/Contents <([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+) ?\]")


def _hole(pdf: bytes) -> tuple[int, int]:
    """Offsets of the ``<`` and behind the ``>`` of the newest signature."""
    *_, found = _CONTENTS.finditer(pdf)
    return found.start(1) - 1, found.end(1) + 1


def contents(pdf: bytes) -> bytes:
    begin, end = _hole(pdf)
    return bytes.fromhex(pdf[begin + 1 : end - 1].decode())


def with_contents(pdf: bytes, der: bytes) -> bytes:
    """Another CMS in the same place."""
    begin, end = _hole(pdf)
    room = end - begin - 2
    assert len(der) * 2 <= room
    return pdf[: begin + 1] + der.hex().encode().ljust(room, b"0") + pdf[end - 1 :]


def with_range(pdf: bytes, *numbers: int | bytes) -> bytes:
    """Another /ByteRange, as long as the old one, so that nothing moves."""
    *_, found = _RANGE.finditer(pdf)
    said = b"/ByteRange [" + b" ".join(one if isinstance(one, bytes) else b"%d" % one for one in numbers)
    said = said.ljust(found.end() - found.start() - 1) + b"]"
    assert len(said) == found.end() - found.start(), "the new range must not be longer"
    return pdf[: found.start()] + said + pdf[found.end() :]


def range_of(pdf: bytes) -> tuple[int, int, int, int]:
    *_, found = _RANGE.finditer(pdf)
    a, b, c, d = (int(one) for one in found.groups())
    return a, b, c, d


def renamed(pdf: bytes, key: bytes, other: bytes) -> bytes:
    """A key of the newest signature dictionary under another name of the same length."""
    assert len(key) == len(other)
    at = pdf.rindex(key)
    return pdf[:at] + other + pdf[at + len(key) :]


def with_stamp_of(pdf: bytes, other: bytes) -> bytes:
    """The time stamp of another document's signature."""
    mine, theirs = (cms.ContentInfo.load(contents(one)) for one in (pdf, other))
    stamp = theirs["content"]["signer_infos"][0]["unsigned_attrs"]
    mine["content"]["signer_infos"][0]["unsigned_attrs"] = stamp.copy()
    return with_contents(pdf, mine.dump(force=True))
