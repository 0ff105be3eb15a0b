"""Eight threads on one token, everything at once, then an orderly end. Arguments: module, seconds."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.support import softhsm

_folder = softhsm.enter_new_folder()

from hsm import KeyKind, PinCost, Token, TokenConfig, TokenKeys, Vault, WrappedKeys, init_token  # noqa: E402
from hsm.errors import PinIncorrect, TokenBusy  # noqa: E402

PINS = {"one": "pin-one-1", "two": "pin-two-2"}
THREADS = 8


class Blobs(dict[str, bytes]):
    def put(self, label: str, blob: bytes, copy: bytes | None = None) -> None:
        self[label] = blob
        if copy is not None:
            self[f"copy of {label}"] = copy


class Work:
    """The acts that threads choose from at random; each checks its own result."""

    def __init__(self, module: Path) -> None:
        self.module = module
        for label, pin in PINS.items():
            init_token(module, label, "so-pin-123", pin)
        self.token = Token.open(TokenConfig(module, "one", pool_size=6), lambda: PINS["one"])
        self.keys = TokenKeys(self.token)
        self.rsa = self.keys.generate("rsa", KeyKind.RSA_2048)
        self.curve = self.keys.generate("p-256", KeyKind.P256)
        self.vault, self.blobs = Vault.open(self.token, PinCost(64, 1)), Blobs()
        self.wrapped = WrappedKeys(self.vault, self.blobs, "1234567")
        self.mine = self.wrapped.generate("mine", KeyKind.P256)
        self.lock = threading.Lock()
        self.done: Counter[str] = Counter()
        self.failures: list[BaseException] = []

    def sign_rsa(self) -> None:
        assert isinstance(self.rsa, RSAPrivateKey)
        signature = self.rsa.sign(b"m", padding.PKCS1v15(), hashes.SHA256())
        self.rsa.public_key().verify(signature, b"m", padding.PKCS1v15(), hashes.SHA256())

    def sign_curve(self) -> None:
        _sign(self.curve)

    def unwrap_and_sign(self) -> None:
        _sign(self.mine)
        _sign(self.wrapped.open("mine"))

    def generate_wrapped(self) -> None:
        _sign(self.wrapped.generate(f"w{random.getrandbits(64)}", KeyKind.P256))

    def generate_stored(self) -> None:
        label = f"s{random.getrandbits(64)}"
        _sign(self.keys.generate(label, KeyKind.P256))
        self.keys.destroy(label)

    def log_in_elsewhere(self) -> None:
        if not self.lock.acquire(blocking=False):
            return
        try:
            with Token.open(TokenConfig(self.module, "two"), lambda: PINS["two"]) as other:
                TokenKeys(other).labels()
            try:
                Token.open(TokenConfig(self.module, "two"), lambda: "wrong").close()
            except PinIncorrect:
                return
            raise AssertionError("a wrong PIN was accepted")
        finally:
            self.lock.release()

    def be_refused(self) -> None:
        try:
            Token.open(TokenConfig(self.module, "one"), lambda: "wrong").close()
        except TokenBusy:
            return
        raise AssertionError("a second login was accepted")

    def acts(self) -> list[Callable[[], None]]:
        often = [self.sign_rsa, self.sign_curve, self.unwrap_and_sign] * 4
        return [*often, self.generate_wrapped, self.generate_stored, self.log_in_elsewhere, self.be_refused]

    def until(self, end: float) -> None:
        try:
            while time.monotonic() < end and not self.failures:
                act = random.choice(self.acts())
                act()
                self.done[act.__name__] += 1
        except BaseException as exc:
            self.failures.append(exc)


def _sign(key: object) -> None:
    assert isinstance(key, EllipticCurvePrivateKey)
    key.public_key().verify(key.sign(b"m", ec.ECDSA(hashes.SHA256())), b"m", ec.ECDSA(hashes.SHA256()))


def main() -> None:
    work = Work(Path(sys.argv[1]))
    end = time.monotonic() + float(sys.argv[2])
    threads = [threading.Thread(target=work.until, args=(end,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(dict(work.done))
    if work.failures:
        raise work.failures[0]


if __name__ == "__main__":
    main()
