"""Checks of everything around the tokens: database, disk, clock, fonts, trusted locks, configuration."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from api import migrations
from api.accounts.operators import has_operators
from api.db import Database, make_engine
from api.diagnosis.findings import Finding, fault, good, warning
from api.outside.ntp import time_server
from api.production import refuse_demo
from api.settings import Settings
from api.tokens import read_certificate
from ca.tables import certificate as ledger
from ca.timestamps import ClockPolicy
from ca.trust import LockTrust
from ca.typesetting.fonts import Face
from hsm import SealBridgeError

_SETUP: Final = "运行 sealbridge setup"
_LEAST_FREE: Final = 500 * 1024 * 1024
_SAMPLE: Final = "数字证书和电子签章企业申请表临沂市公共资源交易中心0123456789"


def configuration(settings: Settings) -> Iterator[Finding]:
    """The settings themselves, and the server's secrets."""
    try:
        refuse_demo(settings)
        settings.server_secret()
        settings.data_secret()
    except SealBridgeError as exc:
        yield fault("配置", str(exc), "按提示修改设置；缺少密钥文件时" + _SETUP)
        return
    yield good("配置", f"{settings.mode}，对外地址 {settings.public_url}")


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers, has this version's schema, and knows an operator."""
    if settings.is_embedded and not settings.folder.database.exists():
        yield fault("数据库", f"{settings.folder.database} 不存在", _SETUP)
        return
    db = Database(make_engine(settings.database))
    try:
        yield from _database(db)
    except SQLAlchemyError as exc:
        reason = str(getattr(exc, "orig", exc)).splitlines()[0]
        yield fault("数据库", f"无法访问（{reason}）", "检查数据库服务和 SEALBRIDGE_DATABASE_URL")
    finally:
        db.engine.dispose()


def disk(settings: Settings) -> Iterator[Finding]:
    """Room in the data folder."""
    if not settings.data_dir.exists():
        yield fault("数据目录", f"{settings.data_dir} 不存在", f"{_SETUP}，或用 --data 指定")
        return
    free = shutil.disk_usage(settings.data_dir).free
    megabytes = free // 1024**2
    if free < _LEAST_FREE:
        yield warning("磁盘", f"剩余 {megabytes} MB", "清理磁盘；写满后服务会拒绝写入")
    else:
        yield good("磁盘", f"剩余 {megabytes} MB")


def clock(settings: Settings) -> Iterator[Finding]:
    """Whether the clock can be right: inside the issuing CA's validity, and not behind the ledger."""
    now = datetime.now(UTC)
    try:
        issuing = read_certificate(settings.folder.issuing_certificate)
    except SealBridgeError as exc:
        yield fault("证书", str(exc), _SETUP)
        return
    if not issuing.not_valid_before_utc <= now <= issuing.not_valid_after_utc:
        says = f"{now:%Y-%m-%d %H:%M} UTC 不在签发 CA 证书有效期内"
        yield fault("时钟", says, "校准系统时间（NTP），或更新签发 CA")
    elif (latest := _latest_issue(settings)) is not None and latest > now + timedelta(minutes=1):
        says = f"早于最近一次签发（{latest:%Y-%m-%d %H:%M} UTC）"
        yield fault("时钟", says, "系统时间被拨回，请校准（NTP）")
    elif issuing.not_valid_after_utc - now < timedelta(days=180):
        yield warning("签发 CA", f"{issuing.not_valid_after_utc:%Y-%m-%d} 到期", "安排新的签发 CA 仪式")
    else:
        yield good("时钟", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def time_servers(settings: Settings) -> Iterator[Finding]:
    """Whether those that the time stamper asks answer, and agree with the clock."""
    if not settings.time_servers:
        # Jumps are noticed all the same; a clock that was wrong at the start is not.
        says = "未配置，时间戳服务无法发现启动时就不准的时钟"
        yield warning("时间服务器", says, "设置 SEALBRIDGE_NTP_SERVERS")
        return
    for name in settings.time_servers:
        try:
            offset = time_server(name)().total_seconds()
        except OSError as exc:
            yield fault("时间服务器", f"{name} 没有时间可用（{exc}）", "检查地址和 UDP 123 端口")
            continue
        if abs(offset) > ClockPolicy().tolerance.total_seconds():
            yield fault("时间服务器", f"本机时钟与 {name} 相差 {offset:.3f} 秒", "校准系统时间（NTP）")
        else:
            yield good("时间服务器", f"{name}，相差 {offset:.3f} 秒")


def fonts(_: Settings) -> Iterator[Finding]:
    """Whether forms and seals can be set."""
    missing = [face.name for face in Face if face.coverage.missing(_SAMPLE)]
    if missing:
        yield fault("字体", f"{'、'.join(missing)} 缺字", "重新安装 pylopdf-fonts-zh-cn")
    else:
        yield good("字体", "申请书和印章所需中文字体齐全")


def locks(settings: Settings) -> Iterator[Finding]:
    """The lock CAs that are trusted, and whether their lists are in force."""
    now = datetime.now(UTC)
    folder = settings.folder.lock_cas
    try:
        trust = LockTrust.load(folder)
    except (OSError, ValueError) as exc:
        yield fault("CA 锁", f"{folder} 中有无法读取的文件（{type(exc).__name__}）", "只放 PEM 证书和 CRL")
        return
    if not trust.cas:
        yield warning(
            "CA 锁", "没有受信任的锁证书颁发机构，“发送到电脑”无法使用", f"把其证书放入 {folder}/*.pem"
        )
        return
    stale = [crl for crl in trust.crls if crl.next_update_utc is None or crl.next_update_utc < now]
    if stale:
        yield warning("CA 锁", f"{len(stale)} 个吊销列表已过期，对应的锁会被拒绝", f"更新 {folder}/*.crl")
    else:
        yield good("CA 锁", f"信任 {len(trust.cas)} 个锁证书颁发机构")


def _database(db: Database) -> Iterator[Finding]:
    if not migrations.is_current(db.engine):
        yield fault("数据库", "结构不是当前版本", _SETUP)
        return
    with db.read() as tx:
        known = has_operators(tx)
    yield good("数据库", f"{db.engine.dialect.name}，结构为当前版本")
    if not known:
        yield warning("操作员", "还没有审核员", "运行 sealbridge operator add 名称")


def _latest_issue(settings: Settings) -> datetime | None:
    db = Database(make_engine(settings.database))
    try:
        with db.read() as tx:
            latest: datetime | None = tx.execute(select(func.max(ledger.c.prepared_at))).scalar_one()
            return latest
    except SQLAlchemyError:
        return None  # told by the check of the database
    finally:
        db.engine.dispose()
