"""``sealbridge token try-sm2``: what an operator learns of a module before relying on it."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from api.cli.token import try_sm2
from ca.errors import SignatureMismatch
from hsm import HsmError, Token, TokenConfig, TokenKeys, init_token
from tests.support.sm2_module import TABLE


@pytest.fixture
def trial(sm2_lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """A label, and the file with the PIN."""
    label, pin = f"trial-{secrets.token_hex(4)}", tmp_path / "pin"
    pin.write_text(secrets.token_urlsafe(9))
    init_token(sm2_lock, label, secrets.token_urlsafe(9), pin.read_text())
    monkeypatch.setenv("SEALBRIDGE_PKCS11_MODULE", str(sm2_lock))
    return label, pin


def test_a_module_that_does_sm2(
    trial: tuple[str, Path], sm2_lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label, pin = trial
    table = tmp_path / "sm2.toml"
    table.write_text(TABLE)
    try_sm2(label, pin, table, tmp_path)
    assert "SM2 可用" in capsys.readouterr().out
    with Token.open(TokenConfig(sm2_lock, label), pin.read_text) as token:
        assert TokenKeys(token).labels() == []


@pytest.mark.parametrize("wrong", [('"digest"', '"message"'), ("0x80008200", "0x80008299")])
def test_a_table_of_another_module(
    trial: tuple[str, Path], sm2_lock: Path, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    label, pin = trial
    table = tmp_path / "sm2.toml"
    table.write_text(TABLE.replace(*wrong))
    with pytest.raises((HsmError, SignatureMismatch)):
        try_sm2(label, pin, table, tmp_path)
    with Token.open(TokenConfig(sm2_lock, label), pin.read_text) as token:
        assert TokenKeys(token).labels() == []
