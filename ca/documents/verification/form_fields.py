"""Text fields that show something else than they hold: the value is what programs read, the appearance what
people see, and nothing in PDF ties the one to the other (12.7.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ca.documents.reading import entry

_DEEPEST: Final = 64
_MOST: Final = 2000
_STRING: Final = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_SHOWN: Final = re.compile(rb"BT(.*?)ET", re.DOTALL)
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_LIMIT: Final = 1_000_000


def differing_fields(form: Any) -> tuple[list[str], bool]:
    """Names of text fields whose appearance does not say their value; whether any text field has a value.

    Only where the appearance can be read for sure: a field in a font of single bytes.
    """
    names, has_values = [], False
    for name, field in _text_fields(form):
        value = _plain(str(entry(field, "/V", "")))
        if not value:
            continue
        has_values = True
        shown = _shown(field)
        if shown is not None and value not in shown:
            names.append(name)
    return names, has_values


def _text_fields(form: Any) -> Iterator[tuple[str, Any]]:
    waiting = [("", one.get_object(), 0, False) for one in entry(form, "/Fields", ())]
    count = 0
    while waiting and count < _MOST:
        parents, field, depth, is_text = waiting.pop()
        count += 1
        name = ".".join(filter(None, (parents, str(entry(field, "/T", "")))))
        is_text = entry(field, "/FT") == "/Tx" or ("/FT" not in field and is_text)
        kids = [one.get_object() for one in entry(field, "/Kids", ())]
        named = [one for one in kids if "/T" in one]
        if named and depth < _DEEPEST:
            waiting += [(name, one, depth + 1, is_text) for one in named]
        elif is_text:
            yield name, field


def _shown(field: Any) -> str | None:
    """The text of a field's appearances, without white space; None where it cannot be told."""
    widgets = [one.get_object() for one in entry(field, "/Kids", ())] or [field]
    texts = []
    for widget in widgets:
        appearance = entry(entry(widget, "/AP", {}), "/N")
        if appearance is None or not hasattr(appearance, "data"):
            return None
        data = bytes(appearance.data[:_LIMIT])
        if _has_wide_fonts(appearance) or b" Do" in data:
            return None
        texts.append(_text(data))
    return _plain("".join(texts))


def _has_wide_fonts(appearance: Any) -> bool:
    fonts = entry(entry(appearance, "/Resources", {}), "/Font", {})
    kinds = [(entry(fonts[name], "/Subtype"), entry(fonts[name], "/Encoding")) for name in fonts]
    return any(kind == "/Type0" or isinstance(encoding, dict) for kind, encoding in kinds)


def _text(content: bytes) -> str:
    strings = (one[0] for shown in _SHOWN.finditer(content) for one in _STRING.finditer(shown[1]))
    return "".join(_decoded(one) for one in strings)


def _decoded(string: bytes) -> str:
    if string[:1] == b"<":
        digits = re.sub(rb"\s", b"", string[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")).decode("latin-1")
    plain = re.sub(rb"\\([0-7]{1,3}|.)", _unescaped, string[1:-1], flags=re.DOTALL)
    return plain.decode("latin-1")


def _unescaped(found: re.Match[bytes]) -> bytes:
    one = found[1]
    if one.isdigit():
        return bytes([int(one, 8) & 0xFF])
    return _ESCAPES.get(one, one)


def _plain(text: str) -> str:
    return "".join(text.split())
