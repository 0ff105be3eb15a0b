"""The pages of a document, by number as people count them, with what is on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.reading import entry
from ca.documents.verification.objects import Key, key_of, raw_list

_DEEPEST: Final = 64
_MOST: Final = 20_000


Box = tuple[float, float, float, float]
"""In user space: left, bottom, right, top."""


@dataclass
class Pages:
    """Page dictionaries in order; ``annotations``: page numbers by the annotations on them."""

    all: list[Any] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    annotations: dict[Key, int] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: PdfFileReader) -> Pages:
        """Of the newest version; what cannot be read is no page."""
        found = cls()
        try:
            found._walk(reader.root.raw_get("/Pages"), 0)
        except Exception:  # the rest of a broken tree is not shown by readers either
            return found
        return found

    @property
    def count(self) -> int:
        """How many."""
        return len(self.all)

    def place_of(self, field: Any) -> tuple[int, Box] | None:
        """Where a field is shown first: the page's number, and the rectangle; None for an invisible one."""
        for one in (field, *(kid.get_object() for kid in entry(field, "/Kids", ()))):
            reference = one.container_ref
            number = self.annotations.get((reference.idnum, reference.generation)) if reference else None
            box = _box(entry(one, "/Rect", ()))
            if number is not None and box is not None:
                return number, box
        return None

    def _walk(self, reference: Any, depth: int) -> None:
        node = reference.get_object()
        key = key_of(reference)
        if depth > _DEEPEST or self.count >= _MOST or (key in self.keys):
            return
        if key is not None:
            self.keys.add(key)
        if "/Kids" not in node:
            self._add(node)
            return
        for one in raw_list(node, "/Kids"):
            self._walk(one, depth + 1)

    def _add(self, page: Any) -> None:
        self.all.append(page)
        for one in raw_list(page, "/Annots"):
            key = key_of(one)
            if key is not None:
                self.annotations.setdefault(key, self.count)


def _box(rectangle: Any) -> Box | None:
    """A rectangle that has a size."""
    try:
        x0, y0, x1, y1 = (float(one) for one in rectangle)
    except (TypeError, ValueError):
        return None
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return box if box[0] < box[2] and box[1] < box[3] else None
