"""``sealbridge setup``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Data, settings_of


def command(
    data: Data = None,
    public_url: Annotated[
        str | None,
        typer.Option(help="手机、电脑和验证方访问本服务的地址，写入 CA 证书", show_default=False),
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(help="根 CA 在别处：写出签发 CA 的证书请求后停下", show_default=False, dir_okay=False),
    ] = None,
) -> None:
    """初始化：密钥、根证书仪式、数据库和首个操作员。可重复运行，只补缺少的部分。"""
    from api.provisioning.steps import FIRST_OPERATOR, set_up  # not for the other commands: slow

    settings = settings_of(data, public_url=public_url)
    set_up(settings, lambda step: typer.echo(f"· {step}"), request)
    folder = settings.folder
    if not folder.issuing_certificate.exists():
        typer.echo(f"请在根 CA 处签发 {request}，")
        typer.echo(f"把 root.pem、root.crl、issuing.pem 放入 {folder.pki}，再运行 setup。")
        return
    secrets = folder.secrets
    typer.echo(f"完成。数据目录：{settings.data_dir}")
    typer.echo(f"首个操作员 {FIRST_OPERATOR} 的密码在 {secrets / 'operator.password'}")
    if folder.offline.exists():
        typer.echo(f"根 CA 的密钥设备在 {folder.offline}，服务器不使用它；请移至离线介质保管。")
