"""Uploads as they come: every mode and orientation, bombs, other kinds, thousands that were tampered with."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ca.errors import CaError
from ca.photos.decoding import LONGEST_SIDE, decode
from ca.photos.errors import PictureAnimated, PictureInvalid, PictureKindRefused, PictureTooLarge


def a_picture(
    kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (320, 240), **options: object
) -> bytes:
    picture = (
        Image.linear_gradient("L").resize(size).convert(mode)
        if mode != "I;16"
        else Image.new(mode, size, 65535)
    )
    output = BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever its data are."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", m) for m in ("L", "RGB", "CMYK")]
    + [("PNG", m) for m in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")],
)
def test_every_mode_becomes_rgb(kind: str, mode: str) -> None:
    picture = decode(a_picture(kind, mode))
    assert (picture.mode, picture.size) == ("RGB", (320, 240))


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    picture = Image.new("I;16", (300, 300), 32768)
    output = BytesIO()
    picture.save(output, "PNG")
    assert decode(output.getvalue()).getpixel((5, 5)) == (127, 127, 127)


def test_transparent_is_white() -> None:
    output = BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(output, "PNG")
    assert decode(output.getvalue()).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_by_exif(orientation: int) -> None:
    """The camera wrote it so that it must be turned; the black corner comes to the upper left."""
    upright = Image.new("RGB", (400, 300), "white")
    upright.paste("black", (0, 0, 60, 60))
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    output = BytesIO()
    stored.save(output, "JPEG", exif=exif)
    picture = decode(output.getvalue())
    assert picture.size == (400, 300)
    assert picture.getpixel((20, 20)) < (40, 40, 40)  # type: ignore[operator]


def test_broken_exif_says_nothing() -> None:
    assert decode(a_picture(exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage")).size == (320, 240)


def test_what_follows_the_picture_is_not_read() -> None:
    assert decode(a_picture() + b"PK\x03\x04" + bytes(10_000)).size == (320, 240)


def test_large_photo_is_made_smaller() -> None:
    assert max(decode(a_picture(size=(5000, 3000))).size) == LONGEST_SIDE


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypavif", "AVIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"GIF89a", "GIF"),
        (b"%PDF-1.7", "PDF"),
        (b"II*\0", "TIFF"),
    ],
)
def test_other_kinds_are_named(head: bytes, name: str) -> None:
    with pytest.raises(PictureKindRefused) as refused:
        decode(head + bytes(2000))
    assert name in refused.value.message


def test_animated() -> None:
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    output = BytesIO()
    frames[0].save(output, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(PictureAnimated):
        decode(output.getvalue())


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (6000, 5000)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    began = monotonic()
    with pytest.raises(PictureTooLarge):
        decode(png_of(*size, zlib.compress(bytes(1000))))
    assert monotonic() - began < 1


def test_thousands_of_scans_are_refused() -> None:
    progressive = a_picture(progressive=True)
    at = progressive.index(b"\xff\xda")
    with pytest.raises(PictureInvalid, match="scans"):
        decode(progressive[:at] + progressive[at:-2] * 200 + b"\xff\xd9")


SEEDS = (
    a_picture(),
    a_picture(progressive=True),
    a_picture(mode="CMYK"),
    a_picture("PNG"),
    a_picture("PNG", "P"),
    a_picture("PNG", "I;16"),
)


@settings(max_examples=1500, deadline=2000)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
    st.binary(max_size=30),
)
def test_tampered_pictures_are_decoded_or_refused(
    seed: bytes, changes: list[tuple[float, bytes]], cut: float, tail: bytes
) -> None:
    """Bytes overwritten anywhere, cut off, more added: a picture or an error of ours, in bounded time."""
    data = bytearray(seed)
    for at, new in changes:
        place = int(at * (len(data) - 1)) if at < 0.7 else int((at - 0.7) * 200)  # headers more often
        data[place : place + len(new)] = new
    with suppress(CaError):
        picture = decode(bytes(data[: int(len(data) * (0.2 + 0.8 * cut)) or 1]) + tail)
        assert picture.mode == "RGB"
        assert max(picture.size) <= LONGEST_SIDE
