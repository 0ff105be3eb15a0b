"""Envelopes made by OpenSSL, whose content keys a token gives out; and what must not be opened."""

from __future__ import annotations

import secrets
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.envelopes.errors import (
    EnvelopeNotOpened,
    RecipientMalformed,
    RecipientUnsupported,
    SessionKeyInvalid,
)
from ca.envelopes.opening import open_recipient
from ca.envelopes.recipients import read_recipient
from ca.envelopes.session import SUITE, check_session_key, seal_content_key
from hsm import KeyKind, KeyUse, PrivateKey, Token, TokenKeys
from tests.api.locks import name

BID = "投标总价：三百万元整".encode()
OAEP = ["-keyopt", "rsa_padding_mode:oaep"]
OAEP_256 = [*OAEP, "-keyopt", "rsa_oaep_md:sha256"]
KDF_256 = ["-keyopt", "ecdh_kdf_md:sha256"]


@pytest.fixture(scope="module", params=[KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384])
def key(request: pytest.FixtureRequest, session_token: Token) -> PrivateKey:
    return TokenKeys(session_token).generate(
        f"envelope-{secrets.token_hex(3)}", request.param, KeyUse.DECRYPT
    )


@pytest.fixture(scope="module")
def rsa_key(session_token: Token) -> PrivateKey:
    label = f"envelope-{secrets.token_hex(3)}"
    return TokenKeys(session_token).generate(label, KeyKind.RSA_2048, KeyUse.DECRYPT)


def certified(key: PrivateKey) -> x509.Certificate:
    issuer, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    public = key.public_key()
    return (
        x509.CertificateBuilder(
            name("测试", "CA"), name("测试", "投标人"), public, x509.random_serial_number()
        )
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(issuer, hashes.SHA256())
    )


def enveloped(
    folder: Path, certificate: x509.Certificate, *options: str, cipher: str = "-aes-256-cbc"
) -> bytes:
    """The bid in CMS EnvelopedData by OpenSSL."""
    (folder / "recipient.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "bid.txt").write_bytes(BID)
    command = ["openssl", "cms", "-encrypt", "-binary", "-aes-256-cbc", "-in", "bid.txt", "-outform", "DER"]
    command += ["-out", "bid.p7m", "-recip", "recipient.pem", *options]
    subprocess.run(command, cwd=folder, check=True, timeout=30)
    return (folder / "bid.p7m").read_bytes()


def recipient_of(envelope: bytes) -> bytes:
    (recipient,) = cms.ContentInfo.load(envelope)["content"]["recipient_infos"]
    return bytes(recipient.dump())


def content(envelope: bytes, content_key: bytes) -> bytes:
    sealed = cms.ContentInfo.load(envelope)["content"]["encrypted_content_info"]
    iv = sealed["content_encryption_algorithm"].encryption_iv
    decryptor = Cipher(algorithms.AES(content_key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(sealed["encrypted_content"].native) + decryptor.finalize()
    return padded[: -padded[-1]]


@pytest.mark.parametrize(
    ("kinds", "options"),
    [
        ("rsa", []),
        ("rsa", ["-keyid"]),
        ("rsa", OAEP),
        ("ec", []),
        ("ec", KDF_256),
        ("ec", [*KDF_256, "-aes128-wrap"]),
        ("ec", ["-keyid", *KDF_256]),
    ],
)
def test_what_openssl_encrypted_is_opened(
    key: PrivateKey, kinds: str, options: list[str], tmp_path: Path
) -> None:
    if (kinds == "rsa") != isinstance(key, rsa.RSAPrivateKey):
        return
    certificate = certified(key)
    envelope = enveloped(tmp_path, certificate, *options)
    recipient = read_recipient(recipient_of(envelope))
    assert recipient.recipient.names(certificate)
    assert not recipient.recipient.names(certified(ec.generate_private_key(ec.SECP256R1())))
    assert content(envelope, open_recipient(recipient, key)) == BID


def test_oaep_with_another_digest_is_opened_or_said_to_be_unsupported(
    rsa_key: PrivateKey, tmp_path: Path
) -> None:
    recipient = read_recipient(recipient_of(enveloped(tmp_path, certified(rsa_key), *OAEP_256)))
    with suppress(RecipientUnsupported):  # SoftHSM 2.6.1 knows SHA-1 alone
        assert len(open_recipient(recipient, rsa_key)) == 32


def test_a_broken_block_is_refused_and_the_token_goes_on(rsa_key: PrivateKey, tmp_path: Path) -> None:
    certificate = certified(rsa_key)
    good = recipient_of(enveloped(tmp_path, certificate, *OAEP))
    broken = read_recipient(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(EnvelopeNotOpened):
        open_recipient(broken, rsa_key)
    assert len(open_recipient(read_recipient(good), rsa_key)) == 32


def test_a_broken_block_of_pkcs1_gives_a_key_that_tells_nothing(rsa_key: PrivateKey, tmp_path: Path) -> None:
    good = recipient_of(enveloped(tmp_path, certified(rsa_key)))
    broken = read_recipient(good[:-1] + bytes([good[-1] ^ 1]))
    keys = {open_recipient(broken, rsa_key) for _ in range(3)}
    assert {len(one) for one in keys} == {32}
    assert open_recipient(read_recipient(good), rsa_key) not in keys


def test_a_key_of_another_kind_is_not_asked(key: PrivateKey, tmp_path: Path) -> None:
    other = (
        ec.generate_private_key(ec.SECP256R1())
        if isinstance(key, rsa.RSAPrivateKey)
        else (rsa.generate_private_key(65537, 2048))
    )
    recipient = read_recipient(recipient_of(enveloped(tmp_path, certified(other))))
    with pytest.raises(RecipientUnsupported):
        open_recipient(recipient, key)


@pytest.mark.parametrize(
    "der", [b"", b"\x30\x00", b"\xa1\x00", b"\x30\x80", b"x" * 5000, secrets.token_bytes(300)]
)
def test_hostile_recipients_are_refused(der: bytes) -> None:
    with pytest.raises((RecipientMalformed, RecipientUnsupported)):
        read_recipient(der)


def test_truncated_recipients_are_refused(rsa_key: PrivateKey, tmp_path: Path) -> None:
    der = recipient_of(enveloped(tmp_path, certified(rsa_key)))
    for end in range(len(der)):
        with pytest.raises(RecipientMalformed):
            read_recipient(der[:end])


def test_a_content_key_reaches_the_session_and_nobody_else() -> None:
    hall, content_key = X25519PrivateKey.generate(), secrets.token_bytes(32)
    sealed = seal_content_key(content_key, hall.public_key().public_bytes_raw(), b"scan|1")
    assert SUITE.decrypt(sealed, hall, b"scan|1") == content_key
    for wrong_key, info in ((hall, b"scan|2"), (X25519PrivateKey.generate(), b"scan|1")):
        with pytest.raises(Exception):  # noqa: B017, PT011 - the library's own
            SUITE.decrypt(sealed, wrong_key, info)


@pytest.mark.parametrize("raw", [b"", b"\0" * 32, b"\x01" + b"\0" * 31, b"k" * 31, b"k" * 33])
def test_session_keys_to_which_nothing_can_be_sealed(raw: bytes) -> None:
    with pytest.raises(SessionKeyInvalid):
        check_session_key(raw)
