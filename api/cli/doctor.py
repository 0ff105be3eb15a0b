"""``sealbridge doctor``."""

from __future__ import annotations

import typer

from api.cli.options import Data, settings_of
from api.diagnosis.findings import Level

_SIGNS = {Level.GOOD: "✓", Level.WARNING: "!", Level.FAULT: "✗"}


def command(data: Data = None) -> None:
    """检查驱动、密码设备、密钥、数据库、字体和时钟，并说明如何处理。有故障时退出码为 1。"""
    from api.diagnosis.rounds import examine  # not for the other commands: slow

    findings = list(examine(settings_of(data)))
    for one in findings:
        typer.echo(f"{_SIGNS[one.level]} {one.subject}：{one.says}")
        if one.advice:
            typer.echo(f"    → {one.advice}")
    faults = sum(one.level is Level.FAULT for one in findings)
    warnings = sum(one.level is Level.WARNING for one in findings)
    typer.echo(f"\n{faults} 项故障，{warnings} 项提醒" if faults or warnings else "\n一切正常")
    raise typer.Exit(1 if faults else 0)
