"""What platforms may ask for, and the digest that everything is bound to."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api.scanning.digests import request_digest, short
from api.scanning.kinds import KINDS, heard_as
from api.scanning.requests import ScanAsked, as_sent
from mobile_bridge.canonical import canonical
from mobile_bridge.server.rules import SCANNED
from mobile_bridge.server.scans.rules import Hint

READ: TypeAdapter[Any] = TypeAdapter(ScanAsked)
NONCE, SHA = "0123456789abcdef", "a" * 64
PLACE = {"page": 0, "x_mm": 100, "y_mm": 200.5}
KEY = "GQYKKnZiTGNtNLxCXPVJzwYmlDpBQyTdDBkNQZPVGAg="

OPENS, CLOSES = "2026-03-02T09:00:00+08:00", "2026-03-02T01:30:00.5Z"


def body(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "nonce": NONCE} | more


GOOD = [
    body("bind", user="u 1"),
    body("login", origin="https://trade.example", lifetime_seconds=600),
    body("tool-login", tool="投标工具"),
    body("record", title="同步"),
    body("sign", reason="签署", documents=[{"sha256": SHA, "title": "招标文件", "places": [PLACE]}]),
    body("generate", file={"title": "招标文件", "sha256": SHA, "bytes": 7}),
    body(
        "deposit",
        tender={"title": "道路工程", "number": "LY-1", "opens_at": OPENS, "closes_at": CLOSES},
        envelopes=[
            {"id": "1", "title": "投标文件", "sha256": SHA, "bytes": 7, "recipient": "MIIB", "check": KEY}
        ],
    ),
    body(
        "decrypt",
        tender={"title": "道路工程", "number": "LY-1", "opens_at": OPENS, "closes_at": CLOSES},
        session_key=KEY,
        envelopes=[{"id": "1", "title": "投标文件", "recipient": "MIIB"}],
    ),
    body(
        "decrypt",
        tender={"title": "道路工程", "number": "LY-1"},
        session_key=KEY,
        envelopes=[{"id": "1", "title": "投标文件", "recipient": "MIIB"}],
    ),
]


@pytest.mark.parametrize("sent", GOOD, ids=lambda sent: sent["kind"])
def test_what_is_digested_is_what_was_sent(sent: dict[str, Any]) -> None:
    assert as_sent(READ.validate_python(sent)) == sent


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "short"},
        {"nonce": "with a space in it"},
        {"lifetime_seconds": 59},
        {"lifetime_seconds": 601},
        {"title": ""},
        {"title": "标题\u202e题标"},
        {"title": " 标题"},
        {"title": "行\n行"},
        {"user": "u"},
        {"kind": "lock-signature"},
        {"kind": "unknown"},
    ],
)
def test_what_is_no_login_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(body("login") | changes)


def test_every_kind_that_a_phone_claims_has_its_rule() -> None:
    assert set(KINDS) == SCANNED


def test_a_browser_hears_known_words_alone() -> None:
    heard = {heard_as(code) for code in ("administrator_needed", "token_busy", "custody_is_lock")}
    assert heard == {"not_permitted", "token_unavailable", "certificate_invalid"}
    assert heard < set(Hint)
    assert heard_as("pin_wrong") == Hint.PIN_WRONG


def test_canonical_json_is_written_in_one_way() -> None:
    told = {"b": [1.0, 2.5, True, None], "a": {"中": "文"}}
    assert canonical(told) == '{"a":{"中":"文"},"b":[1,2.5,true,null]}'.encode()


def test_platform_and_origin_are_in_the_digest() -> None:
    sent = body("login")
    said = b'{"kind":"login","nonce":"0123456789abcdef","origin":"https://a.example","platform":"p-1"}'
    digest = request_digest("p-1", "https://a.example", sent)
    assert digest == hashlib.sha256(said).hexdigest()
    # Nobody puts another platform in by the body.
    assert request_digest("p-1", "https://a.example", sent | {"platform": "p-2"}) == digest
    assert request_digest("p-2", "https://a.example", sent) != digest
    assert short(digest) == digest[:16].upper()[:4] + " " + digest[4:8].upper() + " " + (
        digest[8:12].upper() + " " + digest[12:16].upper()
    )
