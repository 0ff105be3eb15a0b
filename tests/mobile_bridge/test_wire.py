"""The messages as the two halves exchange them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mobile_bridge import wire
from mobile_bridge.errors import MessageMalformed, MessageTooLarge


def test_a_message_survives_the_journey() -> None:
    claim = wire.Claim("3EZ0Z-SERFG", "012345")
    assert claim.to_json() == {"address": "3EZ0Z-SERFG", "code": "012345"}
    assert wire.Claim.from_json(claim.to_json()) == claim


def test_fields_of_a_newer_version_are_left_out() -> None:
    assert wire.Refusal.from_json({"reason": "", "since": "2.0"}) == wire.Refusal("")


@pytest.mark.parametrize("data", [None, [], "x", {}, {"task_token": None}, {"task_token": 1}])
def test_what_is_no_message_is_told_so(data: Any) -> None:
    with pytest.raises(MessageMalformed):
        wire.Claimed.from_json(data)


@given(some.binary(min_size=1, max_size=64))
def test_binary_values_survive_the_journey(data: bytes) -> None:
    assert wire.unpack(wire.pack(data), 64) == data


def test_the_limit_is_on_the_bytes() -> None:
    assert wire.unpack(wire.pack(b"x" * 64), 64) == b"x" * 64
    for size in (65, 67, 1000):
        with pytest.raises(MessageTooLarge):
            wire.unpack(wire.pack(b"x" * size), 64)


@pytest.mark.parametrize("text", ["", "A", "AAA=A", "漢字漢字", "AA AA", "AA-_"])
def test_what_is_no_base64_is_told_so(text: str) -> None:
    with pytest.raises(MessageMalformed):
        wire.unpack(text, 64)


def test_the_link_to_the_agent_shows_the_token_to_no_server() -> None:
    link = urlsplit(wire.agent_link("https://ca.example:8443", "secret-Token_1"))
    assert (link.hostname, link.port, link.path) == ("127.0.0.1", wire.AGENT_PORT, "/task")
    assert parse_qs(link.query) == {"server": ["https://ca.example:8443"]}
    assert link.fragment == "token=secret-Token_1"
