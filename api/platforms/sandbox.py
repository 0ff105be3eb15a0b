"""The platform that development comes with: the sample trading centre on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import select

from api.db import Database
from api.errors import ConfigurationRefused
from api.platforms.key_ring import KeyRing
from api.platforms.public_keys import CallKey
from api.platforms.rules import Scope
from api.platforms.service import Platforms, Registration
from api.platforms.tables import platform as table
from ca.audit.journal import Journal
from ca.ceremony.files import keep_secret

ORIGIN: Final = "http://127.0.0.1:8100"

_WHO: Final = "console:setup"
_TERMS: Final = Registration(
    name="演示交易中心",
    domain="127.0.0.1",
    origins=(ORIGIN,),
    callback_url=f"{ORIGIN}/sealbridge/webhook",
    scopes=frozenset(Scope),
)


def ensure_sandbox_platform(
    db: Database, clock: Callable[[], datetime], journal: Journal, key_file: Path
) -> None:
    """Register it and its key, which is made in ``key_file`` (0600) for the trading centre to read."""
    key = _key(key_file)
    ring = KeyRing(db, clock, journal)
    platform_id = sandbox_platform(db)
    if platform_id is None:
        registry = Platforms(db, clock, journal, on_this_machine=True)
        platform_id = registry.register(_WHO, _TERMS, is_sandbox=True).id
    if key.id not in {one.id for one in ring.of(platform_id)}:
        ring.add(_WHO, platform_id, key, "setup")


def refuse_sandbox_platform(db: Database) -> None:
    """Raises ConfigurationRefused: a production server knows no platform of a demonstration."""
    if sandbox_platform(db) is not None:
        raise ConfigurationRefused(
            "the database has the sandbox platform in it, whose key lies beside the data",
            reason="生产环境的数据库中有演示交易中心",
        )


def sandbox_platform(db: Database) -> str | None:
    """Its id, None where there is none."""
    with db.read() as tx:
        return tx.execute(select(table.c.id).where(table.c.is_sandbox)).scalar_one_or_none()


def _key(file: Path) -> CallKey:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate()
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keep_secret(file, pem.decode())
    private = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationRefused(f"{file} is no Ed25519 key", reason=f"{file} 不是 Ed25519 私钥")
    return CallKey(private.public_key())
