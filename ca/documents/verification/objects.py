"""PDF objects as they are written: references not followed, typed as anything, for pyHanko has few types."""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, EncryptedObjAccess, IndirectObject, StreamObject

from ca.documents.reading import entry

Key = tuple[int, int]
"""Number and generation of an object."""


def key_of(value: Any) -> Key | None:
    """Of a reference; None for a value that is written in place."""
    return (value.idnum, value.generation) if isinstance(value, IndirectObject) else None


def raw(holder: Any, key: str) -> Any:
    """A dictionary's value, a reference where it is one; None without it."""
    if key == "/Contents" and "/ByteRange" in holder:
        return holder.raw_get(key, decrypt=EncryptedObjAccess.RAW)  # 7.6.2: a signature is not encrypted
    return holder.raw_get(key) if key in holder else None


def raw_items(found: Any) -> list[Any]:
    """An array's values, references where they are such; none for what is no array."""
    return [found.raw_get(at) for at in range(len(found))] if isinstance(found, ArrayObject) else []


def raw_list(holder: Any, key: str) -> list[Any]:
    """The array under a key."""
    return raw_items(entry(holder, key, ()))


def raw_values(value: Any, *, but: frozenset[str] = frozenset()) -> list[Any]:
    """What a dictionary or an array holds."""
    if isinstance(value, dict):
        return [raw(value, key) for key in value if key not in but]
    return raw_items(value)


def target(value: Any) -> Any:
    """What a reference leads to, or the value itself."""
    return value.get_object()


def type_of(value: Any) -> Any:
    """/Type of a dictionary."""
    return entry(value, "/Type") if isinstance(value, dict) else None


def same(one: Any, other: Any) -> bool:
    """Whether two values are written alike; what they refer to is compared where it was written."""
    if isinstance(one, StreamObject) != isinstance(other, StreamObject):
        return False
    if isinstance(one, StreamObject) and one.encoded_data != other.encoded_data:
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(raw(one, key), raw(other, key)) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(raw_items(one), raw_items(other), strict=False)
        return len(one) == len(other) and all(same(a, b) for a, b in pairs)
    if isinstance(one, IndirectObject) or isinstance(other, IndirectObject):
        return key_of(one) == key_of(other)
    return type(one) is type(other) and bool(one == other)
