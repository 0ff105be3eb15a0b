"""Second copies of encryption keys."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from hsm import KeyKind, KeyUse, PrivateKey, Token, Vault, WrappedKeys, open_escrow, restored_blob
from hsm.errors import HsmError, KeyDamaged, PinIncorrect
from tests.hsm.conftest import FAST, Blobs

OLD, NEW = "forgotten-1", "remembered-2"
OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


@pytest.fixture(scope="module")
def vault(session_token: Token) -> Vault:
    return Vault.open(session_token, FAST)


def opens_what_was_closed_to(public: object, private: PrivateKey) -> bool:
    if isinstance(public, RSAPublicKey):
        assert isinstance(private, RSAPrivateKey)
        return private.decrypt(public.encrypt(b"a bid", OAEP), OAEP) == b"a bid"
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert isinstance(private, EllipticCurvePrivateKey)
    other = ec.generate_private_key(public.curve)
    return private.exchange(ec.ECDH(), other.public_key()) == other.exchange(ec.ECDH(), public)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384])
def test_an_encryption_key_comes_back_under_a_new_pin(vault: Vault, kind: KeyKind) -> None:
    escrow, blobs = open_escrow(vault.token), Blobs()
    public = WrappedKeys(vault, blobs, OLD, escrow).generate("e", kind, KeyUse.DECRYPT).public_key()
    copy = blobs["copy of e"]
    assert copy != blobs["e"]
    blobs.put("e", restored_blob(vault, escrow, "e", copy, kind, public, NEW))
    with pytest.raises(PinIncorrect):
        WrappedKeys(vault, blobs, OLD).open("e")
    assert opens_what_was_closed_to(public, WrappedKeys(vault, blobs, NEW).open("e"))


def test_a_signing_key_never_has_a_copy(vault: Vault) -> None:
    blobs = Blobs()
    WrappedKeys(vault, blobs, OLD, open_escrow(vault.token)).generate("s", KeyKind.P256)
    assert list(blobs) == ["s"]


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_a_copy_moved_to_another_row_is_refused(vault: Vault, kind: KeyKind) -> None:
    escrow, blobs = open_escrow(vault.token), Blobs()
    keys = WrappedKeys(vault, blobs, OLD, escrow)
    mine, _ = (keys.generate(label, kind, KeyUse.DECRYPT) for label in ("mine", "theirs"))
    with pytest.raises(KeyDamaged, match="another key"):
        restored_blob(vault, escrow, "mine", blobs["copy of theirs"], kind, mine.public_key(), NEW)


def test_a_damaged_copy_is_refused(vault: Vault) -> None:
    escrow, blobs = open_escrow(vault.token), Blobs()
    keys = WrappedKeys(vault, blobs, OLD, escrow)
    public = keys.generate("e", KeyKind.P256, KeyUse.DECRYPT).public_key()
    copy = bytearray(blobs["copy of e"])
    copy[10] ^= 1
    with pytest.raises(HsmError):  # SoftHSM says no more than CKR_GENERAL_ERROR
        restored_blob(vault, escrow, "e", bytes(copy), KeyKind.P256, public, NEW)
