"""A file that appears whole, or not at all: written without a name, or under a hidden one, then put in place.

On Linux it has no name until it is whole (O_TMPFILE), so that nothing is left behind whatever ends the
process. Elsewhere it has a hidden name, which only its owner can read, and the next landing at the same
place removes what an ended process left.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_UNNAMED: Final = getattr(os, "O_TMPFILE", None)
_NOT_HERE: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL})
"""What file systems and kernels without O_TMPFILE say (open(2))."""


@contextlib.contextmanager
def landing(target: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """A file to write; it becomes ``target``, for its owner alone, if the block ends without an exception.

    Raises FileExistsError when ``replace`` is false and something is there at the end; OSError.
    """
    _sweep(target)
    with _opened(target) as (file, hidden):
        yield file
        file.flush()
        os.fsync(file.fileno())
        whole = hidden or _named(file, target)
        if os.name == "nt":  # where nothing that is open can be renamed
            file.close()
        try:
            _put(whole, target, replace=replace)
        except BaseException:
            whole.unlink(missing_ok=True)
            raise
    _settle(target.parent)


@contextlib.contextmanager
def _opened(target: Path) -> Iterator[tuple[BinaryIO, Path | None]]:
    unnamed = _unnamed(target.parent)
    if unnamed is not None:
        with os.fdopen(unnamed, "wb") as file:
            _lock(file)
            yield file, None
        return
    hidden = _hidden(target)
    # Windows would translate line ends, and hand the file on to child processes.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    with os.fdopen(os.open(hidden, flags, 0o600), "wb") as file:
        _lock(file)
        try:
            yield file, hidden
        except BaseException:
            file.close()
            hidden.unlink(missing_ok=True)
            raise


def _unnamed(folder: Path) -> int | None:
    if _UNNAMED is None:
        return None
    try:
        return os.open(folder, _UNNAMED | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in _NOT_HERE and folder.is_dir():
            return None
        raise


def _named(file: BinaryIO, target: Path) -> Path:
    """Give a file without a name a hidden one (linkat(2), AT_SYMLINK_FOLLOW)."""
    hidden = _hidden(target)
    folder = os.open(hidden.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Python calls linkat, which follows the link in /proc, only with the descriptor of a folder.
        os.link(f"/proc/self/fd/{file.fileno()}", hidden.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)
    return hidden


def _put(whole: Path, target: Path, *, replace: bool) -> None:
    if replace:
        whole.replace(target)
        return
    target.hardlink_to(whole)
    whole.unlink()


def _hidden(target: Path) -> Path:
    return target.with_name(f"{_prefix(target)}{secrets.token_hex(8)}.part")


def _prefix(target: Path) -> str:
    return f".{target.name}."


def _sweep(target: Path) -> None:
    """Remove what processes left that were ended in the middle; what a living one writes stays."""
    for left in target.parent.glob(".*.part"):
        if left.name.startswith(_prefix(target)) and not _is_locked(left):
            with contextlib.suppress(OSError):  # Windows: it is still open
                left.unlink()


try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed

    def _lock(file: BinaryIO) -> None:
        pass

    def _is_locked(path: Path) -> bool:
        return False

else:

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _is_locked(path: Path) -> bool:
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def _settle(folder: Path) -> None:
    """The new name survives a power failure too, where a folder can be synchronised."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
