"""``sealbridge token``."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Data, settings_of
from api.tokens import use_embedded_softhsm
from ca import sm2
from hsm import Module, Sm2Keys, Token, init_token, list_tokens, pin_from_file

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


@app.command("try-sm2")
def try_sm2(
    label: Annotated[str, typer.Argument(help="密码设备的标签")],
    pin_file: PinFile,
    mechanisms: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="SM2 机制配置文件（TOML）")
    ] = None,
    data: Data = None,
) -> None:
    """试用密码设备的 SM2：生成一对密钥，签名，用 OpenSSL 验证，然后销毁这对密钥。"""
    settings = settings_of(data, sm2_mechanisms=mechanisms)
    use_embedded_softhsm(settings)
    with Token.open(settings.token(label), pin_from_file(pin_file)) as token:
        keys, name = Sm2Keys(token), f"sealbridge-trial-{secrets.token_hex(4)}"
        key = keys.generate(name)
        try:
            typer.echo(f"已生成 {name}")
            for message in (b"", b"SealBridge", secrets.token_bytes(100_000)):
                sm2.check(key.public_key().spki, key.sign(message), message)
            typer.echo("签名已由 OpenSSL 验证：SM2 可用")
        finally:
            keys.destroy(name)
