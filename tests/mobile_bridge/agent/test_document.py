"""What the agent refuses to sign, although the server prepared it, and what it signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca.documents.forms import SEAL_PLACE
from ca.documents.hole import find_hole
from ca.documents.signing import check_cms, embed_cms, prepare_pdf
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import SealKind
from hsm import PrivateKey
from mobile_bridge.agent.cms import is_signing_key, sign_document
from mobile_bridge.agent.document import check_document
from mobile_bridge.agent.errors import KeyMismatch
from mobile_bridge.errors import DocumentSuspicious
from tests.mobile_bridge.forms import ENTERPRISE, filled_form
from tests.mobile_bridge.lock_keys import lock_certificate

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
KEYS: dict[str, Callable[[], PrivateKey]] = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p-384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


def holder(key: PrivateKey) -> x509.Certificate:
    return lock_certificate(key.public_key())


def prepared(certificate: x509.Certificate, pdf: bytes | None = None) -> bytes:
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE))
    source = pdf or filled_form()
    return prepare_pdf(source, certificate, picture, SEAL_PLACE, reason="测试", at=NOW).document


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return KEYS["p-256"]()


@pytest.fixture(scope="module")
def honest(key: PrivateKey) -> bytes:
    return prepared(holder(key))


def hole_of(pdf: bytes) -> tuple[int, int]:
    hole = find_hole(pdf)
    return hole.start, hole.end


def with_range(pdf: bytes, *numbers: int) -> bytes:
    """The document with other numbers in its ByteRange, at the same length."""
    found = list(re.finditer(rb"/ByteRange\s*\[([^\]]*)\]", pdf))[-1]
    text = " ".join(map(str, numbers)).encode()
    begin, end = found.span(1)
    return pdf[:begin] + text.ljust(end - begin) + pdf[end:]


@pytest.mark.parametrize("kind", KEYS)
def test_the_servers_check_accepts_what_the_agent_signs(kind: str) -> None:
    key = KEYS[kind]()
    certificate = holder(key)
    document = prepared(certificate)
    cms = sign_document(check_document(document), certificate, key)
    assert check_cms(document, cms) == certificate


def test_the_digest_is_of_all_bytes_but_the_hole(honest: bytes) -> None:
    digest = check_document(honest).digest(hashes.SHA256())
    assert digest == find_hole(honest).digest(honest, hashes.SHA256())


def test_a_second_signature_upon_a_first(key: PrivateKey, honest: bytes) -> None:
    certificate = holder(key)
    once = embed_cms(honest, sign_document(check_document(honest), certificate, key))
    twice = prepared(certificate, once)
    assert check_cms(twice, sign_document(check_document(twice), certificate, key)) == certificate


SWAPS: dict[str, Callable[[bytes], bytes]] = {
    "no PDF": lambda pdf: b"MZ" + pdf,
    "plain, nothing to sign": lambda pdf: filled_form(),
    "bytes after the end": lambda pdf: pdf + b"\n% more",
    "an update after the end": lambda pdf: pdf + pdf[-200:],
    "a byte in the hole": lambda pdf: pdf[: hole_of(pdf)[0] + 9] + b"1" + pdf[hole_of(pdf)[0] + 10 :],
    "text in the hole": lambda pdf: pdf[: hole_of(pdf)[0] + 9] + b">" + pdf[hole_of(pdf)[0] + 10 :],
    "a hole that leaves out more": lambda pdf: with_range(
        pdf, 0, hole_of(pdf)[0] - 40, hole_of(pdf)[1], len(pdf) - hole_of(pdf)[1]
    ),
    "a range that begins later": lambda pdf: with_range(
        pdf, 9, hole_of(pdf)[0] - 9, hole_of(pdf)[1], len(pdf) - hole_of(pdf)[1]
    ),
    "a range over the hole": lambda pdf: with_range(pdf, 0, hole_of(pdf)[1], hole_of(pdf)[0], len(pdf)),
    "two open signatures": lambda pdf: pdf[:100] + b"/Contents <" + b"0" * 128 + b">" + pdf[240:],
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_swapped_document_is_refused(honest: bytes, swap: str) -> None:
    with pytest.raises(DocumentSuspicious):
        check_document(SWAPS[swap](honest))


def test_a_document_already_signed_is_refused(key: PrivateKey, honest: bytes) -> None:
    cms = sign_document(check_document(honest), holder(key), key)
    with pytest.raises(DocumentSuspicious):
        check_document(embed_cms(honest, cms))


def test_a_huge_document_is_refused() -> None:
    with pytest.raises(DocumentSuspicious, match="at most"):
        check_document(b"%PDF-" + bytes(64 * 1024 * 1024))


def test_a_certificate_filed_with_another_key_spends_nothing(key: PrivateKey, honest: bytes) -> None:
    for other in (KEYS["p-256"](), KEYS["rsa-2048"]()):
        with pytest.raises(KeyMismatch):
            sign_document(check_document(honest), holder(other), key)


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256K1())]
)
def test_weak_and_unusual_keys_are_not_offered(key: PrivateKey) -> None:
    assert not is_signing_key(key.public_key())
