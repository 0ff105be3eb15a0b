"""Bytes that claim to be a photograph, turned into upright RGB pixels within bounds.

Header first: kind, pixels and scans are judged before anything is unpacked, so that a few kilobytes cannot
ask for gigabytes. Whatever follows the picture in the file (a second picture, a film, a hidden archive) is
not read.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final

from PIL import Image

from ca.errors import CaError
from ca.photos.errors import PictureAnimated, PictureInvalid, PictureKindRefused, PictureTooLarge

MAX_BYTES: Final = 8 * 1024 * 1024
LONGEST_SIDE: Final = 3000  # of the decoded picture: 10 pixels to the millimetre of an A4 page
LEAST_SIDE: Final = 200  # nobody could read a licence smaller than this
_MOST_PIXELS: Final = {"JPEG": 50_000_000, "PNG": 25_000_000}  # a PNG cannot be unpacked at a smaller size
_MOST_SCANS: Final = 100  # progressive JPEGs have about ten; thousands are an attack on the decoder's time
_START_OF_SCAN: Final = b"\xff\xda"  # 0xFF is stuffed inside entropy-coded data, so this is a marker

# What people send by mistake, known by its first bytes (offset, bytes, name).
_OTHER_KINDS: Final = (
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypmsf1", "HEIC"),
    (4, b"ftypavif", "AVIF"),
    (8, b"WEBP", "WebP"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "ZIP / Office"),
)


def decode(uploaded: bytes, least_side: int = LEAST_SIDE) -> Image.Image:
    """An upright RGB picture of at most 3000 pixels a side; what was transparent is white.

    Raises PictureTooLarge, PictureKindRefused, PictureAnimated, and PictureInvalid for the rest.
    """
    if len(uploaded) > MAX_BYTES:
        raise PictureTooLarge(f"{len(uploaded)} bytes, at most {MAX_BYTES}")
    for offset, mark, name in _OTHER_KINDS:
        if uploaded.startswith(mark, offset):
            raise PictureKindRefused(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders warn about what is judged here
            return _upright(_opened(uploaded, least_side))
    except CaError:
        raise
    except Image.DecompressionBombError as exc:  # refused by Pillow from the header, before our own limit
        raise PictureTooLarge("more pixels than any photo has") from exc
    except Exception as exc:  # decoders meet hostile input with all sorts of exceptions
        raise PictureInvalid(f"the picture does not decode ({type(exc).__name__})") from exc


def _opened(uploaded: bytes, least_side: int) -> Image.Image:
    """The picture with its header read and judged, its pixels still packed."""
    picture = Image.open(BytesIO(uploaded), formats=("JPEG", "PNG"))
    kind = "PNG" if picture.format == "PNG" else "JPEG"  # Pillow calls a JPEG with a second picture MPO
    width, height = picture.size
    if width * height > _MOST_PIXELS[kind]:
        raise PictureTooLarge(f"{width} x {height} pixels, at most {_MOST_PIXELS[kind]}")
    if min(width, height) < least_side:
        raise PictureInvalid(f"{width} x {height} pixels, at least {least_side} a side")
    if kind == "PNG" and getattr(picture, "is_animated", False):
        raise PictureAnimated("an animated PNG")
    if kind == "JPEG" and uploaded.count(_START_OF_SCAN) > _MOST_SCANS:
        raise PictureInvalid("more scans than any camera writes")
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    turned = _orientation(picture)
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG decodes straight to a smaller size
    flat = _on_white(picture)
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return flat.transpose(turned) if turned is not None else flat


def _orientation(picture: Image.Image) -> Image.Transpose | None:
    """How to turn the picture, from its Exif; metadata that cannot be read say nothing."""
    try:
        tag = picture.getexif().get(0x0112)
    except Exception:  # as above: hostile input
        return None
    return _TURNS.get(tag) if isinstance(tag, int) else None


_TURNS: Final = {  # Exif 2.32, tag Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _on_white(picture: Image.Image) -> Image.Image:
    """8-bit RGB without alpha, from any mode that a JPEG or PNG may have."""
    if picture.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255
        return picture.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    return flat
