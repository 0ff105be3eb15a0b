"""What reviewers and managers send, and what the office answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.applications.evidence import EvidenceKind, Wanted
from api.review.rules import Verdict
from api.review.service.decide import Why
from api.wire import Answer, Body

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", examples=["licence-unclear"])]


class Rejection(Body):
    """Why; the applicant reads it. Templates by their codes, words of one's own, or both."""

    reasons: list[Code] = Field(default=[], max_length=5, examples=[["seal-missing"]])
    reason: str | None = Field(None, min_length=2, max_length=500, examples=["公章与企业名称不一致"])

    def why(self) -> Why:
        """As the service takes it."""
        return Why(tuple(self.reasons), self.reason)


class WantedBody(Body):
    """A piece of evidence. ``name``: an attachment's code."""

    kind: Literal["licence", "paper-form", "signature", "attachment"]
    name: str = Field("", max_length=40)


class Return(Rejection):
    """退回补充材料. ``wanted``: what is to be sent again or in addition."""

    reasons: list[Code] = Field(default=[], max_length=5, examples=[["licence-unclear"]])
    wanted: list[WantedBody] = Field(default=[], max_length=10, examples=[[{"kind": "licence"}]])

    def why(self) -> Why:
        """As the service takes it."""
        wanted = tuple(Wanted(EvidenceKind(one.kind), one.name) for one in self.wanted)
        return Why(tuple(self.reasons), self.reason, wanted)


class TakeOver(Body):
    """``operator``: the name of the reviewer who is to have the case; the manager when left out."""

    operator: str | None = Field(None, min_length=1, max_length=64)


class Reveal(Body):
    """``revision``: of which version; of the current one when left out."""

    revision: int | None = Field(None, ge=1, le=2**31 - 1)


class ReasonEdit(Body):
    """A template. ``replaces``: the version that was read, 0 for a new one."""

    verdict: Literal["reject", "return"]
    text: str = Field(min_length=2, max_length=200, examples=["申请书未加盖单位公章"])
    in_use: bool = True
    replaces: int = Field(0, ge=0, le=2**31 - 2)


class ReasonView(Answer):
    """A template of a reason."""

    code: str
    verdict: Verdict
    text: str
    in_use: bool
    version: int
    changed_by: str
    changed_at: datetime


class ChecksAsked(Answer):
    """The checks are made soon; read the case again."""

    id: str
    revision: int


class PendingView(Answer):
    """How many wait. ``ages``: up to a day, up to three, up to seven, and longer."""

    status: str
    number: int
    oldest: datetime | None
    ages: list[int]


class DecidedView(Answer):
    """Decisions of an operator on a day in China. ``verdict``: ``endorse`` is the first of two approvals."""

    day: str
    operator: str
    verdict: Verdict
    number: int


class RefusedView(Answer):
    """How often a template was used. ``text``: as it is now."""

    code: str
    verdict: Verdict
    text: str
    number: int
