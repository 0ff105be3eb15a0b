"""``sealbridge token``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Data, settings_of
from api.tokens import use_embedded_softhsm
from hsm import Module, init_token, list_tokens, pin_from_file

app = typer.Typer(help="密码设备（PKCS#11 token）。", no_args_is_help=True)

PinFile = Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)]


@app.command("list")
def show(data: Data = None) -> None:
    """列出驱动能看到的密码设备，不需要 PIN。"""
    settings = settings_of(data)
    use_embedded_softhsm(settings)
    typer.echo(f"{settings.pkcs11_module}  {Module.load(settings.pkcs11_module).description}")
    for info in list_tokens(settings.pkcs11_module):
        maker = f"{info.manufacturer} {info.model}".strip()
        typer.echo(f"{info.label}\t序列号 {info.serial}\t{maker}\tPIN {info.pin_state}")


@app.command()
def init(
    label: Annotated[str, typer.Argument(help="标签，UTF-8 不超过 32 字节")],
    pin_file: PinFile,
    so_pin_file: PinFile,
    data: Data = None,
) -> None:
    """初始化一个空白密码设备。已初始化的设备不会被覆盖。"""
    settings = settings_of(data)
    use_embedded_softhsm(settings)
    so_pin, pin = pin_from_file(so_pin_file)(), pin_from_file(pin_file)()
    info = init_token(settings.pkcs11_module, label, so_pin, pin)
    typer.echo(f"已初始化 {info.label}，序列号 {info.serial}")
