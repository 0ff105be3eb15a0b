"""A stamper under a real CA, on a clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from ca.lint import Linter
from ca.own_certificates import OwnCertificates, Role
from ca.timestamps import ClockGuard, TimeStamper
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import Clock, SmallCa
from tests.ca.judges import pem, run

POLICY = "2.25.211914571247113121998388443231194849381"


@dataclass
class Steady:
    """The machine's steady clock."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Stamping:
    """A stamper with the files that openssl judges by."""

    ca: SmallCa
    own: OwnCertificates
    guard: ClockGuard
    stamper: TimeStamper
    folder: Path
    steady: Steady
    servers: list[timedelta | OSError] = field(default_factory=list)

    def forward(self, seconds: float) -> None:
        """Time goes by, for both clocks."""
        self.ca.clock.forward(seconds=seconds)
        self.steady.seconds += seconds

    def query(self, *options: str, digest: str = "-sha256") -> bytes:
        (self.folder / "data").write_bytes(b"what is stamped")
        asked = ("openssl", "ts", "-query", "-data", self.folder / "data", digest, *options)
        code, said = run(*asked, "-out", self.folder / "query.tsq")
        assert code == 0, said
        return (self.folder / "query.tsq").read_bytes()

    def verified(self, answer: bytes, *options: str | Path) -> str:
        """What ``openssl ts -verify`` says of the answer."""
        (self.folder / "answer.tsr").write_bytes(answer)
        root = pem(self.folder / "root.pem", self.ca.root.certificate)
        middle = pem(self.folder / "middle.pem", self.ca.authority.certificate)
        options = options or ("-queryfile", self.folder / "query.tsq")
        at = str(int(self.ca.clock().timestamp()) + 60)
        asked = ("openssl", "ts", "-verify", "-in", self.folder / "answer.tsr", *options, "-attime", at)
        return run(*asked, "-CAfile", root, "-untrusted", middle)[1]

    def read(self, answer: bytes) -> str:
        """The answer as ``openssl ts -reply -text`` prints it."""
        (self.folder / "answer.tsr").write_bytes(answer)
        return run("openssl", "ts", "-reply", "-in", self.folder / "answer.tsr", "-text")[1]


@pytest.fixture(params=[KeyKind.P256, KeyKind.P384, KeyKind.RSA_2048])
def key_kind(request: pytest.FixtureRequest) -> KeyKind:
    kind: KeyKind = request.param
    return kind


def make(small_ca: SmallCa, token: Token, clock: Clock, folder: Path, kind: KeyKind) -> Stamping:
    issuer = small_ca.with_linter(Linter(remember_shapes=True))
    keys = _Named(TokenKeys(token), f"{folder.name}-{kind}")
    own = OwnCertificates(
        small_ca.engine,
        small_ca.authorities,
        issuer,
        keys,  # type: ignore[arg-type]
        clock,
        "封桥测试",
        kind,
    )
    steady = Steady()
    guard = ClockGuard(small_ca.engine, clock, steady=steady)
    stamper = TimeStamper(lambda: own.current(Role.TIME_STAMPING), guard, POLICY)
    return Stamping(small_ca, own, guard, stamper, folder, steady)


@pytest.fixture
def stamping(small_ca: SmallCa, session_token: Token, clock: Clock, tmp_path: Path) -> Stamping:
    return make(small_ca, session_token, clock, tmp_path, KeyKind.P256)


@pytest.fixture
def each_stamping(
    small_ca: SmallCa, session_token: Token, clock: Clock, tmp_path: Path, key_kind: KeyKind
) -> Stamping:
    return make(small_ca, session_token, clock, tmp_path, key_kind)


class _Named:
    """Keys under names of this test's own, since all tests share one token."""

    def __init__(self, keys: TokenKeys, suffix: str) -> None:
        self._keys = keys
        self._suffix = suffix

    def open(self, label: str) -> object:
        return self._keys.open(f"{label}-{self._suffix}")

    def generate(self, label: str, kind: KeyKind) -> object:
        return self._keys.generate(f"{label}-{self._suffix}", kind)
