"""Pictures as bodies of requests."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Request

from ca.photos.decoding import MAX_BYTES
from ca.photos.errors import PictureTooLarge

PICTURE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png")
        },
    }
}
"""What ``openapi_extra`` of a route says that takes one."""


async def _picture(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BYTES:
            raise PictureTooLarge(f"more than {MAX_BYTES} bytes")
    return bytes(received)


Picture = Annotated[bytes, Depends(_picture)]
"""The body, at most 8 MB; not looked at yet."""
