"""What of the CA's own ends soon, or was not renewed in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from api.diagnosis.findings import Finding, fault, good, warning
from api.settings import Settings
from api.tokens import read_certificate
from api.upkeep.deadlines import Deadlines
from ca.authorities import Authorities
from ca.crl import CrlLibrary
from ca.deadlines import due
from ca.own_certificates import own_certificates

_ADVICE = "CA 证书：安排密钥仪式；其余：确认服务在运行，查看日志中的 chore_failed"


def ends(settings: Settings, engine: Engine, known: Authorities) -> Iterator[Finding]:
    """Certificates of the CAs, of responder, time stamper and journal, and all revocation lists."""
    now = datetime.now(UTC)
    deadlines = Deadlines(
        read_certificate(settings.folder.root_certificate),
        settings.folder.root_crl,
        known,
        lambda: own_certificates(engine),
        CrlLibrary(engine, known, lambda: now, settings.crl_policy),
        lambda: now,
    )
    pressing = due(deadlines.all(), now)
    for one in pressing:
        left = one.left(now)
        says = f"{one.name} 于 {one.ends:%Y-%m-%d %H:%M} UTC 到期"
        yield fault("到期", says, _ADVICE) if left < timedelta(0) else warning("到期", says, _ADVICE)
    if not pressing:
        yield good("到期", "CA 证书、服务证书和吊销列表都在有效期内")
