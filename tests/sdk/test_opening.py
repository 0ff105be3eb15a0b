"""Content keys sealed by the service's own code, and envelopes made by OpenSSL."""

from __future__ import annotations

import base64
import secrets
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ca.envelopes.session import seal_content_key
from mobile_bridge.sdk import NotVerified, OpeningSession, open_envelope, recipients

BID = "投标总价：三百万元整".encode() * 100


def test_a_key_opens_for_its_session_scan_and_envelope_alone() -> None:
    session, key = OpeningSession.new(), secrets.token_bytes(32)
    sealed = base64.b64encode(seal_content_key(key, session.public_key, b"s1|e1")).decode()
    assert session.open_sealed_key("s1", "e1", sealed) == key
    for other, scan, envelope in (
        (session, "s2", "e1"),
        (session, "s1", "e2"),
        (OpeningSession.new(), "s1", "e1"),
    ):
        with pytest.raises(NotVerified, match="cannot_open"):
            other.open_sealed_key(scan, envelope, sealed)
    for junk in ("", "%", "AAAA", sealed[:-8]):
        with pytest.raises(NotVerified):
            session.open_sealed_key("s1", "e1", junk)
    assert "key" not in repr(session)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    made = "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=bidder -days 3"
    subprocess.run(made.split(), cwd=folder, check=True, capture_output=True)
    (folder / "bid").write_bytes(BID)
    return folder


@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes-128-gcm", "-aes-256-cbc", "-aes-128-cbc"])
@pytest.mark.parametrize("streamed", [[], ["-stream"]], ids=["at-once", "streamed"])
def test_what_openssl_sealed_is_opened(pair: Path, cipher: str, streamed: list[str]) -> None:
    made = [
        "openssl",
        "cms",
        "-encrypt",
        "-binary",
        cipher,
        *streamed,
        "-in",
        "bid",
        "-outform",
        "DER",
        "c.pem",
    ]
    cms = subprocess.run(made, cwd=pair, check=True, capture_output=True).stdout
    (recipient,) = recipients(cms)
    private = load_pem_private_key((pair / "k.pem").read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    encrypted = asn1_cms.RecipientInfo.load(recipient).chosen["encrypted_key"].native
    key = private.decrypt(encrypted, PKCS1v15())
    assert open_envelope(cms, key) == BID
    for wrong in (secrets.token_bytes(len(key)), b"", key + b"x"):
        with pytest.raises(NotVerified):
            assert open_envelope(cms, wrong) == BID


@pytest.mark.parametrize("junk", [b"", b"0", b"\x30\x80", b"%PDF-1.7", BID])
def test_junk_is_no_envelope(junk: bytes) -> None:
    with pytest.raises(NotVerified):
        open_envelope(junk, bytes(32))
    with pytest.raises(NotVerified):
        recipients(junk)
