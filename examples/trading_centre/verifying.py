"""What a scan answered, verified offline, and the lines that tell a person so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from examples.trading_centre.site import Site
from mobile_bridge.sdk import (
    Approval,
    NotVerified,
    Started,
    Statement,
    Trust,
    certificates_of,
    verify_approval,
    verify_statement,
)


@dataclass
class Verified:
    """An answer that holds. ``lines``: what was verified, label and value."""

    started: Started
    answer: Mapping[str, Any]
    statement: Statement
    approval: Approval | None
    lines: list[tuple[str, str]] = field(default_factory=list)

    def approved(self) -> Approval:
        """Raises NotVerified where nobody approved with a key."""
        if self.approval is None:
            raise NotVerified("malformed", "no approval came with the answer")
        return self.approval

    def require(self, holds: bool, detail: str) -> None:
        """Raises NotVerified unless it holds."""
        if not holds:
            raise NotVerified("other_scan", detail)

    def note(self, label: str, value: str) -> None:
        """One more line."""
        self.lines.append((label, value))


def verified(site: Site, started: Started, answer: Mapping[str, Any]) -> Verified:
    """Raises NotVerified, whose message and code people are shown."""
    tokens = [str(answer[name]) for name in ("statement", "approval") if answer.get(name)]
    trust = _up_to_date(site, tokens)
    statement = verify_statement(str(answer.get("statement", "")), started, trust)
    given = answer.get("approval")
    approval = verify_approval(given, started, trust, statement) if given else None
    found = Verified(started, answer, statement, approval)
    found.note("服务声明", f"由“{statement.signer}”签名，证书链验证到本站预置的根证书")
    found.note("出具时间", f"{statement.issued_at.astimezone():%Y-%m-%d %H:%M:%S}")
    found.note("出具对象", f"{started.audience}（本站）")
    found.note("请求摘要", f"{started.request_digest[:16]}…，与本站发起的请求一致")
    if approval is not None:
        certificate = approval.certificate
        names = dict.fromkeys((approval.person, approval.enterprise, approval.credit_code))
        found.note("本人确认", "　".join(one for one in names if one))
        found.note("确认所用证书", f"序列号 {certificate.serial_number:x}，签名验证通过")
    return found


def _up_to_date(site: Site, tokens: Sequence[str]) -> Trust:
    """The root, with what its CAs say of revocations; lists are fetched again after an hour.

    Raises NotVerified, and Unreachable where a list cannot be had: then nobody is let in on a revoked key.
    """
    certificates = [one for token in tokens for one in certificates_of(token)]
    return site.trust.with_lists(site.lists.for_certificates(certificates))
