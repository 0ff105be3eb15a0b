"""下载到 CA 锁 in a terminal, and which certificates on the locks of this PC end soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import typer

from hsm import EnrolledPairs, Token
from hsm.errors import LoginNeeded, PinIncorrect
from mobile_bridge.agent.enrolment.pairs import MARK
from mobile_bridge.agent.enrolment.steps import LockEnrolment, Pin
from mobile_bridge.agent.errors import PHONE_FIRST, CertificateAmbiguous, NothingToRenew, ServerRefused
from mobile_bridge.agent.lock import LockCertificate, Locks, LockToken
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.agent.servers import Origin
from mobile_bridge.agent.setup import Setup
from mobile_bridge.agent.terminal import Manner, allow, describe, printable
from mobile_bridge.errors import NoCertificate, ServerUnreachable, UserCancelled

_POLL: Final = 2.0
_SOON: Final = timedelta(days=60)


def enrol(
    origin: Origin, address: str, code: str, setup: Setup, manner: Manner, *, same_key: bool, renewal: bool
) -> str:
    """Walk one enrolment to its end; how the lock is called. Raises UserCancelled for a no."""
    allow(origin, setup.servers(), manner)
    # The lock first: a session that is claimed without one would be spent for nothing.
    locks = setup.locks()
    lock = _choose(locks.tokens(), manner)
    client = ServerClient(origin, route=setup.route()).claim(address, code)
    enrolment = _arrived(client, locks, same_key=same_key)
    if renewal and not enrolment.is_issued and not enrolment.wanted.present_signing:
        enrolment.decline()
        raise NothingToRenew("the session is for a first certificate")
    _show(enrolment, lock)
    if not (manner.unattended or typer.confirm("核对无误，下载证书到这把锁吗？")):
        enrolment.decline()
        raise UserCancelled("declined at the terminal")
    if not enrolment.is_issued:
        _with_pin(manner, lambda pin: _make(enrolment, lock, pin))
    _wait(enrolment)
    _write(enrolment, lock, manner)
    return printable(lock.info.label)


def ending(locks: Locks, now: datetime) -> list[LockCertificate]:
    """The certificates on the locks that end soon or have ended, the first to end first."""
    try:
        found = locks.certificates()
    except NoCertificate:
        return []
    return sorted((each for each in found if each.ends - now <= _SOON), key=lambda each: each.ends)


def tell_orphans(setup: Setup, manner: Manner, delete: str) -> None:
    """List the pairs on a lock that were made for an enrolment and have no certificate, or destroy one.

    ``delete``: the beginning of an id, or nothing. Raises CertificateAmbiguous unless it names one, and
    UserCancelled for a no.
    """
    locks = setup.locks()
    lock = _choose(locks.tokens(), manner)

    def work(token: Token) -> None:
        pairs = EnrolledPairs(token)
        found = pairs.orphans(MARK)
        if not delete:
            typer.echo("\n".join(one.hex() for one in found) or "没有未使用的密钥。")
            return
        fitting = [one for one in found if one.hex().startswith(delete.lower())]
        if len(fitting) != 1:
            raise CertificateAmbiguous(f"{len(fitting)} pairs fit")
        question = f"删除密钥 {fitting[0].hex()}？正在办理的申请若已确认使用它，证书将无法写入。"
        if not (manner.unattended or typer.confirm(question)):
            raise UserCancelled("declined at the terminal")
        pairs.destroy(fitting[0])
        typer.echo("已删除。")

    _with_pin(manner, lambda pin: locks.work_on(lock, pin, work))


def tell_ending(setup: Setup) -> None:
    """List them, and say how to renew."""
    found = ending(setup.locks(), datetime.now(UTC))
    if not found:
        typer.echo(f"没有 {_SOON.days} 天内到期的证书。")
        return
    for each in found:
        typer.echo(f"{describe(each)}  锁：{printable(each.token.label)}")
    typer.echo(
        "续期：在手机“证书管理”中选择该证书并申请续期，申请表发送到电脑，"
        "用这把锁签章（sealbridge-agent approve）；"
        "审核通过后在手机点“下载到 CA 锁”，再运行 sealbridge-agent renew 手机上显示的地址。"
        "旧证书和密钥留在锁内，用于解密以前的文件。"
    )


def _choose(found: list[LockToken], manner: Manner) -> LockToken:
    if len(found) == 1:
        return found[0]
    for number, each in enumerate(found, 1):
        typer.echo(f"{number}. {printable(each.info.label)}  序列号 {each.info.serial}")
    if manner.unattended:
        raise CertificateAmbiguous(f"{len(found)} locks")
    number = 0
    while not 1 <= number <= len(found):
        number = int(typer.prompt("下载到哪把锁（序号）", type=int))
    return found[number - 1]


def _arrived(client: ServerClient, locks: Locks, *, same_key: bool) -> LockEnrolment:
    """The enrolment, as soon as the phone lets this PC; the server ends the waiting."""
    while True:
        try:
            return LockEnrolment(client, locks, same_key=same_key)
        except ServerRefused as refused:
            if refused.server_code != PHONE_FIRST:
                raise
        time.sleep(1)


def _show(enrolment: LockEnrolment, lock: LockToken) -> None:
    wanted = enrolment.wanted
    for label, text in (
        ("请求网站", f"{wanted.site}（{enrolment.server}）"),
        ("办理事项", wanted.title),
        ("单位名称", f"{wanted.enterprise_name} {wanted.credit_code}"),
        ("申请人", f"{wanted.applicant_name} {wanted.applicant_phone_masked}"),
        ("签名证书", wanted.signing_subject),
        ("加密证书", wanted.encryption_subject or "无"),
        ("密钥类型", wanted.key_kind),
        ("CA 锁", f"{lock.info.label} {lock.info.serial}"),
    ):
        typer.echo(f"{label}：{printable(text)}")


def _make(enrolment: LockEnrolment, lock: LockToken, pin: Pin) -> None:
    keys = enrolment.make(lock, pin)
    typer.echo(f"密钥在锁内。校验码：{keys.check}")
    typer.echo("请在手机上核对校验码并确认，确认后证书会写入 CA 锁。")


def _wait(enrolment: LockEnrolment) -> None:
    """Until the phone has confirmed; the server ends the waiting. A lost connection does not."""
    while True:
        try:
            if enrolment.fetch():
                return
        except ServerUnreachable as error:
            typer.echo(error.message, err=True)
        time.sleep(_POLL)


def _write(enrolment: LockEnrolment, lock: LockToken, manner: Manner) -> None:
    try:
        enrolment.write(lock, None)
    except LoginNeeded:
        _with_pin(manner, lambda pin: enrolment.write(lock, pin))


def _with_pin(manner: Manner, work: Callable[[Pin], None]) -> None:
    if manner.pin is not None:
        work(manner.pin)
        return
    while True:
        try:
            work(lambda: str(typer.prompt("CA 锁的 PIN 码", hide_input=True)))
            return
        except PinIncorrect as error:  # a person is asked again, never a file
            typer.echo(error.message, err=True)
