"""Hexadecimal strings are read as pyHanko reads them, only faster."""

from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from ca.documents.hex_strings import _by_digits, read_hex_string


def _outcome(read: Any, content: bytes, at: int) -> tuple[Any, ...]:
    stream = BytesIO(content)
    stream.seek(at)
    try:
        found = read(stream)
    except Exception as error:
        return type(error), str(error)
    return type(found), found, stream.tell()


@settings(max_examples=400, deadline=None)
@given(
    st.binary(max_size=8),
    st.lists(
        st.sampled_from([b"0", b"9f", b"AB", b" ", b"\n", b"\0", b"%x\n", b"g", b">", b"<", b"7" * 9000])
    ),
    st.binary(max_size=8),
)
def test_as_pyhanko_reads(before: bytes, parts: list[bytes], after: bytes) -> None:
    content = before + b"<" + b"".join(parts) + after
    assert _outcome(read_hex_string, content, len(before)) == _outcome(_by_digits, content, len(before))


@pytest.mark.parametrize(
    "content", [b"<48656C6C6F>", b"<4>", b"<>", b"<zz>", b"<12", b"<FEFF4E2D>", b"<80 ff>"]
)
def test_the_same_of_each(content: bytes) -> None:
    assert _outcome(read_hex_string, content, 0) == _outcome(_by_digits, content, 0)


def test_pyhanko_reads_so() -> None:
    import ca.documents.reading  # noqa: F401 - installs it

    assert generic.read_hex_string_from_stream is read_hex_string


def test_a_string_that_never_ends_is_given_up_at_once() -> None:
    began = time.perf_counter()
    content = b"<" + bytes(range(256)) * 200_000
    assert _outcome(read_hex_string, content, 0)[0] is not bytes
    assert time.perf_counter() - began < 1
