"""Thousands of requests that are none: an error response each, at once."""

from __future__ import annotations

import time

from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPResponseStatus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca import der
from ca.der import Malformed
from ca.ocsp.request import plain_request, read_request
from tests.ca.ocsp.conftest import Asked

_CERT_ID = der.sequence(
    der.sequence(der.identifier("1.3.14.3.2.26"), der.element(der.NULL, b"")),
    der.octets(b"n" * 20),
    der.octets(b"k" * 20),
    der.integer(1 << 150),
)
_PLAIN = plain_request(_CERT_ID)
_BINARY = st.binary(max_size=400)
_NESTED = st.recursive(
    _BINARY, lambda inner: st.builds(der.element, st.integers(0, 255), inner), max_leaves=30
)
_CUT = st.integers(0, len(_PLAIN) - 1).map(lambda end: _PLAIN[:end])
_FLIPPED = st.tuples(st.integers(0, len(_PLAIN) - 1), st.integers(1, 255)).map(
    lambda change: _PLAIN[: change[0]] + bytes((_PLAIN[change[0]] ^ change[1],)) + _PLAIN[change[0] + 1 :]
)


@settings(max_examples=3000, deadline=None)
@given(st.one_of(_BINARY, _NESTED, _CUT, _FLIPPED))
def test_reading_refuses_or_reads(data: bytes) -> None:
    try:
        found = read_request(data)
    except Malformed:
        return
    assert 1 <= len(found.certificates) <= 16
    assert all(one.serial >= 0 for one in found.certificates)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(_BINARY, _NESTED, _CUT, _FLIPPED))
def test_the_responder_answers_all_of_them(asked: Asked, data: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(asked.responder.answer(data).der)
    assert answer.response_status in (
        OCSPResponseStatus.MALFORMED_REQUEST,
        OCSPResponseStatus.UNAUTHORIZED,
    )


def test_depth_and_length_cost_nothing() -> None:
    deep = b""
    for _ in range(2000):
        deep = der.element(der.SEQUENCE, deep)
    long_list = der.sequence(der.sequence(der.sequence(*[der.sequence(_CERT_ID)] * 400)))
    endless = b"\x30\x84\xff\xff\xff\xff" + b"\x30\x80" * 1000
    begun = time.monotonic()
    for data in (deep, long_list, endless, b"\x30\x80" * 4000, b"\x1f" * 8000, b"\x02\x01\x80" * 2000):
        try:
            read_request(data)
        except Malformed:
            continue
        raise AssertionError("was taken for a request")
    assert time.monotonic() - begun < 1


def test_a_request_for_what_is_said_alone() -> None:
    (only,) = read_request(_PLAIN).certificates
    assert (only.whole, only.hash_name, only.serial) == (_CERT_ID, "sha1", 1 << 150)
