from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from hsm import KeyKind, Token, Vault, WrappedKeys
from hsm.errors import KeyDamaged, KeyNotFound, PinIncorrect
from tests.hsm.conftest import FAST, Blobs


@pytest.fixture
def blobs() -> Blobs:
    return Blobs()


@pytest.fixture(scope="module")
def vault(token: Token) -> Vault:
    return Vault.open(token, FAST)


def objects(token: Token) -> int:
    return token.run(lambda session: len(list(session.raw.get_objects({}))))


def sign(key: object) -> bytes:
    assert isinstance(key, EllipticCurvePrivateKey)
    return key.sign(b"m", ec.ECDSA(hashes.SHA256()))


def test_nothing_of_a_key_stays_in_the_token(vault: Vault, blobs: Blobs) -> None:
    before = objects(vault.token)
    sign(WrappedKeys(vault, blobs, "right-pin").generate("one", KeyKind.P256))
    sign(WrappedKeys(vault, blobs, "right-pin").open("one"))
    assert objects(vault.token) == before


def test_the_wrong_pin_opens_nothing(vault: Vault, blobs: Blobs) -> None:
    WrappedKeys(vault, blobs, "right-pin").generate("one", KeyKind.P256)
    with pytest.raises(PinIncorrect):
        WrappedKeys(vault, blobs, "wrong-pin").open("one")


def test_a_new_pin_replaces_the_old_one(vault: Vault, blobs: Blobs) -> None:
    store = WrappedKeys(vault, blobs, "old-pin")
    key = store.generate("one", KeyKind.P256)
    store.change_pin("one", "new-pin")
    assert WrappedKeys(vault, blobs, "new-pin").open("one").public_key() == key.public_key()
    with pytest.raises(PinIncorrect):
        WrappedKeys(vault, blobs, "old-pin").open("one")


def test_a_blob_under_another_label_does_not_open(vault: Vault, blobs: Blobs) -> None:
    WrappedKeys(vault, blobs, "right-pin").generate("mine", KeyKind.P256)
    blobs["theirs"] = blobs["mine"]
    with pytest.raises(PinIncorrect):
        WrappedKeys(vault, blobs, "right-pin").open("theirs")


def test_another_token_cannot_open_a_blob(vault: Vault, blobs: Blobs, session_token: Token) -> None:
    WrappedKeys(vault, blobs, "right-pin").generate("one", KeyKind.P256)
    other = Vault.open(session_token, FAST)
    with pytest.raises(PinIncorrect):
        WrappedKeys(other, blobs, "right-pin").open("one")


@pytest.mark.parametrize("keep", [0, 1, 10, -1])
def test_a_cut_blob_is_called_damaged(vault: Vault, blobs: Blobs, keep: int) -> None:
    WrappedKeys(vault, blobs, "right-pin").generate("one", KeyKind.P256)
    blobs["one"] = blobs["one"][:keep]
    with pytest.raises(KeyDamaged):
        WrappedKeys(vault, blobs, "right-pin").open("one")


def test_no_flipped_bit_goes_unnoticed(vault: Vault, blobs: Blobs) -> None:
    WrappedKeys(vault, blobs, "right-pin").generate("one", KeyKind.P256)
    good = blobs["one"]
    for position in range(0, len(good), 7):
        blobs["one"] = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
        with pytest.raises((KeyDamaged, PinIncorrect)):
            WrappedKeys(vault, blobs, "right-pin").open("one")


def test_no_pin_shows_in_what_a_person_may_print(vault: Vault, blobs: Blobs) -> None:
    store = WrappedKeys(vault, blobs, "secret-pin-77")
    key = store.generate("one", KeyKind.P256)
    with pytest.raises(PinIncorrect) as wrong:
        WrappedKeys(vault, blobs, "secret-pin-78").open("one")
    shown = repr((store, key, vars(store).keys(), wrong.value, wrong.value.facts, wrong.value.__cause__))
    assert "secret-pin" not in shown
    assert b"secret-pin" not in blobs["one"]


def test_a_closed_store_has_forgotten_the_pin(vault: Vault, blobs: Blobs) -> None:
    store = WrappedKeys(vault, blobs, "right-pin")
    store.generate("one", KeyKind.P256)
    store.close()
    with pytest.raises(KeyNotFound):
        store.open("one")
