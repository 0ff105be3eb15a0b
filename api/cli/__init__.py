"""The command ``sealbridge``: setting up, serving, and looking after an installation."""

from __future__ import annotations

import getpass
import socket
import sys
from typing import NoReturn

import typer

from api.cli import (
    audit,
    ca,
    ceremony,
    certificate,
    crl,
    doctor,
    evidence,
    id_numbers,
    jobs,
    operator,
    platform,
    serve,
    setup,
    token,
    verify,
)
from api.errors import FileUnusable
from ca.audit.event import Actor, act_as
from hsm import SealBridgeError

app = typer.Typer(
    help="SealBridge 服务端：初始化、运行、检查。", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command("setup")(setup.command)
app.command("serve")(serve.command)
app.command("doctor")(doctor.command)
app.command("verify")(verify.command)
app.command("ceremony")(ceremony.command)
app.add_typer(token.app, name="token")
app.add_typer(operator.app, name="operator")
app.add_typer(platform.app, name="platform")
app.add_typer(ca.app, name="ca")
app.add_typer(certificate.app, name="certificate")
app.add_typer(audit.app, name="audit")
app.add_typer(evidence.app, name="evidence")
app.add_typer(crl.app, name="crl")
app.add_typer(id_numbers.app, name="id-numbers")
app.add_typer(jobs.app, name="jobs")


def main() -> None:
    """Run the command line; a refusal ends with its two sentences and status 1."""
    try:
        with act_as(Actor("console", getpass.getuser(), socket.gethostname())):
            app()
    except SealBridgeError as error:
        _end(error)
    except OSError as error:
        if error.filename is None:
            raise
        _end(FileUnusable(str(error), path=error.filename, reason=error.strerror))


def _end(error: SealBridgeError) -> NoReturn:
    print(f"{error.message}\n  {error.code}: {error}", file=sys.stderr)
    sys.exit(1)
