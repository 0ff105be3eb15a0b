"""Mutations of PDFs that keep enough of the syntax for a reader to get far with them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

Mutation = Callable[[random.Random, bytearray], None]

_NUMBER: Final = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_NAME: Final = re.compile(rb"/[A-Za-z][A-Za-z0-9]*")
_REFERENCE: Final = re.compile(rb"\d+ 0 R")
_OBJECT: Final = re.compile(rb"\b(\d{1,9}) 0 obj\b")
_ROOT: Final = re.compile(rb"/Root (\d+ 0 R)")
_REPAIRED: Final = 0.7
_NUMBERS: Final = (
    b"0",
    b"-1",
    b"1",
    b"65535",
    b"2147483648",
    b"-2147483649",
    b"9" * 30,
    b"1e9",
    b"0.0000001",
)
_TOKENS: Final = (
    *(
        b"<<",
        b">>",
        b"[",
        b"]",
        b"(",
        b")",
        b"<",
        b">",
        b"%",
        b"/",
        b"null",
        b"true",
        b"R",
        b"obj",
        b"endobj",
    ),
    *(b"stream\n", b"\nendstream", b"xref\n", b"trailer\n", b"startxref\n0\n", b"%%EOF\n", b"\0", b"#00"),
)
_NAMES: Final = (
    *(b"/Pages", b"/Page", b"/Kids", b"/Parent", b"/Root", b"/Prev", b"/Size", b"/XRefStm", b"/ObjStm"),
    *(b"/Annots", b"/AcroForm", b"/Fields", b"/Sig", b"/Perms", b"/DocMDP", b"/Encrypt", b"/Contents"),
    *(
        b"/ByteRange",
        b"/FlateDecode",
        b"/Crypt",
        b"/Length",
        b"/Type",
        b"/MediaBox",
        b"/Rotate",
        b"/UserUnit",
    ),
)


def mutated(generator: random.Random, samples: Sequence[bytes]) -> bytes:
    """One of the samples after some mutations."""
    broken = bytearray(generator.choice(samples))
    for _ in range(generator.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if generator.random() < 0.05:
            _splice(generator, broken, generator.choice(samples))
        else:
            generator.choice(_MUTATIONS)(generator, broken)
    return _with_right_offsets(bytes(broken)) if generator.random() < _REPAIRED else bytes(broken)


def _with_right_offsets(broken: bytes) -> bytes:
    """With a cross-reference table of the objects as they are now: readers go on to what they hold."""
    places = {int(one[1]): one.start(1) for one in _OBJECT.finditer(broken) if int(one[1]) < 10_000}
    roots = _ROOT.findall(broken)
    if not places or not roots:
        return broken
    table = b"".join(b"%d 1\n%010d 00000 n \n" % place for place in sorted(places.items()))
    trailer = b"trailer\n<</Size %d/Root %s>>\n" % (max(places) + 1, roots[-1])
    return broken + b"\nxref\n" + table + trailer + b"startxref\n%d\n%%%%EOF\n" % (len(broken) + 1)


def _splice(generator: random.Random, broken: bytearray, other: bytes) -> None:
    begin, end = _range(generator, other, 4096)
    at = generator.randint(0, len(broken))
    broken[at:at] = other[begin:end]


def _bytes(generator: random.Random, broken: bytearray) -> None:
    for _ in range(generator.randint(1, 8)):
        if broken:
            broken[generator.randrange(len(broken))] = generator.randrange(256)


def _cut(generator: random.Random, broken: bytearray) -> None:
    begin, end = _range(generator, broken, 512)
    del broken[begin:end]


def _repeat(generator: random.Random, broken: bytearray) -> None:
    begin, end = _range(generator, broken, 512)
    broken[end:end] = broken[begin:end] * generator.choice((1, 1, 2, 40))


def _swap(generator: random.Random, broken: bytearray) -> None:
    (a, b), (c, d) = sorted((_range(generator, broken, 128), _range(generator, broken, 128)))
    if b <= c:
        broken[a:d] = broken[c:d] + broken[b:c] + broken[a:b]


def _truncate(generator: random.Random, broken: bytearray) -> None:
    del broken[generator.randint(0, len(broken)) :]


def _insert(generator: random.Random, broken: bytearray) -> None:
    at = generator.randint(0, len(broken))
    broken[at:at] = generator.choice(_TOKENS) * generator.choice((1, 1, 1, 200))


def _append(generator: random.Random, broken: bytearray) -> None:
    broken += generator.choice(
        (b"\n%%EOF\n", b"trailer\n<</Root 1 0 R/Size 9>>\nstartxref\n9\n%%EOF", b"\0" * 99)
    )


def _number(generator: random.Random, broken: bytearray) -> None:
    _replace(generator, broken, _NUMBER, _NUMBERS)


def _name(generator: random.Random, broken: bytearray) -> None:
    _replace(generator, broken, _NAME, _NAMES)


def _reference(generator: random.Random, broken: bytearray) -> None:
    """Another object, the object itself, one that is not there, or an array of many."""
    others = [b"%d 0 R" % generator.randint(0, 30), b"[" + b"3 0 R " * generator.choice((1, 500)) + b"]"]
    _replace(generator, broken, _REFERENCE, others)


def _replace(
    generator: random.Random, broken: bytearray, what: re.Pattern[bytes], others: Sequence[bytes]
) -> None:
    found = list(what.finditer(broken))
    if found:
        chosen = generator.choice(found)
        broken[chosen.start() : chosen.end()] = generator.choice(others)


def _range(generator: random.Random, content: bytes | bytearray, longest: int) -> tuple[int, int]:
    begin = generator.randint(0, len(content))
    return begin, min(len(content), begin + generator.randint(0, longest))


_MUTATIONS: Final[tuple[Mutation, ...]] = (
    *(_bytes, _cut, _repeat, _swap, _truncate, _insert, _append),
    *(_number, _number, _number, _name, _name, _reference, _reference, _reference),
)
