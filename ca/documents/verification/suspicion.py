"""Signs that a document was prepared to deceive: what a signature alone cannot tell.

In a shadow attack the signer is given a document that already holds a second content, hidden; the attacker
shows it later, or the reader's program does. Where nothing was changed after signing, no signature tells of
it. So this looks for what such a document needs: content that nothing shows, objects written twice, fields
that show something else than they hold.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pyhanko.pdf_utils.generic import IndirectObject, Reference, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.reading import entry
from ca.documents.verification.form_fields import differing_fields
from ca.documents.verification.hidden_text import hidden_text
from ca.documents.verification.model import Sign, SignFound
from ca.documents.verification.objects import Key, raw_values
from ca.documents.verification.pages import Pages
from ca.documents.verification.revisions import Revisions
from ca.documents.verification.signatures import Found

log = logging.getLogger(__name__)

_MOST_OBJECTS: Final = 30_000
_NAMED: Final = 12
"""Places that a sign names at most."""
_ACTIONS: Final = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData")
_HIDDEN, _PRINT, _NO_VIEW = 2, 4, 32  # flags of annotations (12.5.3)
_PAINTS: Final = re.compile(rb"(?<![^\s\])>])(?:Tj|TJ|Do|f\*?|F|B\*?|b\*?|S|s|sh|EI|'|\")(?!\S)")
_DECODED: Final = 1_000_000


def signs(
    reader: PdfFileReader,
    pages: Pages,
    revisions: Revisions,
    found: list[Found],
    unlisted: list[tuple[int, str]],
    password: str | None,
) -> list[SignFound]:
    """All signs in the newest version. What cannot be looked at is said too, never passed over."""
    known = [*_written_twice(reader, revisions, unlisted)]
    looks: tuple[Callable[[], Iterable[SignFound]], ...] = (
        lambda: _Objects(reader, pages, found).signs(),
        lambda: _annotations(pages),
        lambda: _layers(reader),
        lambda: _form(reader),
        lambda: hidden_text(revisions.pdf, password),
    )
    for look in looks:
        try:
            known += look()
        except Exception as error:  # broken structures meet a reader's every exception
            log.info("not inspected: %s", error)
            known.append(SignFound(Sign.NOT_INSPECTED))
    return list(dict.fromkeys(known))


def _written_twice(
    reader: PdfFileReader, revisions: Revisions, unlisted: list[tuple[int, str]]
) -> Iterator[SignFound]:
    if revisions.bytes_outside():
        yield SignFound(Sign.TRAILING_BYTES, (str(revisions.bytes_outside()),))
    numbers = {one.idnum for number in range(revisions.count) for one in _written(reader, number)}
    names = [name for _, name in unlisted]
    twice = [one for one in names if int(one.split()[0]) in numbers]
    never = [one for one in names if one not in twice]
    if twice:
        yield SignFound(Sign.DUPLICATE_OBJECTS, tuple(twice[:_NAMED]))
    if never:
        yield SignFound(Sign.UNLISTED_OBJECTS, tuple(never[:_NAMED]))


def _written(reader: PdfFileReader, number: int) -> set[Reference]:
    found: set[Reference] = reader.xrefs.explicit_refs_in_revision(number)
    return found


class _Objects:
    """Every object, and which of them anything shown leads to."""

    def __init__(self, reader: PdfFileReader, pages: Pages, found: list[Found]) -> None:
        self._reader, self._pages = reader, pages
        self._held = {id(one.dictionary) for one in found}
        self._reached: set[Key] = set()
        self._active, self._external = False, False

    def signs(self) -> Iterator[SignFound]:
        """What the objects tell."""
        written = {
            (one.idnum, one.generation)
            for number in range(self._reader.xrefs.total_revisions)
            for one in _written(self._reader, number)
        }
        if len(written) > _MOST_OBJECTS:
            yield SignFound(Sign.NOT_INSPECTED)
            return
        self._reached = self._reach(self._reader)
        if self._active:
            yield SignFound(Sign.ACTIVE_CONTENT)
        if self._external:
            yield SignFound(Sign.EXTERNAL_CONTENT)
        yield from self._unreached(self._never_reached(written - self._reached))
        yield from self._loose_signatures(written)

    def _reach(self, version: Any) -> set[Key]:
        """What the trailer of a version leads to."""
        reached: set[Key] = set()
        waiting: list[Any] = [version.trailer_view]
        while waiting:
            value = waiting.pop()
            if isinstance(value, IndirectObject):
                key = (value.idnum, value.generation)
                if key in reached:
                    continue
                reached.add(key)
                value = _object(version, key)
            if isinstance(value, dict):
                self._look_at(value)
            waiting += raw_values(value)
        return reached

    def _never_reached(self, keys: set[Key]) -> set[Key]:
        """What no earlier version showed either: an update leaves behind what it replaces."""
        for number in range(self._reader.xrefs.total_revisions - 1):
            if not keys:
                break
            keys = keys - self._reach(self._reader.get_historical_resolver(number))
        return keys

    def _look_at(self, value: Any) -> None:
        kind = entry(value, "/S")
        self._active = self._active or kind in _ACTIONS or "/JS" in value
        if isinstance(value, StreamObject):
            self._external = self._external or "/F" in value or "/Ref" in value

    def _unreached(self, keys: set[Key]) -> Iterator[SignFound]:
        pages, content = [], []
        for key in sorted(keys):
            value = _object(self._reader, key)
            if not isinstance(value, dict):
                continue
            if entry(value, "/Type") == "/Page":
                pages.append(f"{key[0]} {key[1]}")
            elif isinstance(value, StreamObject) and _draws(value):
                content.append(f"{key[0]} {key[1]}")
        if pages:
            yield SignFound(Sign.UNREFERENCED_PAGES, tuple(pages[:_NAMED]))
        if content:
            yield SignFound(Sign.UNREFERENCED_CONTENT, tuple(content[:_NAMED]))

    def _loose_signatures(self, keys: set[Key]) -> Iterator[SignFound]:
        for key in sorted(keys):
            value = _object(self._reader, key)
            if isinstance(value, dict) and "/ByteRange" in value and id(value) not in self._held:
                yield SignFound(Sign.SIGNATURE_OUTSIDE_FORM, (f"{key[0]} {key[1]}",))


def _object(version: Any, key: Key) -> Any:
    """An object of a version, which pyHanko's reader is too, of the newest."""
    try:
        return version.get_object(Reference(*key, pdf=version))
    except Exception:  # a hole in a broken document
        return None


def _draws(stream: Any) -> bool:
    """Whether a stream that nothing shows is something to be shown."""
    if entry(stream, "/Type") in ("/ObjStm", "/XRef", "/Metadata", "/EmbeddedFile"):
        return False
    is_form = entry(stream, "/Subtype") == "/Form"
    if not is_form and ("/Subtype" in stream or "/Length1" in stream):
        return False
    try:
        data = bytes(stream.data[:_DECODED])
    except Exception:  # not a content stream that anybody could show
        return False
    shown = _PAINTS.search(data) is not None
    return shown if is_form else shown and b"BT" in data


def _annotations(pages: Pages) -> Iterator[SignFound]:
    hidden = []
    for number, page in enumerate(pages.all, 1):
        for one in entry(page, "/Annots", ()):
            note = one.get_object()
            flags = int(entry(note, "/F", 0))
            if entry(note, "/Subtype") in ("/Popup", "/Link") or "/AP" not in note:
                continue
            # Shown in print alone, or kept for a later version to show.
            if flags & _HIDDEN or (flags & _NO_VIEW and flags & _PRINT):
                hidden.append(str(number))
    if hidden:
        yield SignFound(Sign.HIDDEN_ANNOTATION, tuple(dict.fromkeys(hidden)))


def _layers(reader: PdfFileReader) -> Iterator[SignFound]:
    """Optional content that is off, or whose state depends on how it is looked at (8.11.4)."""
    configuration = entry(entry(reader.root, "/OCProperties", {}), "/D", {})
    off = len(entry(configuration, "/OFF", ())) > 0 or entry(configuration, "/BaseState") == "/OFF"
    if off or len(entry(configuration, "/AS", ())) > 0:
        yield SignFound(Sign.HIDDEN_LAYERS)


def _form(reader: PdfFileReader) -> Iterator[SignFound]:
    form = entry(reader.root, "/AcroForm", {})
    differing, has_values = differing_fields(form)
    if entry(form, "/NeedAppearances", False) and has_values:
        yield SignFound(Sign.APPEARANCE_LEFT_OPEN)
    if differing:
        yield SignFound(Sign.FIELD_DIFFERS, tuple(differing[:_NAMED]))
