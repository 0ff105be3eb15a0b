"""The same approval in a terminal: for PCs without a browser, and unattended."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from hsm.errors import PinIncorrect
from mobile_bridge.agent.errors import PHONE_FIRST, CertificateAmbiguous, ServerRefused
from mobile_bridge.agent.lock import LockCertificate, Locks
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.agent.servers import KnownServers, Origin
from mobile_bridge.agent.setup import Setup
from mobile_bridge.agent.task import LockTask
from mobile_bridge.errors import ServerNotAllowed, UserCancelled


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go about it. ``pin``: where the PIN comes from, None to ask; ``unattended``: yes to all.

    ``certificate``: the beginning of a certificate's name as ``tokens`` lists it; ``save``: a folder in
    which the prepared document is kept.
    """

    unattended: bool = False
    pin: Callable[[], str] | None = None
    certificate: str = ""
    save: Path | None = None


def approve(origin: Origin, address: str, code: str, setup: Setup, manner: Manner) -> str:
    """Walk one task to its end; the SHA-256 of the signed document. Raises UserCancelled for a no."""
    allow(origin, setup.servers(), manner)
    # The lock first: a session that is claimed without one would be spent for nothing.
    locks = setup.locks()
    chosen = _choose(locks.certificates(), manner)
    client = ServerClient(origin, route=setup.route()).claim(address, code)
    task = _arrived(client, locks)
    _show(task, chosen)
    task.choose(chosen)
    with tempfile.TemporaryDirectory() as folder:
        _show_document(task, manner.save or Path(folder))
        if not (manner.unattended or typer.confirm("核对无误，同意签章吗？")):
            task.decline()
            raise UserCancelled("declined at the terminal")
        return _sign(task, manner)


def describe(certificate: LockCertificate) -> str:
    """One line about a certificate on a lock."""
    state = "" if certificate.is_in_force(datetime.now(UTC)) else "（不在有效期内）"
    holder, issuer = printable(certificate.holder), printable(certificate.issuer)
    return f"{certificate.id}  {holder}  颁发机构：{issuer}  有效期至 {certificate.ends:%Y-%m-%d}{state}"


def printable(text: str) -> str:
    """Text of others without control characters, which a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _arrived(client: ServerClient, locks: Locks) -> LockTask:
    """The task, as soon as the phone has said yes to this PC; the server ends the waiting."""
    told = False
    while True:
        try:
            return LockTask(client, locks)
        except ServerRefused as refused:
            if refused.server_code != PHONE_FIRST:
                raise
            if not told:
                typer.echo(printable(refused.message))
            told = True
        time.sleep(1)


def allow(origin: Origin, servers: KnownServers, manner: Manner) -> None:
    """Ask about a server that was never here before. Raises ServerNotAllowed."""
    if servers.knows(origin):
        return
    question = f"首次连接 {origin.text}，允许它请求用本机 CA 锁签章吗？"
    if not (manner.unattended or typer.confirm(question)):
        raise ServerNotAllowed(origin.text)
    servers.allow(origin)


def _choose(found: list[LockCertificate], manner: Manner) -> LockCertificate:
    fitting = [each for each in found if each.id.startswith(manner.certificate.lower())]
    if len(fitting) == 1:
        return fitting[0]
    for number, each in enumerate(fitting, 1):
        typer.echo(f"{number}. {describe(each)}")
    if manner.unattended or not fitting:
        raise CertificateAmbiguous(f"{len(fitting)} certificates fit")
    number = 0
    while not 1 <= number <= len(fitting):
        number = int(typer.prompt("用哪张证书签章（序号）", type=int))
    return fitting[number - 1]


def _show(task: LockTask, chosen: LockCertificate) -> None:
    facts = task.facts
    for label, text in (
        ("请求网站", f"{facts.site}（{task.server}）"),
        ("文件", facts.title),
        ("单位名称", f"{facts.enterprise_name} {facts.credit_code}"),
        ("申请人", f"{facts.applicant_name} {facts.applicant_phone_masked}"),
        ("签章证书", describe(chosen)),
    ):
        typer.echo(f"{label}：{printable(text)}")


def _show_document(task: LockTask, folder: Path) -> None:
    if task.document is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "document.pdf"
    path.write_bytes(task.document.pdf)
    typer.echo(f"待签文件：{path}")


def _sign(task: LockTask, manner: Manner) -> str:
    if manner.pin is not None:
        return task.approve(manner.pin)
    while True:
        try:
            return task.approve(lambda: str(typer.prompt("CA 锁的 PIN 码", hide_input=True)))
        except PinIncorrect as error:  # a person is asked again, never a file
            typer.echo(error.message, err=True)
