"""RFC 9421: the specification's own example, an independent implementation, and what must be refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from mobile_bridge.sdk import message_signatures
from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.message_signatures import Message, PrivateKey

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://ca.example.cn/platform/v1/scans?state=open&q=%E6%8B%9B"
BODY = b'{"kind": "login"}'
KEYS: list[PrivateKey] = [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())]


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "p256"])
@pytest.mark.parametrize("body", [b"", BODY], ids=["without-body", "with-body"])
def test_an_independent_implementation_accepts_it(key: PrivateKey, body: bytes) -> None:
    message = Message("POST", URL, body)
    headers = message_signatures.sign(message, key, "main", datetime.now(UTC))
    request = requests.Request("POST", URL, data=body or None, headers=headers).prepare()

    class Known(HTTPSignatureKeyResolver):  # type: ignore[misc]
        def resolve_public_key(self, key_id: str) -> Any:
            assert key_id == "main"
            return key.public_key()

    algorithm = (
        algorithms.ED25519 if isinstance(key, ed25519.Ed25519PrivateKey) else algorithms.ECDSA_P256_SHA256
    )
    (result,) = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=Known()).verify(
        request, expect_tag="sealbridge"
    )
    assert set(result.covered_components) >= {'"@method"', '"@authority"', '"@path"', '"@query"'}
    assert ('"content-digest"' in result.covered_components) == bool(body)


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "p256"])
def test_it_holds_for_the_very_request(key: PrivateKey) -> None:
    message = Message("POST", URL, BODY)
    headers = message_signatures.sign(message, key, "main", AT)
    facts = message_signatures.verify(message, headers, key.public_key())
    assert (facts.keyid, facts.created) == ("main", int(AT.timestamp()))
    again = message_signatures.sign(message, key, "main", AT)
    assert again["Signature-Input"] != headers["Signature-Input"]  # a nonce each


@pytest.mark.parametrize(
    "changed",
    [
        Message("PUT", URL, BODY),
        Message("POST", URL.replace("ca.example", "evil.example"), BODY),
        Message("POST", URL.replace("scans", "keys"), BODY),
        Message("POST", URL.replace("open", "all"), BODY),
        Message("POST", URL, BODY.replace(b"login", b"bind!")),
        Message("POST", URL, b""),
    ],
)
def test_any_other_request_is_refused(changed: Message) -> None:
    key = KEYS[0]
    headers = message_signatures.sign(Message("POST", URL, BODY), key, "main", AT)
    with pytest.raises(NotVerified):
        message_signatures.verify(changed, headers, key.public_key())


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (r"created=\d+", "created=1"),
        (r'nonce="[^"]+"', 'nonce="another"'),
        (r'keyid="main"', 'keyid="other"'),
        (r' "@query"', ""),
        (r' "content-digest"', ""),
        (r'tag="sealbridge"', 'tag="other"'),
        (r'alg="ed25519"', 'alg="hmac-sha256"'),
    ],
)
def test_parameters_that_were_changed_are_refused(found: str, put: str) -> None:
    message = Message("POST", URL, BODY)
    headers = message_signatures.sign(message, KEYS[0], "main", AT)
    changed = re.sub(found, put, headers["Signature-Input"])
    assert changed != headers["Signature-Input"]
    with pytest.raises(NotVerified):
        message_signatures.verify(message, headers | {"Signature-Input": changed}, KEYS[0].public_key())


def test_another_key_is_refused() -> None:
    message = Message("GET", URL)
    headers = message_signatures.sign(message, KEYS[0], "main", AT)
    with pytest.raises(NotVerified, match="signature_invalid"):
        message_signatures.verify(message, headers, ed25519.Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    ("url", "authority", "path", "query"),
    [
        ("https://CA.example.cn:443", "ca.example.cn", "/", "?"),
        ("http://127.0.0.1:8000/a?", "127.0.0.1:8000", "/a", "?"),
        ("https://[::1]:8443/a%20b?x=1&y", "[::1]:8443", "/a%20b", "?x=1&y"),
    ],
)
def test_components_are_derived_as_the_rfc_says(url: str, authority: str, path: str, query: str) -> None:
    found = Message("get", url).components(None)
    assert found == {"@method": "GET", "@authority": authority, "@path": path, "@query": query}


@pytest.mark.parametrize(
    "junk", ["", "x", "a=()", 'a=("@method";tag="sealbridge"', "é" * 100, 'a=();tag="sealbridge"']
)
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(NotVerified):
        message_signatures.verify(
            Message("GET", URL), {"signature-input": junk, "signature": junk}, KEYS[0].public_key()
        )
