"""``sealbridge setup``: all steps in their order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from api import migrations
from api.accounts.operators import add_operator, has_operators
from api.accounts.rules import Role
from api.catalogue.seed import seed
from api.db import Database, make_engine
from api.platforms.sandbox import ensure_sandbox_platform
from api.provisioning.authority import check_certificates, ensure_certificates, ensure_tokens, write_request
from api.provisioning.folders import (
    ensure_folders,
    ensure_secret,
    ensure_softhsm,
    new_key,
    new_pin,
)
from api.provisioning.sandboxes import ensure_sandbox_keys
from api.realname.data_keys import ensure_data_key
from api.settings import Mode, Settings
from api.tokens import OpenTokens, read_certificate
from ca.audit.journal import Journal
from ca.authorities import StoredAuthorities, activate, add_authority
from ca.crl import CrlLibrary
from ca.crl.files import write_lists
from ca.tables import authority
from hsm import TokenKeys

FIRST_OPERATOR: Final = "operator"

Say = Callable[[str], None]


def set_up(settings: Settings, say: Say, request: Path | None = None) -> None:
    """Make everything that is missing for a start. May be killed anywhere and run again.

    ``say``: is told each step, in Chinese. ``request``: where the issuing CA's request is written for a root
    that is elsewhere; then all waits until ``pki/`` holds what its ceremonies gave.

    Raises ConfigurationRefused, HsmError, CaError.
    """
    folder = settings.folder
    say("准备数据目录和密钥文件")
    ensure_folders(folder)
    ensure_softhsm(folder.root)
    for name in ("server.key", "data.key"):
        ensure_secret(folder.secret(name), new_key)
    ensure_secret(folder.secret("metrics.token"), new_pin)
    ensure_sandbox_keys(settings)
    say("准备数据库")
    db = Database(make_engine(settings.database))
    try:
        _prepare_database(settings, db)
        say("准备密码设备（签发、用户密钥）")
        ensure_tokens(settings)
        _prepare_authority(settings, db, say, request)
    finally:
        db.engine.dispose()


def _prepare_database(settings: Settings, db: Database) -> None:
    migrations.upgrade(db.engine)
    with db.write() as tx:
        seed(tx, settings.ca_organization, datetime.now(UTC))
        has_one = has_operators(tx)
    if not has_one:
        password = ensure_secret(settings.folder.secret("operator.password"), new_pin)
        add_operator(db, FIRST_OPERATOR, password, datetime.now(UTC), _journal(settings, db), Role)
    if settings.mode is Mode.DEVELOPMENT:
        journal, file = _journal(settings, db), settings.folder.trading_centre_key
        ensure_sandbox_platform(db, lambda: datetime.now(UTC), journal, file)


def _ensure_authority(settings: Settings, db: Database) -> None:
    with db.read() as tx:
        if tx.execute(select(authority.c.name).limit(1)).first() is not None:
            return
    folder, now, name = settings.folder, datetime.now(UTC), settings.issuing_key
    journal = _journal(settings, db)
    issuing = read_certificate(folder.issuing_certificate)
    root = read_certificate(folder.root_certificate)
    add_authority(db.engine, name, name, issuing, [root], settings.crl_shards, now, journal)
    activate(db.engine, name, now, journal)


def _journal(settings: Settings, db: Database) -> Journal:
    return Journal(db.engine, settings.node, lambda: datetime.now(UTC))


def _prepare_authority(settings: Settings, db: Database, say: Say, request: Path | None) -> None:
    tokens = OpenTokens.open(settings)
    try:
        if request is not None and not settings.folder.issuing_certificate.exists():
            say(f"生成签发 CA 密钥，请求写入 {request}")
            write_request(settings, tokens, request)
            return
        say("生成签发 CA 密钥，举行根证书仪式（独立进程）")
        ensure_certificates(settings, tokens)
        check_certificates(settings, tokens)
        _ensure_authority(settings, db)
        tokens.vault()
        ensure_data_key(db, tokens.subscribers, datetime.now(UTC))
        say("签发吊销列表")
        known = StoredAuthorities(db.engine, TokenKeys(tokens.issuing).open, settings.pki_url)
        lists = CrlLibrary(db.engine, known, lambda: datetime.now(UTC), settings.crl_policy)
        lists.publish_due()
        write_lists(settings.folder.pki, lists)
    finally:
        tokens.close()
