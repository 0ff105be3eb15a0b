"""Fixtures that every package's tests stand on: real tokens and a real PostgreSQL."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import faulty_lock, postgres, sm2_module, softhsm, tpm

# Before anything imports hsm: SoftHSM2 reads its configuration when it is initialised, once a process.
_tokens = softhsm.enter_new_folder()
# The processes that tests start need not compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from hsm import Token, TokenConfig, init_token, read_table  # noqa: E402

_LONGEST = (
    *("tests/api/test_schema_holds.py", "tests/api/test_installing.py", "tests/journeys/"),
    *("tests/api/test_recovery.py", "tests/api/test_two_servers.py", "tests/api/test_trading_centre.py"),
    *("tests/mobile_bridge/widget/", "tests/mobile_bridge/agent/", "tests/ca/seals/test_cutting.py"),
    *("tests/api/test_downloads.py", "tests/api/test_certificates.py", "tests/api/test_access_matrix.py"),
    *("tests/api/test_csc_attacks.py", "tests/api/test_rollover.py", "tests/api/test_enterprises.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin: at the end no process is left with a long one while the others have none."""

    def place(item: pytest.Item) -> int:
        found = (at for at, start in enumerate(_LONGEST) if item.nodeid.startswith(start))
        return next(found, len(_LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session", name="softhsm")
def softhsm_module() -> Path:
    """The SoftHSM2 library, looking at a folder of this run's own."""
    return softhsm.module()


def _fresh_token(module: Path, name: str) -> Iterator[Token]:
    label, pin = f"{name}-{secrets.token_hex(4)}", secrets.token_urlsafe(9)
    init_token(module, label, secrets.token_urlsafe(9), pin)
    with Token.open(TokenConfig(module, label), lambda: pin) as token:
        yield token


@pytest.fixture(scope="session")
def session_token(softhsm: Path) -> Iterator[Token]:
    """One logged-in SoftHSM2 token for all tests that only add keys to it."""
    yield from _fresh_token(softhsm, "session")


@pytest.fixture(scope="module")
def token(softhsm: Path) -> Iterator[Token]:
    """A fresh SoftHSM2 token for a test module."""
    yield from _fresh_token(softhsm, "module")


@pytest.fixture(scope="session")
def tpm_lock() -> Iterator[tpm.TpmToken]:
    """A TPM behind tpm2-pkcs11, the second kind of token; skipped, and said so, where it is not installed."""
    if reason := tpm.missing():
        pytest.skip(f"no TPM: {reason}")
    # Not pytest's tmp_path: a socket's path may have 108 characters only.
    with tempfile.TemporaryDirectory(prefix="sb-tpm-") as folder, tpm.tpm_token(Path(folder)) as found:
        yield found


@pytest.fixture(scope="session")
def lock_with_faults(softhsm: Path, tmp_path_factory: pytest.TempPathFactory) -> faulty_lock.FaultyLock:
    """SoftHSM2 behind a module that fails as it is told; skipped where no C compiler is."""
    if reason := faulty_lock.missing():
        pytest.skip(f"no faulty lock: {reason}")
    return faulty_lock.build(tmp_path_factory.mktemp("faulty"), softhsm)


@pytest.fixture
def failing(lock_with_faults: faulty_lock.FaultyLock) -> Iterator[faulty_lock.FaultyLock]:
    """The same, without a fault at the beginning and at the end of a test."""
    lock_with_faults.now("")
    yield lock_with_faults
    lock_with_faults.now("")


@pytest.fixture(scope="session")
def sm2_lock(softhsm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module that does SM2 under a vendor's numbers; skipped where it cannot be compiled."""
    if reason := sm2_module.missing():
        pytest.skip(f"no module with SM2: {reason}")
    return sm2_module.build(tmp_path_factory.mktemp("sm2"), softhsm)


@pytest.fixture(scope="session")
def sm2_token(sm2_lock: Path) -> Iterator[Token]:
    """A token of that module, with the table of its numbers."""
    table = sm2_lock.with_suffix(".toml")
    table.write_text(sm2_module.TABLE)
    label, pin = f"sm2-{secrets.token_hex(4)}", secrets.token_urlsafe(9)
    init_token(sm2_lock, label, secrets.token_urlsafe(9), pin)
    with Token.open(TokenConfig(sm2_lock, label, sm2=read_table(table)), lambda: pin) as token:
        yield token


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """A running PostgreSQL; a URL with ``{name}`` for the database."""
    if reason := postgres.missing():
        pytest.skip(f"no PostgreSQL: {reason}")
    folder = tempfile.TemporaryDirectory(prefix="sb-pg-", ignore_cleanup_errors=True)
    with folder as path, postgres.cluster(Path(path)) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_cluster: str) -> str:
    """A database of the test's own."""
    return postgres.create_database(postgres_cluster, f"test_{secrets.token_hex(6)}")
