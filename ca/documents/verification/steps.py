"""One version of a document against the one before, in words that people know.

Each object that a version wrote is put down to what it belongs to: a page, a field, an annotation, proofs for
later. What is left over and yet shown changes the content of a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils.generic import IndirectObject, Reference

from ca.documents.reading import entry
from ca.documents.verification.model import Change, Changed
from ca.documents.verification.objects import (
    key_of,
    raw,
    raw_list,
    raw_values,
    same,
    target,
    type_of,
)

_DEEPEST: Final = 64
_UPWARDS: Final = frozenset({"/Parent", "/P", "/Pages"})
_SETTINGS_ASIDE: Final = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Version", "/Metadata", "/Pages"})


def changes_between(old: Any, new: Any) -> tuple[Change, ...]:
    """What ``new`` changed; both pyHanko's HistoricalResolver. Raises what reading broken versions raises."""
    return tuple(_Step(old, new).changes())


class _Step:
    """One version against the one before: each object that it wrote is put down to what it belongs to."""

    def __init__(self, old: Any, new: Any) -> None:
        self._old, self._new = old, new
        written = new.explicit_refs_in_revision()
        self._left = {(one.idnum, one.generation) for one in written}
        self._overwritten = {
            (one.idnum, one.generation) for one in written if not old.is_ref_unassignable(one)
        }

    def changes(self) -> Iterator[Change]:
        """In the order of what readers should know first."""
        if self._new.refs_freed_in_revision():
            yield Change(Changed.REMOVED_OBJECTS)
        self._structure()
        yield from self._pages()
        yield from self._fields()
        yield from self._settings()
        yield from self._remaining()

    def _structure(self) -> None:
        """Cross-reference streams and object streams carry other objects and mean nothing themselves."""
        container = self._new.reader.xrefs.get_xref_container_info(self._new.revision).stream_ref
        if container is not None:
            self._take(container)
        for one in self._new.object_streams_used():
            self._take(one)

    def _take(self, reference: Any) -> bool:
        """Whether this version wrote an object; it is explained from now on."""
        key = (reference.idnum, reference.generation)
        written = key in self._left
        self._left.discard(key)
        return written

    def _take_all(self, value: Any, depth: int = 0) -> bool:
        """The same for whatever hangs on a value, as far as this version wrote it."""
        found = False
        if isinstance(value, IndirectObject):
            if not self._take(value.reference):
                return False
            found, value = True, target(value)
        if depth > _DEEPEST:
            return found
        for one in raw_values(value, but=_UPWARDS):
            found = self._take_all(one, depth + 1) or found
        return found

    def _pages(self) -> Iterator[Change]:
        old, new = _pages(self._old), _pages(self._new)
        if [one for one, _ in old] != [one for one, _ in new]:
            gone = [str(at) for at, (one, _) in enumerate(old, 1) if one not in {key for key, _ in new}]
            come = [str(at) for at, (one, _) in enumerate(new, 1) if one not in {key for key, _ in old}]
            yield Change(Changed.PAGES, tuple(dict.fromkeys(come + gone)))
        before = dict(old)
        content, notes = [], []
        for at, (key, page) in enumerate(new, 1):
            if key not in before:
                self._take_key(key)
                continue
            content += [str(at)] * self._content_differs(before[key], page)
            notes += [str(at)] * self._notes_differ(before[key], page)
            self._take_key(key)
        self._take_all_of(entry(self._new.root, "/Pages"))
        if content:
            yield Change(Changed.PAGE_CONTENT, tuple(content))
        if notes:
            yield Change(Changed.ANNOTATIONS, tuple(notes))

    def _take_key(self, key: tuple[int, int]) -> None:
        self._left.discard(key)

    def _take_all_of(self, _tree: Any) -> None:
        """The inner nodes of the page tree."""
        tree = self._new.root.raw_get("/Pages")
        if isinstance(tree, IndirectObject):
            self._take(tree.reference)

    def _content_differs(self, old: Any, new: Any) -> bool:
        keys = (set(old) | set(new)) - {"/Annots", "/Parent", "/LastModified", "/Tabs"}
        differs = any(not same(raw(old, key), raw(new, key)) for key in keys)
        return self._take_all(raw(new, "/Contents")) or differs

    def _notes_differ(self, old: Any, new: Any) -> bool:
        """Annotations that are no form fields: those are told by name."""
        if isinstance(raw(new, "/Annots"), IndirectObject):
            self._take(raw(new, "/Annots").reference)
        before = {key_of(one): one for one in raw_list(old, "/Annots") if not _is_widget(one)}
        after = {key_of(one): one for one in raw_list(new, "/Annots") if not _is_widget(one)}
        differs = before.keys() != after.keys()
        for key, one in after.items():
            left = set(self._left)
            differs = self._take_all(one) or differs
            # What an annotation shares with others stays to be explained: it may be the page's.
            self._left |= (left - self._left) & self._overwritten - {key}
        return differs or not all(same(before[key], one) for key, one in after.items() if key is None)

    def _fields(self) -> Iterator[Change]:
        old, new = dict(_fields(self._old)), dict(_fields(self._new))
        signed: list[str] = []
        stamped, filled, added = list(signed), list(signed), list(signed)
        for name, field in new.items():
            touched = self._take_all(field)
            before, after = _value(old.get(name)), _value(field)
            if not touched and same(before, after):
                continue
            if _kind(field) == "/Sig":
                if before is None and after is not None:
                    (stamped if type_of(after) == "/DocTimeStamp" else signed).append(name)
                elif name in old:
                    filled.append(name)
                continue
            (filled if name in old else added).append(name)
        filled += [name for name in old if name not in new]
        for kind, names in (
            (Changed.SIGNATURES, signed),
            (Changed.TIME_STAMPS, stamped),
            (Changed.FIELDS_FILLED, filled),
            (Changed.FIELDS_ADDED, added),
        ):
            if names:
                yield Change(kind, tuple(names))

    def _settings(self) -> Iterator[Change]:
        root, before = self._new.root, self._old.root
        self._take_all(
            self._new.trailer_view.raw_get("/Info")
        ) if "/Info" in self._new.trailer_view else False
        metadata = "/Metadata" in root and self._take_all(root.raw_get("/Metadata"))
        form = raw(root, "/AcroForm")
        if self._take_all(raw(root, "/DSS")):
            yield Change(Changed.VALIDATION_DATA)
        if metadata:
            yield Change(Changed.METADATA)
        self._take_all(form)
        self._take_all(raw(root, "/Extensions"))
        keys = (set(root) | set(before)) - _SETTINGS_ASIDE
        differing = [key for key in sorted(keys) if self._setting_differs(before, root, key)]
        self._take(self._new.root_ref)
        if differing:
            yield Change(Changed.DOCUMENT_SETTINGS, tuple(differing))

    def _setting_differs(self, old: Any, new: Any, key: str) -> bool:
        touched = self._take_all(raw(new, key))
        return touched or not same(raw(old, key), raw(new, key))

    def _remaining(self) -> Iterator[Change]:
        """What older objects use of what is left changes them; what nothing uses is only there."""
        if not self._left:
            return
        used = {(one.idnum, one.generation) for one in self._new.collect_dependencies(self._new.trailer_view)}
        seen = self._left & used
        fonts = {key for key in seen if self._is_font(key)}
        pages = [
            str(at) for at, (_, page) in enumerate(_pages(self._new), 1) if self._uses(page, seen - fonts)
        ]
        if fonts:
            yield Change(Changed.FONTS)
        if seen - fonts:
            yield Change(Changed.PAGE_CONTENT if pages else Changed.OTHER, tuple(pages))
        if self._left - used:
            yield Change(Changed.UNUSED_OBJECTS)

    def _is_font(self, key: tuple[int, int]) -> bool:
        found = self._new(Reference(*key, pdf=self._new))
        if not isinstance(found, dict):
            return False
        return type_of(found) in ("/Font", "/FontDescriptor", "/CMap") or "/Length1" in found

    def _uses(self, page: Any, keys: set[tuple[int, int]]) -> bool:
        seen: set[tuple[int, int]] = set()
        for key in ("/Contents", "/Resources"):
            found = self._new.collect_dependencies(raw(page, key))
            seen |= {(one.idnum, one.generation) for one in found}
        return bool(seen & keys)


def _pages(at: Any) -> list[tuple[tuple[int, int], Any]]:
    found: list[tuple[tuple[int, int], Any]] = []

    def walk(reference: Any, depth: int) -> None:
        node = reference.get_object()
        if depth > _DEEPEST:
            raise ValueError("the page tree is too deep")
        if "/Kids" not in node:
            found.append((key_of(reference) or (0, len(found)), node))
            return
        for one in raw_list(node, "/Kids"):
            walk(one, depth + 1)

    walk(at.root.raw_get("/Pages"), 0)
    return found


def _fields(at: Any) -> Iterator[tuple[str, Any]]:
    """Terminal fields by full name, as references."""
    form = entry(at.root, "/AcroForm", {})

    def walk(reference: Any, parents: str, depth: int) -> Iterator[tuple[str, Any]]:
        field = reference.get_object()
        name = ".".join(filter(None, (parents, str(entry(field, "/T", "")))))
        kids = [one for one in raw_list(field, "/Kids") if "/T" in one.get_object()]
        if not kids or depth > _DEEPEST:
            yield name, reference
        for one in kids if depth <= _DEEPEST else ():
            yield from walk(one, name, depth + 1)

    for one in raw_list(form, "/Fields"):
        yield from walk(one, "", 0)


def _is_widget(reference: Any) -> bool:
    return bool(entry(reference.get_object(), "/Subtype") == "/Widget")


def _kind(reference: Any) -> Any:
    """A field's type, its own or an ancestor's."""
    field = reference.get_object()
    for _ in range(_DEEPEST):
        if "/FT" in field or "/Parent" not in field:
            break
        field = field["/Parent"]
    return entry(field, "/FT")


def _value(reference: Any) -> Any:
    return None if reference is None else entry(reference.get_object(), "/V")
