"""Requests and lists that were made to do harm: always a clear refusal, at once."""

from __future__ import annotations

import base64
import time
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ca.ceremony.acts import read_certificate
from ca.ceremony.steps import AuthorityName, make_root, request_certificate
from ca.crl import sign_crl
from ca.errors import CeremonyRefused
from ca.requests import RequestRefused, read_request
from ca.trust import LockTrust
from tests.ca.conftest import NOW

KEY = ec.generate_private_key(ec.SECP256R1())
REQUEST = request_certificate(KEY, AuthorityName("名称", "单位")).public_bytes(Encoding.DER)
CHANGE = some.tuples(some.integers(0, len(REQUEST)), some.integers(0, 6), some.binary(max_size=12))


@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.one_of(some.binary(max_size=300), CHANGE))
def test_a_damaged_request_is_refused_or_still_signed_by_its_key(
    change: bytes | tuple[int, int, bytes],
) -> None:
    if isinstance(change, bytes):
        asked = change
    else:
        at, length, other = change
        asked = REQUEST[:at] + other + REQUEST[at + length :]
    for form in (asked, base64.b64encode(asked)):
        try:
            assert read_request(form).is_signature_valid
        except RequestRefused:
            continue


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"\x30\x80" * 30_000,
        b"\x30\x84\xff\xff\xff\xff" + bytes(1000),
        b"0" * 1_000_000,
        b"-----BEGIN CERTIFICATE REQUEST-----\n" * 1000,
        b"\xff" * 60_000,
        base64.b64encode(b"\x30\x82\xff\xff" + b"\x30\x80" * 20_000),
    ],
)
def test_hostile_requests_are_refused_at_once(asked: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(RequestRefused):
        read_request(asked)
    assert time.perf_counter() - began < 5  # a hang, not a measurement


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.integers(0, 500), some.binary(max_size=8))
def test_a_damaged_list_of_a_lock_ca_is_an_error_or_does_not_verify(
    tmp_path_factory: pytest.TempPathFactory, at: int, other: bytes
) -> None:
    content = _list()[:at] + other + _list()[at + len(other) :]
    folder = tmp_path_factory.mktemp("trust")
    (folder / "a.crl").write_bytes(content)
    try:
        (listed,) = LockTrust.load(folder).crls
        changed = content != _list()
        assert listed.is_signature_valid(KEY.public_key()) is not changed
    except ValueError:
        return


def _list(cache: list[bytes] = []) -> bytes:  # noqa: B006 - made once
    if not cache:
        root = make_root(KEY, AuthorityName("锁", "厂商"), NOW)  # type: ignore[arg-type]
        made = sign_crl(root, [(9, NOW, "superseded")], 1, NOW, NOW + timedelta(days=30))
        cache.append(made.public_bytes(Encoding.DER))
    return cache[0]


@pytest.mark.parametrize("content", [b"", b"\x30\x80", b"-----BEGIN CERTIFICATE-----\nAAAA", b"\xff" * 5000])
def test_what_is_no_certificate_is_refused_in_a_ceremony(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pem").write_bytes(content)
    with pytest.raises(CeremonyRefused):
        read_certificate(tmp_path / "a.pem")
