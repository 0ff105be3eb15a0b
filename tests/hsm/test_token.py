from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.steps import AuthorityName, make_root
from hsm import KeyKind, Module, PinState, Token, TokenConfig, TokenKeys, init_token, list_tokens
from hsm.cryptoki import _accept
from hsm.errors import (
    KeyExists,
    LabelRefused,
    ModuleUnusable,
    PinIncorrect,
    PinLocked,
    TokenAmbiguous,
    TokenBusy,
    TokenGone,
    TokenNotFound,
)
from hsm.session import SessionPool
from hsm.slots import _label_blank
from tests.support.tpm import TpmToken

PIN = "user-pin-123"


@pytest.fixture
def label(softhsm: Path) -> str:
    """A fresh token's label."""
    made = f"token-{secrets.token_hex(4)}"
    init_token(softhsm, made, "so-pin-12345", PIN)
    return made


@pytest.fixture
def opened(softhsm: Path, label: str) -> Iterator[Token]:
    with Token.open(TokenConfig(softhsm, label, pool_size=2, wait_seconds=0.2), lambda: PIN) as token:
        yield token


def sign(key: object) -> None:
    assert isinstance(key, EllipticCurvePrivateKey)
    key.public_key().verify(key.sign(b"m", ec.ECDSA(hashes.SHA256())), b"m", ec.ECDSA(hashes.SHA256()))


def lose_sessions(token: Token) -> None:
    token._module.cryptoki.close_all_sessions(token._slot_id)


def test_a_fresh_token_is_listed(softhsm: Path, label: str) -> None:
    found = next(info for info in list_tokens(softhsm) if info.label == label)
    assert found.pin_state is PinState.OK
    assert found.serial


def test_a_token_is_never_initialised_over(softhsm: Path, label: str) -> None:
    with pytest.raises(TokenAmbiguous):
        init_token(softhsm, label, "another-so-pin", "another-pin")
    Token.open(TokenConfig(softhsm, label), lambda: PIN).close()


def test_a_token_left_without_a_user_pin_is_finished(softhsm: Path) -> None:
    """A crash between C_InitToken and C_InitPIN."""
    made = f"half-{secrets.token_hex(4)}"
    _label_blank(Module.load(softhsm), made, "so-pin-12345")
    assert init_token(softhsm, made, "so-pin-12345", PIN).pin_state is PinState.OK
    Token.open(TokenConfig(softhsm, made), lambda: PIN).close()


@pytest.mark.parametrize("name", ["", "长" * 11])
def test_a_label_that_does_not_fit_uses_up_no_token(softhsm: Path, name: str) -> None:
    before = list_tokens(softhsm)
    with pytest.raises(LabelRefused):
        init_token(softhsm, name, "so-pin-12345", PIN)
    assert list_tokens(softhsm) == before


def test_no_pin_shows_in_what_a_person_may_print(softhsm: Path, label: str, opened: Token) -> None:
    with pytest.raises(TokenBusy) as busy:
        Token.open(TokenConfig(softhsm, label), lambda: PIN)
    opened.close()
    wrong = "another-secret"
    with pytest.raises(PinIncorrect) as incorrect:
        Token.open(TokenConfig(softhsm, label), lambda: wrong)
    shown = [repr(opened), repr(opened.info), repr(opened._config), repr(incorrect.value.facts)]
    shown += traceback.format_exception(busy.value) + traceback.format_exception(incorrect.value)
    assert PIN not in "".join(shown)
    assert wrong not in "".join(shown)


def test_tokens_are_chosen_by_serial_too(softhsm: Path, label: str) -> None:
    serial = next(info.serial for info in list_tokens(softhsm) if info.label == label)
    with Token.open(TokenConfig(softhsm, serial=serial), lambda: PIN) as token:
        assert token.info.label == label
    with pytest.raises(TokenNotFound):
        Token.open(TokenConfig(softhsm, label, serial="0123456789abcdef"), lambda: PIN)


def test_missing_modules_and_tokens_are_told_apart(softhsm: Path, tmp_path: Path) -> None:
    with pytest.raises(ModuleUnusable):
        list_tokens(tmp_path / "nothing.so")
    (tmp_path / "text.so").write_text("not a library")
    with pytest.raises(ModuleUnusable):
        list_tokens(tmp_path / "text.so")
    with pytest.raises(TokenNotFound):
        Token.open(TokenConfig(softhsm, "no such token"), lambda: PIN)


def test_a_wrong_pin_is_refused_and_leaves_no_session(softhsm: Path, label: str) -> None:
    for _ in range(3):
        with pytest.raises(PinIncorrect):
            Token.open(TokenConfig(softhsm, label), lambda: "wrong")
    with Token.open(TokenConfig(softhsm, label), lambda: PIN) as token:
        TokenKeys(token).generate("after", KeyKind.P256)


def test_a_second_login_is_not_taken_for_a_right_pin(softhsm: Path, label: str, opened: Token) -> None:
    with pytest.raises(TokenBusy):
        Token.open(TokenConfig(softhsm, label), lambda: "wrong")


def test_lost_sessions_are_replaced_by_one_login(softhsm: Path, label: str) -> None:
    logins: list[None] = []

    def pin() -> str:
        logins.append(None)
        return PIN

    with Token.open(TokenConfig(softhsm, label), pin) as token:
        key = TokenKeys(token).generate("k", KeyKind.P256)
        lose_sessions(token)
        threads = [threading.Thread(target=sign, args=(key,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sign(key)
    assert len(logins) == 2


def forget_login(token: Token) -> None:
    """What a token does that restarts while no session of the pool is idle."""
    pool = token._sessions
    assert isinstance(pool, SessionPool)
    while pool._idle:
        pool._discard(pool._idle.pop())
    lose_sessions(token)


def test_a_forgotten_login_is_not_taken_for_a_missing_key(opened: Token) -> None:
    """New sessions open without complaint after the token forgot its login, and see no private key."""
    keys = TokenKeys(opened)
    key = keys.generate("k", KeyKind.P256)
    forget_login(opened)
    with pytest.raises(KeyExists):
        keys.generate("k", KeyKind.P256)
    forget_login(opened)
    sign(key)
    forget_login(opened)
    assert keys.labels() == ["k"]


def test_a_pin_that_became_wrong_is_tried_once(softhsm: Path, label: str) -> None:
    tried: list[str] = []
    pins = iter([PIN])

    def pin() -> str:
        tried.append(next(pins, "no longer right"))
        return tried[-1]

    with Token.open(TokenConfig(softhsm, label), pin) as token:
        key = TokenKeys(token).generate("k", KeyKind.P256)
        lose_sessions(token)
        for _ in range(5):
            with pytest.raises(PinIncorrect):
                sign(key)
    assert len(tried) == 2


def test_a_pulled_token_is_said_to_be_gone(softhsm: Path) -> None:
    """In a process of its own: a SoftHSM2 whose token folder was taken away is of no use to other tests."""
    done = run_child("pulled_child", softhsm)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["token_unavailable"] * 3


@pytest.mark.parametrize("attempt", range(3))
def test_eight_threads_at_once_and_a_clean_exit(softhsm: Path, attempt: int) -> None:
    done = run_child("stress_child", softhsm, "4")
    assert done.returncode == 0, f"attempt {attempt}: {done.returncode} {done.stderr[-2000:]}"
    assert all(
        act in done.stdout for act in ("sign_rsa", "unwrap_and_sign", "generate_stored", "log_in_elsewhere")
    )


def run_child(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.hsm.{name}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_full_pool_says_busy_and_then_serves_again(opened: Token) -> None:
    key = TokenKeys(opened).generate("k", KeyKind.P256)
    hold, held = threading.Event(), threading.Barrier(3)

    def occupy() -> None:
        opened.run(lambda _: (held.wait(5), hold.wait(5)))

    threads = [threading.Thread(target=occupy) for _ in range(2)]
    for thread in threads:
        thread.start()
    held.wait(5)
    with pytest.raises(TokenBusy):
        sign(key)
    hold.set()
    for thread in threads:
        thread.join()
    sign(key)


def test_softhsm_makes_objects_while_nobody_else_uses_the_token(opened: Token) -> None:
    keys = TokenKeys(opened)
    key = keys.generate("k", KeyKind.P256)
    hold, held = threading.Event(), threading.Barrier(2)
    other = threading.Thread(target=lambda: opened.run(lambda _: (held.wait(5), hold.wait(5))))
    other.start()
    held.wait(5)
    with pytest.raises(TokenBusy):
        keys.generate("refused", KeyKind.P256)
    sign(key)  # and nobody is kept out for longer
    threading.Timer(0.05, hold.set).start()
    sign(keys.generate("waited", KeyKind.P256))
    other.join()
    assert keys.labels() == ["k", "waited"]


def test_a_forked_child_is_refused(softhsm: Path, opened: Token) -> None:
    key = TokenKeys(opened).generate("k", KeyKind.P256)
    child = os.fork()
    if child == 0:
        try:
            sign(key)
        except ModuleUnusable:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    sign(key)


def test_a_closed_token_says_so(softhsm: Path, label: str) -> None:
    token = Token.open(TokenConfig(softhsm, label), lambda: PIN)
    key = TokenKeys(token).generate("k", KeyKind.P256)
    token.close()
    token.close()
    with pytest.raises(TokenGone):
        sign(key)


def test_certificates_lie_beside_their_keys(opened: Token) -> None:
    keys = TokenKeys(opened)
    root = make_root(keys.generate("k", KeyKind.P256), AuthorityName("锁", "测试"), datetime.now(UTC))
    der = root.certificate.public_bytes(Encoding.DER)
    opened.import_certificate("锁证书", keys.id_of("k"), der)
    (found,) = opened.certificates()
    assert (found.label, found.der) == ("锁证书", der)
    assert keys.open_by_id(found.id).public_key() == root.certificate.public_key()


def test_a_tpm_locks_itself_after_wrong_pins(tpm_lock: TpmToken) -> None:
    label = f"guess-{secrets.token_hex(3)}"
    init_token(tpm_lock.module, label, "so-pin-12", "right-pin")
    with pytest.raises(PinIncorrect):
        Token.open(TokenConfig(tpm_lock.module, label), lambda: "wrong")
    with Token.open(TokenConfig(tpm_lock.module, label), lambda: "right-pin") as token:
        assert token.info.label == label


def test_pin_lock_is_told_apart() -> None:
    with pytest.raises(PinLocked):
        _accept("C_Login", 0xA4)


def test_a_module_is_loaded_once(softhsm: Path) -> None:
    assert Module.load(softhsm) is Module.load(softhsm)
