"""``sealbridge ca``: the issuing CAs and their rollover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Engine

from api.cli.options import Data, journal_of, settings_of
from api.db import make_engine
from api.settings import Settings
from api.tokens import read_certificate, use_embedded_softhsm
from ca.authorities import StoredAuthorities, activate, add_authority
from ca.ceremony.files import keep
from ca.ceremony.steps import AuthorityName, request_certificate
from hsm import KeyKind, Token, TokenKeys, has_key

app = typer.Typer(help="签发 CA：查看、更替。", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="签发 CA 的名称，也是密钥标签，如 issuing-2")]


@app.command("list")
def show(data: Data = None) -> None:
    """列出签发 CA 及其状态。"""
    settings = settings_of(data)
    with _engine(settings) as engine, _keys(settings) as keys:
        for one in StoredAuthorities(engine, keys.open, settings.pki_url).all():
            certificate = one.authority.certificate
            ends = certificate.not_valid_after_utc.date()
            typer.echo(f"{one.name}\t{one.state}\t{certificate.subject.rfc4514_string()}\t有效期至 {ends}")


@app.command()
def request(
    name: Name,
    out: Annotated[Path, typer.Argument(help="证书请求（PKCS#10）写入该文件")],
    common_name: Annotated[str, typer.Option(help="新 CA 的名称（CN）")],
    key: Annotated[KeyKind, typer.Option(help="密钥类型")] = KeyKind.RSA_3072,
    data: Data = None,
) -> None:
    """在签发设备上生成新 CA 的密钥，写出请求，供根证书仪式签发。"""
    settings = settings_of(data)
    with _keys(settings) as keys:
        made = keys.open(name) if has_key(keys, name) else keys.generate(name, key)
        wanted = AuthorityName(common_name, settings.ca_organization)
        keep(out, request_certificate(made, wanted).public_bytes(Encoding.PEM))
    typer.echo(f"密钥 {name} 已在签发设备上，请求已写入 {out}")


@app.command()
def add(
    name: Name,
    certificate: Annotated[Path, typer.Argument(help="仪式签发的 CA 证书（PEM）", exists=True)],
    data: Data = None,
    shards: Annotated[int, typer.Option(help="吊销列表分片数", min=1, max=1024)] = 1,
) -> None:
    """登记新的签发 CA。尚不启用。"""
    settings = settings_of(data)
    made = read_certificate(certificate)
    root = read_certificate(settings.folder.root_certificate)
    with _engine(settings) as engine, _keys(settings) as keys:
        if keys.open(name).public_key() != made.public_key():
            raise typer.BadParameter("证书与签发设备上的密钥不匹配")
        journal = journal_of(settings, engine)
        add_authority(engine, name, name, made, [root], shards, datetime.now(UTC), journal)
    typer.echo(f"已登记 {name}；用 sealbridge ca activate {name} 启用")


@app.command("activate")
def take_over(name: Name, data: Data = None) -> None:
    """启用：此后由它签发；原 CA 继续提供吊销列表和 OCSP。运行中的服务一秒内生效，无需重启。"""
    settings = settings_of(data)
    with _engine(settings) as engine:
        activate(engine, name, datetime.now(UTC), journal_of(settings, engine))
    typer.echo(f"{name} 已启用")


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = make_engine(settings.database)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _keys(settings: Settings) -> Iterator[TokenKeys]:
    use_embedded_softhsm(settings)
    with Token.open(settings.issuing, settings.issuing_pin_source) as token:
        yield TokenKeys(token)
