"""Uploaded photographs: checked to be pictures of a sane size, and written anew.

Nothing of the uploaded bytes is kept: what the operator opens later was encoded here, without metadata
(where and with what the photo was taken) and without whatever else a hostile file may carry.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from api.errors import AppError
from hsm.errors import Kind

MEDIA_TYPE: Final = "image/jpeg"
MAX_BYTES: Final = 8 * 1024 * 1024
_MOST_PIXELS: Final = 50_000_000  # the largest phone cameras; a bomb unpacks to far more
_LEAST_SIDE: Final = 200  # nobody could read a licence smaller than this
_LONGEST_SIDE: Final = 3000
_QUALITY: Final = 85


class PictureInvalid(AppError):
    """Not a JPEG or PNG picture, damaged, or too small to be read."""

    kind = Kind.INVALID
    code = "picture_invalid"
    zh = "图片无法识别，请上传清晰的 JPG 或 PNG 照片"


class PictureTooLarge(AppError):
    """More bytes or pixels than any photo of a document has."""

    kind = Kind.TOO_LARGE
    code = "picture_too_large"
    zh = "图片过大，请上传不超过 8 MB 的照片"


def normalised(uploaded: bytes) -> bytes:
    """An upright JPEG of at most 3000 pixels a side. Raises PictureInvalid, PictureTooLarge."""
    if len(uploaded) > MAX_BYTES:
        raise PictureTooLarge(f"{len(uploaded)} bytes, at most {MAX_BYTES}")
    try:
        return _encoded(_opened(uploaded))
    except AppError:
        raise
    except Image.DecompressionBombError as exc:  # refused by Pillow from the header, before our own limit
        raise PictureTooLarge("more pixels than any photo has") from exc
    except Exception as exc:  # decoders meet hostile input with all sorts of exceptions
        raise PictureInvalid(f"the picture does not decode ({type(exc).__name__})") from exc


def _opened(uploaded: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged here, by the header alone
        picture = Image.open(BytesIO(uploaded), formats=("JPEG", "PNG"))
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise PictureTooLarge(f"{width} x {height} pixels, at most {_MOST_PIXELS}")
    if min(width, height) < _LEAST_SIDE:
        raise PictureInvalid(f"{width} x {height} pixels, at least {_LEAST_SIDE} a side")
    return picture


def _encoded(picture: Image.Image) -> bytes:
    picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # JPEG decodes straight to a smaller size
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    flat = Image.new("RGB", upright.size, "white")
    seen = upright.convert("RGBA")
    flat.paste(seen, mask=seen.getchannel("A"))
    output = BytesIO()
    flat.save(output, "JPEG", quality=_QUALITY)
    return output.getvalue()
