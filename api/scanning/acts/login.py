"""扫码登录 and 投标工具 CA 认证: who is in front of the browser, or of the tool."""

from __future__ import annotations

from api.certificates.service import Certificates
from api.scanning.acts.outcome import Outcome
from api.scanning.choosing import Asked


class Login:
    """A binding in force says who it is; no PIN."""

    def perform(self, asked: Asked) -> Outcome:
        """Nothing but who it is."""
        return Outcome({})


class ToolLogin:
    """The bidding tool works with the person's keys, so the PIN is asked."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates

    def perform(self, asked: Asked) -> Outcome:
        """Raises what ``Certificates.open`` does."""
        identity = self._certificates.open(
            asked.person, asked.certificate.serial, asked.pin, asked.rule.permission
        )
        tool = {"tool": asked.request["tool"]}
        return Outcome(tool, identity=identity, shown=tool)
