"""The stores that the conformance suite runs on, and the keys it makes there once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from hsm import (
    KeyKind,
    KeyStore,
    KeyUse,
    PinCost,
    PrivateKey,
    Token,
    TokenConfig,
    TokenKeys,
    Vault,
    WrappedKeys,
)
from hsm.errors import MechanismMissing
from tests.support.tpm import TpmToken

FAST = PinCost(memory_kib=64, passes=1)
PIN = "subscriber-1"


class Blobs(dict[str, bytes]):
    """The port ``KeyBlobs`` over a dictionary."""

    def put(self, label: str, blob: bytes, copy: bytes | None = None) -> None:
        self[label] = blob
        if copy is not None:
            self[f"copy of {label}"] = copy


@dataclass
class Bench:
    """A store under test, and a way to open it anew as after a restart."""

    name: str
    store: KeyStore
    token: Token
    reopen: Callable[[], KeyStore]

    def __post_init__(self) -> None:
        self._made: dict[tuple[KeyKind, KeyUse], tuple[str, PrivateKey]] = {}

    def key(self, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> PrivateKey:
        """A key of this kind, made once; the test is skipped when the token cannot make it."""
        return self.labelled(kind, use)[1]

    def labelled(self, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> tuple[str, PrivateKey]:
        if (kind, use) not in self._made:
            label = f"{kind}-{use}-{secrets.token_hex(3)}"
            try:
                self._made[kind, use] = label, self.store.generate(label, kind, use)
            except MechanismMissing as exc:
                pytest.skip(f"{self.name}: {exc}")
        return self._made[kind, use]


@pytest.fixture(scope="session")
def resident(session_token: Token) -> Bench:
    return Bench("SoftHSM2", TokenKeys(session_token), session_token, lambda: TokenKeys(session_token))


@pytest.fixture(scope="session")
def wrapped(session_token: Token) -> Bench:
    vault, blobs = Vault.open(session_token, FAST), Blobs()
    return Bench(
        "wrapped", WrappedKeys(vault, blobs, PIN), session_token, lambda: WrappedKeys(vault, blobs, PIN)
    )


@pytest.fixture(scope="session")
def tpm(tpm_lock: TpmToken) -> Iterator[Token]:
    """The TPM, logged in: once a process, for all files."""
    config = TokenConfig(tpm_lock.module, tpm_lock.label, pool_size=4)
    with Token.open(config, lambda: tpm_lock.pin) as token:
        yield token


@pytest.fixture(scope="session")
def on_tpm(tpm: Token) -> Bench:
    return Bench("TPM", TokenKeys(tpm), tpm, lambda: TokenKeys(tpm))


@pytest.fixture(params=["resident", "wrapped", "on_tpm"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each store in turn."""
    found: Bench = request.getfixturevalue(request.param)
    return found
