"""Documents on their way through a request: small ones in memory, large ones in a file without a name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from starlette.responses import StreamingResponse

_IN_MEMORY: Final = 4 * 1024 * 1024
_PART: Final = 256 * 1024


def copy_of(upload: BinaryIO) -> BinaryIO:
    """What was uploaded, for reading and writing; it is gone when nobody holds it any more."""
    copy = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the answer reads it
    upload.seek(0)
    shutil.copyfileobj(upload, copy, _PART)
    return copy


def answer_with(document: BinaryIO, media_type: str) -> StreamingResponse:
    """An answer that is read from a file while it is sent, and closes it."""
    length = document.seek(0, SEEK_END)
    return StreamingResponse(_parts(document), media_type=media_type, headers={"content-length": str(length)})


def _parts(document: BinaryIO) -> Iterator[bytes]:
    with document:
        document.seek(0)
        while part := document.read(_PART):
            yield part
