"""An OFD package as an archive: reading it without trusting it, and writing it anew with files replaced."""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from types import TracebackType
from typing import BinaryIO, Final, Self

from ca.ofd.errors import OfdDamaged, OfdEncrypted, OfdNamesRepeated, OfdPathUnsafe, OfdTooLarge

MAX_PACKED: Final = 256 * 1024 * 1024
MAX_UNPACKED: Final = 1024 * 1024 * 1024
MAX_FILES: Final = 20_000
MAX_XML: Final = 32 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_ENCRYPTED, _UTF8 = 0x1, 0x800
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PLAIN_PART: Final = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]+")
_LOCAL_HEADER: Final = 30  # bytes before the name (APPNOTE.TXT, section 4.3.7)


class Package:
    """The files of a package by name (``Doc_0/Document.xml``); each is unpacked when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> None:
        self._archive = archive
        self._entries = entries
        self._digests: dict[tuple[str, str], bytes] = {}

    @classmethod
    def open(cls, file: BinaryIO) -> Self:
        """The package in ``file``, which must be seekable and stay open.

        Raises OfdDamaged, OfdEncrypted, OfdTooLarge, OfdPathUnsafe, OfdNamesRepeated.
        """
        size = file.seek(0, 2)
        if size > MAX_PACKED:
            raise OfdTooLarge(f"{size} bytes, at most {MAX_PACKED}")
        with _refusing():
            archive = zipfile.ZipFile(file)
        return cls(archive, _checked(archive.infolist()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all files, in the order of the archive."""
        return tuple(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        """Bytes of a file unpacked; 0 for one that is not there."""
        entry = self._entries.get(name)
        return 0 if entry is None else entry.file_size

    def read(self, name: str, limit: int = MAX_XML) -> bytes:
        """The whole of a file that is not longer than ``limit``. Raises OfdDamaged, OfdTooLarge."""
        entry = self._entries.get(name)
        if entry is None:
            raise OfdDamaged(f"there is no {name}")
        if entry.file_size > limit:
            raise OfdTooLarge(f"{name}: {entry.file_size} bytes, at most {limit}")
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file in pieces of at most a megabyte. Raises OfdDamaged."""
        with _refusing(), self._archive.open(self._entries[name]) as stream:
            while piece := stream.read(_CHUNK):
                yield piece

    def digest(self, name: str, algorithm: str) -> bytes:
        """The digest of a file by a name of hashlib; computed once. Raises OfdDamaged."""
        known = self._digests.get((name, algorithm))
        if known is None:
            running = hashlib.new(algorithm)
            for piece in self.pieces(name):
                running.update(piece)
            known = self._digests[name, algorithm] = running.digest()
        return known

    def write(self, target: BinaryIO, changed: Mapping[str, bytes]) -> None:
        """The package with files replaced and added, those at the end. All others keep every byte."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
            for name, entry in self._entries.items():
                if name not in changed:
                    self._copy(made, name, entry)
            for name, content in changed.items():
                made.writestr(_entry(name), content, zipfile.ZIP_DEFLATED)

    def _copy(self, made: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> None:
        info = _entry(name)
        info.date_time, info.compress_type = entry.date_time, entry.compress_type
        info.file_size = entry.file_size  # tells whether ZIP64 is needed
        with made.open(info, "w") as stream:
            for piece in self.pieces(name):
                stream.write(piece)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise OfdDamaged(f"not a readable archive: {error}") from error
    except (NotImplementedError, RuntimeError, ValueError, UnicodeError, OverflowError) as error:
        raise OfdDamaged(f"not an archive that is understood: {type(error).__name__}") from error


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # of 1980: a signed package tells its times elsewhere
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _checked(listed: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Files by name, after everything that an archive can do to its reader is ruled out."""
    if len(listed) > MAX_FILES:
        raise OfdTooLarge(f"{len(listed)} files, at most {MAX_FILES}")
    if (unpacked := sum(one.file_size for one in listed)) > MAX_UNPACKED:
        raise OfdTooLarge(f"{unpacked} bytes unpacked, at most {MAX_UNPACKED}")
    found: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
    for one in listed:
        if one.flag_bits & _ENCRYPTED:
            raise OfdEncrypted(f"{one.filename!r} is encrypted")
        if one.compress_type not in _METHODS:
            raise OfdDamaged(f"{one.filename!r} is packed by method {one.compress_type}")
        name = _safe_name(one)
        if name.casefold() in folded:
            raise OfdNamesRepeated(f"{name!r} is there twice")
        folded.add(name.casefold())
        if not one.is_dir():
            found[name] = one
    _check_apart(listed)
    return found


def _safe_name(entry: zipfile.ZipInfo) -> str:
    name = _decoded(entry) if "\0" not in entry.orig_filename else entry.orig_filename
    parts = name.rstrip("/").split("/") if entry.is_dir() else name.split("/")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise OfdPathUnsafe(f"{name!r} is a link or a device")
    if any(part in ("", ".", "..") or not _PLAIN_PART.fullmatch(part) for part in parts):
        raise OfdPathUnsafe(f"{name!r} is not a path inside the package")
    return name


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are in whatever the maker's system used, most often UTF-8 or GB 18030."""
    if entry.flag_bits & _UTF8 or entry.filename.isascii():
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _check_apart(listed: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes are how small archives become endless."""
    begins = sorted((one.header_offset, one.compress_size + len(one.orig_filename)) for one in listed)
    for (begin, length), (following, _) in pairwise(begins):
        if begin + _LOCAL_HEADER + length > following:
            raise OfdPathUnsafe("two entries of the archive overlap")
