"""Signatures of calls: the RFC's own vectors, a signer written apart, and whoever tampers with a call."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from http_message_signatures import InvalidSignature, MappingKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519

from api.platforms.errors import SignatureInvalid, SignatureMissing
from api.platforms.public_keys import CallKey, from_der
from api.platforms.signatures import Call, SignedCall, _Verifier, check_body, key_id_of, verify
from tests.api.platform_calls import COVERED, PrivateKey, Signer, id_of, new_key

URL = "https://ca.example.cn/platform/v1/scans?wait=1"
BODY = b'{"kind": "login"}'

# RFC 9421, appendix B.1, B.2.4 and B.2.6: both kinds of key that platforms may have.
ED25519_KEY = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
P256_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdl"
    "dkkDXZCnTNnoXQ=="
)
REQUEST_DIGEST = (
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
)
RESPONSE_DIGEST = (
    "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
)
B_2_6 = {
    "host": "example.com",
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-digest": REQUEST_DIGEST,
    "content-length": "18",
    "signature-input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"',
    "signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQ"
    "CK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
}
B_2_4 = {
    "date": "Tue, 20 Apr 2021 02:07:56 GMT",
    "content-type": "application/json",
    "content-digest": RESPONSE_DIGEST,
    "content-length": "23",
    "signature-input": 'sig-b24=("@status" "content-type" "content-digest" "content-length")'
    ';created=1618884473;keyid="test-key-ecc-p256"',
    "signature": "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx"
    "0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:",
}


def of_rfc(encoded: str) -> Any:
    return load_der_public_key(base64.b64decode(encoded))


def test_the_rfcs_signature_with_ed25519() -> None:
    keys = MappingKeyResolver(public_keys={"test-key-ed25519": of_rfc(ED25519_KEY)}, private_keys={})
    url = "https://example.com/foo?param=Value&Pet=dog"
    message = SimpleNamespace(method="POST", url=url, headers=B_2_6)
    verifier = _Verifier(signature_algorithm=ED25519, key_resolver=keys)
    assert verifier.verify(message, max_age=None)
    message.url = url.replace("foo", "bar")
    with pytest.raises(InvalidSignature):
        verifier.verify(message, max_age=None)


def test_the_rfcs_signature_with_p256() -> None:
    keys = MappingKeyResolver(public_keys={"test-key-ecc-p256": of_rfc(P256_KEY)}, private_keys={})
    message = SimpleNamespace(status_code=200, headers=B_2_4, request=None)
    verifier = _Verifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=keys)
    assert verifier.verify(message, max_age=None)


@pytest.mark.parametrize(
    ("digest", "body"),
    [(REQUEST_DIGEST, b'{"hello": "world"}'), (RESPONSE_DIGEST, b'{"message": "good dog"}')],
)
def test_the_rfcs_digests(digest: str, body: bytes) -> None:
    signed = SignedCall(1618884473, None, None, digest)
    check_body(signed, body)
    for other in (b"", body + b" ", body.upper()):
        with pytest.raises(SignatureInvalid):
            check_body(signed, other)


@dataclass(frozen=True)
class Sent:
    """A call on its way, for somebody to lay hands on."""

    method: str
    url: str
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def received(self, key: PrivateKey) -> SignedCall:
        call = Call(self.method, self.url, self.fields)
        assert key_id_of(call) == id_of(key)
        signed = verify(call, CallKey(key.public_key()))
        check_body(signed, self.body)
        return signed

    def is_taken(self, key: PrivateKey) -> bool:
        try:
            return bool(self.received(key))
        except SignatureInvalid:
            return False

    def field(self, name: str) -> str:
        return dict(self.fields)[name]

    def changed(self, name: str, value: str) -> Sent:
        return replace(self, fields=tuple((one, value if one == name else old) for one, old in self.fields))

    def without(self, name: str) -> Sent:
        return replace(self, fields=tuple(one for one in self.fields if one[0] != name))


def sent(signer: Signer, body: bytes = BODY) -> Sent:
    signed = signer.sign("POST", URL, body)
    return Sent("POST", URL, tuple((name.lower(), value) for name, value in signed.items()), body)


@pytest.fixture(params=["ed25519", "p-256"])
def key(request: pytest.FixtureRequest) -> PrivateKey:
    return new_key(request.param)


def test_a_signed_call_is_read(key: PrivateKey) -> None:
    said = {"created": 1618884473, "expires": 1618884773, "nonce": "b3k2pp5k7z-50gnw"}
    signed = sent(Signer(key, said=said)).received(key)
    assert (signed.created, signed.expires, signed.nonce) == (1618884473, 1618884773, "b3k2pp5k7z-50gnw")
    assert sent(Signer(key), b"").received(key).digest is None


def test_the_algorithm_may_be_named_but_not_another(key: PrivateKey) -> None:
    known = from_der(CallKey(key.public_key()).der)
    sent(Signer(key, said={"alg": known.algorithm})).received(key)
    for wrong in ("hmac-sha256", "rsa-pss-sha512", "none", ""):
        with pytest.raises(SignatureInvalid):
            sent(Signer(key, said={"alg": wrong})).received(key)


def test_whoever_changes_anything_is_found_out(key: PrivateKey) -> None:
    call = sent(Signer(key))
    altered = {
        "method": replace(call, method="PUT"),
        "path": replace(call, url=URL.replace("/scans", "/keys")),
        "case of the path": replace(call, url=URL.replace("/scans", "/Scans")),
        "query": replace(call, url=URL.replace("wait=1", "wait=2")),
        "no query": replace(call, url=URL.partition("?")[0]),
        "host": replace(call, url=URL.replace("ca.example.cn", "ca.example.com")),
        "port": replace(call, url=URL.replace("ca.example.cn", "ca.example.cn:8443")),
        "body": replace(call, body=BODY.replace(b"login", b"sign!")),
        "body cut off": replace(call, body=BODY[:-1]),
        "no body": replace(call, body=b""),
        "body and digest": replace(
            call.changed("content-digest", sent(Signer(key), b"{}").field("content-digest")), body=b"{}"
        ),
        "no digest": call.without("content-digest"),
        "parameters": call.changed("signature-input", call.field("signature-input") + ";expires=9999999999"),
        "order": call.changed(
            "signature-input",
            call.field("signature-input").replace('"@method" "@authority"', '"@authority" "@method"'),
        ),
        "signature of another call": call.changed("signature", sent(Signer(key), b"{}").field("signature")),
        "empty signature": call.changed("signature", "sig1=::"),
        "cut signature": call.changed("signature", "sig1=:AAAA:"),
        "no signature": call.without("signature"),
    }
    assert call.received(key)
    assert [what for what, one in altered.items() if one.is_taken(key)] == []


@pytest.mark.parametrize("missing", COVERED)
def test_every_component_must_be_covered(key: PrivateKey, missing: str) -> None:
    covered = [one for one in COVERED if one != missing]
    with pytest.raises(SignatureInvalid):
        sent(Signer(key, covered)).received(key)


def test_a_body_must_be_covered(key: PrivateKey) -> None:
    call = replace(sent(Signer(key), b""), body=BODY)
    with pytest.raises(SignatureInvalid):
        call.received(key)
    digest = sent(Signer(key)).field("content-digest")
    with pytest.raises(SignatureInvalid):  # a digest that the signature does not cover says nothing
        replace(call, fields=(*call.fields, ("content-digest", digest))).received(key)


def test_part_of_a_digest_covers_nothing(key: PrivateKey) -> None:
    call = sent(Signer(key))
    for wrong in ('"content-digest";key="sha-256"', '"content-digest";sf', '"content-digest";req'):
        changed = call.field("signature-input").replace('"content-digest"', wrong)
        with pytest.raises(SignatureInvalid):
            call.changed("signature-input", changed).received(key)


def test_another_application_s_signature_is_none(key: PrivateKey) -> None:
    for tag in ("other", "", None):
        with pytest.raises(SignatureMissing):
            sent(Signer(key, said={"tag": tag})).received(key)


def test_a_signature_of_a_proxy_beside_it_does_not_matter(key: PrivateKey) -> None:
    call, proxy = sent(Signer(key)), Signer(new_key(), label="proxy", said={"tag": "proxy"})
    theirs = {name.lower(): value for name, value in proxy.sign("POST", URL).items()}
    for name in ("signature-input", "signature"):
        call = call.changed(name, f"{call.field(name)}, {theirs[name]}")
    assert call.received(key)


def test_two_signatures_for_us_are_none(key: PrivateKey) -> None:
    call, other = sent(Signer(key)), sent(Signer(new_key(), label="sig2"))
    for name in ("signature-input", "signature"):
        call = call.changed(name, f"{call.field(name)}, {other.field(name)}")
    with pytest.raises(SignatureInvalid):
        call.received(key)


def test_a_label_that_is_there_twice_is_refused(key: PrivateKey) -> None:
    call, other = sent(Signer(key)), sent(Signer(key))
    for name in ("signature-input", "signature"):
        with pytest.raises(SignatureInvalid):
            call.changed(name, f"{call.field(name)}, {other.field(name)}").received(key)
        with pytest.raises(SignatureInvalid):  # as two lines of the head
            replace(call, fields=(*call.fields, (name, other.field(name)))).received(key)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sig1",
        "sig1=",
        "sig1=()",
        "sig1=1",
        'sig1=("@method")',
        "sig1=((((((((((",
        'sig1=("@method" "@method" "@authority" "@path" "@query");created=1;keyid="k";tag="sealbridge"',
        'sig1=("@METHOD");created=1;keyid="k";tag="sealbridge"',
        'sig1=("@unknown" "@method" "@authority" "@path" "@query");created=1;keyid="k";tag="sealbridge"',
        'sig1=("x-absent" "@method" "@authority" "@path" "@query");created=1;keyid="k";tag="sealbridge"',
        'sig1=("@method" "@authority" "@path" "@query");created="1";keyid="k";tag="sealbridge"',
        'sig1=("@method" "@authority" "@path" "@query");created=1.5;keyid="k";tag="sealbridge"',
        'sig1=("@method" "@authority" "@path" "@query");keyid="k";tag="sealbridge"',
        'sig1=("@method" "@authority" "@path" "@query");created=1;keyid=5;tag="sealbridge"',
        'sig1=("@method" "@authority" "@path" "@query");created=1;keyid="k";tag="sealbridge";more',
        'sig1=("@method" "@authority" "@path" "@query");created=1;tag=sealbridge',
        "\x00\xff",
        "ﬀ=()",
        "a=1," * 2000,
    ],
)
def test_hostile_fields_are_refused(given: str) -> None:
    key = new_key()
    sent_call = sent(Signer(key)).changed("signature-input", given)
    with pytest.raises((SignatureInvalid, SignatureMissing)):
        verify(Call(sent_call.method, sent_call.url, sent_call.fields), CallKey(key.public_key()))


@pytest.mark.parametrize("path", ["/a b", "/%zz", "/ä", "/a\r\nb", "/a#b"])
def test_paths_that_no_url_has_are_refused(path: str) -> None:
    key = new_key()
    call = sent(Signer(key))
    with pytest.raises(SignatureInvalid):
        verify(Call("POST", f"https://ca.example.cn{path}", call.fields), CallKey(key.public_key()))
