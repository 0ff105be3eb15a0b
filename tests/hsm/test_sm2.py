"""SM2 by a module's own numbers: signed by a token behind C_Sign, judged by openssl."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ca import sm2
from ca.errors import SignatureMismatch
from hsm import KeyKind, Sm2Keys, Sm2Mechanisms, Sm2PublicKey, Token, TokenConfig, TokenKeys, read_table
from hsm.errors import (
    HsmError,
    KeyExists,
    KeyGenerationMissing,
    KeyNotFound,
    MechanismMissing,
    MechanismTableRefused,
)
from hsm.sm2.curve import USER_ID
from hsm.sm2.keys import TokenSm2Key
from tests.ca.judges import run
from tests.support.sm2_module import TABLE

MESSAGE = "招标文件".encode()


@pytest.fixture(scope="module")
def keys(sm2_token: Token) -> Sm2Keys:
    return Sm2Keys(sm2_token)


@pytest.fixture(scope="module")
def key(keys: Sm2Keys) -> TokenSm2Key:
    return keys.generate(f"key-{secrets.token_hex(4)}")


def openssl(folder: Path, key: Sm2PublicKey, signature: bytes, message: bytes) -> tuple[int, str]:
    (folder / "key.der").write_bytes(key.spki)
    (folder / "signature").write_bytes(signature)
    (folder / "message").write_bytes(message)
    return run(
        *("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key.der"),
        *("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{USER_ID.decode()}"),
        *("-in", folder / "message", "-sigfile", folder / "signature"),
    )


def test_openssl_verifies_what_a_token_signed(key: TokenSm2Key, tmp_path: Path) -> None:
    signature = key.sign(MESSAGE)
    assert openssl(tmp_path, key.public_key(), signature, MESSAGE)[0] == 0
    assert openssl(tmp_path, key.public_key(), signature, MESSAGE + b"!")[0] != 0
    sm2.check(key.public_key().spki, signature, MESSAGE)
    with pytest.raises(SignatureMismatch):
        sm2.check(key.public_key().spki, signature, b"")


@pytest.mark.parametrize(("number", "gives_der"), [(0x80008100, False), (0x80008101, True)])
def test_a_module_that_hashes_itself(
    number: int, gives_der: bool, sm2_token: Token, key: TokenSm2Key, tmp_path: Path
) -> None:
    table = replace(key._table, sign=number, hashes=True, gives_der=gives_der)
    other = TokenSm2Key(key._access, key.public_key(), table)
    assert openssl(tmp_path, key.public_key(), other.sign(MESSAGE), MESSAGE)[0] == 0


def test_a_table_that_does_not_fit_is_noticed(key: TokenSm2Key, tmp_path: Path) -> None:
    for table in (
        replace(key._table, gives_der=True),
        replace(key._table, sign=0x80008101, hashes=True),
        replace(key._table, sign=0x80009999),
        replace(key._table, hashes=True),
    ):
        with pytest.raises(HsmError):
            TokenSm2Key(key._access, key.public_key(), table).sign(MESSAGE)


def test_the_digest_is_openssls(tmp_path: Path) -> None:
    """Z and e, by a signature over e alone: openssl takes it for one over the message."""
    pair, half = tmp_path / "key.pem", tmp_path / "public.der"
    run("openssl", "genpkey", "-algorithm", "SM2", "-out", pair)
    run("openssl", "pkey", "-in", pair, "-pubout", "-outform", "DER", "-out", half)
    public = Sm2PublicKey.from_spki(half.read_bytes())
    (tmp_path / "e").write_bytes(public.digest(MESSAGE))
    status, said = run(
        *("openssl", "pkeyutl", "-sign", "-inkey", pair, "-in", tmp_path / "e"),
        *("-out", tmp_path / "made"),
    )
    assert status == 0, said
    assert openssl(tmp_path, public, (tmp_path / "made").read_bytes(), MESSAGE)[0] == 0


def test_keys_are_found_again_and_destroyed(keys: Sm2Keys, sm2_token: Token) -> None:
    label = f"passing-{secrets.token_hex(4)}"
    made = keys.generate(label)
    assert keys.open(label).public_key() == made.public_key()
    assert keys.open_by_id(TokenKeys(sm2_token).id_of(label)).public_key() == made.public_key()
    with pytest.raises(KeyExists):
        keys.generate(label)
    keys.destroy(label)
    with pytest.raises(KeyNotFound):
        keys.open(label)


def test_other_keys_and_other_tokens_are_refused(
    keys: Sm2Keys, sm2_token: Token, session_token: Token, key: TokenSm2Key
) -> None:
    with pytest.raises(MechanismMissing):
        Sm2Keys(session_token)
    label = f"p256-{secrets.token_hex(4)}"
    TokenKeys(sm2_token).generate(label, KeyKind.P256)
    with pytest.raises(MechanismMissing):
        keys.open(label)


def test_a_module_without_generation(sm2_token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sm2_token.sm2 is not None
    without = TokenConfig(sm2_token._config.module, sm2=replace(sm2_token.sm2, generate=None))
    monkeypatch.setattr(sm2_token, "_config", without)
    with pytest.raises(KeyGenerationMissing):
        Sm2Keys(sm2_token).generate("x")


def test_the_key_does_not_leave(sm2_token: Token, key: TokenSm2Key) -> None:
    assert not hasattr(key, "private_bytes")


def test_a_table_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "sm2.toml"
    file.write_text(TABLE)
    assert read_table(file) == Sm2Mechanisms(
        sign=0x80008200, hashes=False, gives_der=False, key_type=0x80000004, generate=0x80008001
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[sm2]\nsign = 1",
        TABLE.replace('"digest"', '"hash"'),
        TABLE.replace("0x80008200", '"0x80008200"'),
        TABLE.replace("0x80008200", "true"),
        TABLE.replace("0x80008200", "0x180008200"),
        TABLE + 'curve = "sm2"',
        TABLE + 'parameters = "xyz"',
        "sm2 = 1",
        "[sm2",
        "\udcff",
    ],
)
def test_tables_that_are_wrong(text: str, tmp_path: Path) -> None:
    file = tmp_path / "sm2.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MechanismTableRefused):
        read_table(file)


def test_points_that_are_none() -> None:
    with pytest.raises(ValueError, match="curve"):
        Sm2PublicKey(b"\x04" + bytes(64))
    with pytest.raises(ValueError, match="SM2"):
        Sm2PublicKey.from_spki(b"\x30\x00")


def test_threads_sign_at_once(key: TokenSm2Key) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: (number, key.sign(b"%d" % number)), range(200)))
    for number, signature in made:
        sm2.check(key.public_key().spki, signature, b"%d" % number)
