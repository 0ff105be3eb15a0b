"""The life of an application: one table, one function. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from api.errors import AppError
from hsm.errors import Kind


class Status(StrEnum):
    """Where an application stands.

    SIGNED: the enterprise's seal is on its form, by a lock or on paper. ENDORSED: one operator approved it,
    and its product demands a second.
    """

    DRAFT = "draft"
    SIGNED = "signed"
    SUBMITTED = "submitted"
    ENDORSED = "endorsed"
    APPROVED = "approved"
    ISSUED = "issued"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Actor(StrEnum):
    """Who acts on an application."""

    APPLICANT = "applicant"
    LOCK = "lock"
    OPERATOR = "operator"


class Action(StrEnum):
    """What moves an application."""

    SIGN = "sign"
    UPLOAD_PAPER = "upload-paper"
    SUBMIT = "submit"
    APPROVE = "approve"
    ENDORSE = "endorse"
    COUNTERSIGN = "countersign"
    REJECT = "reject"
    ISSUE = "issue"
    WITHDRAW = "withdraw"


MOVES: Final[dict[tuple[Status, Action], tuple[Status, Actor]]] = {
    (Status.DRAFT, Action.SIGN): (Status.SIGNED, Actor.LOCK),
    (Status.DRAFT, Action.UPLOAD_PAPER): (Status.SIGNED, Actor.APPLICANT),
    (Status.DRAFT, Action.WITHDRAW): (Status.WITHDRAWN, Actor.APPLICANT),
    (Status.SIGNED, Action.SUBMIT): (Status.SUBMITTED, Actor.APPLICANT),
    (Status.SIGNED, Action.WITHDRAW): (Status.WITHDRAWN, Actor.APPLICANT),
    (Status.SUBMITTED, Action.APPROVE): (Status.APPROVED, Actor.OPERATOR),
    (Status.SUBMITTED, Action.ENDORSE): (Status.ENDORSED, Actor.OPERATOR),
    (Status.ENDORSED, Action.COUNTERSIGN): (Status.APPROVED, Actor.OPERATOR),
    (Status.ENDORSED, Action.REJECT): (Status.REJECTED, Actor.OPERATOR),
    (Status.ENDORSED, Action.WITHDRAW): (Status.WITHDRAWN, Actor.APPLICANT),
    (Status.SUBMITTED, Action.REJECT): (Status.REJECTED, Actor.OPERATOR),
    (Status.SUBMITTED, Action.WITHDRAW): (Status.WITHDRAWN, Actor.APPLICANT),
    (Status.APPROVED, Action.ISSUE): (Status.ISSUED, Actor.APPLICANT),
}

EDITABLE: Final = frozenset({Status.DRAFT, Status.SIGNED})
"""The applicant may still add evidence."""

OPEN: Final = EDITABLE | {Status.SUBMITTED, Status.ENDORSED, Status.APPROVED}
"""Neither finished nor given up."""

MOST_OPEN: Final = 20
"""Open applications a person may have at once."""


class WrongMove(AppError):
    """The application does not stand where this could be done; also what the loser of a race is told."""

    kind = Kind.CONFLICT
    code = "application_state"
    zh = "申请当前状态（{status_name}）不能进行此操作"

    def __init__(self, detail: str, *, status: Status) -> None:
        super().__init__(detail, status=status, status_name=NAMES[status])


class SameOperator(AppError):
    """The second approval must be another operator's (four eyes)."""

    kind = Kind.FORBIDDEN
    code = "second_operator_needed"
    zh = "复核须由另一名操作员完成"


class TooManyOpen(AppError):
    """The person has as many open applications as anybody may have."""

    kind = Kind.TOO_MANY
    code = "too_many_applications"
    zh = "未完成的申请过多，请先完成或撤回已有申请"


class LicenceMissing(AppError):
    """The picture of the licence has not been uploaded."""

    kind = Kind.CONFLICT
    code = "licence_missing"
    zh = "请先上传营业执照或统一社会信用代码证照片"


class FormNotSigned(AppError):
    """The application form carries no seal yet."""

    kind = Kind.CONFLICT
    code = "form_not_signed"
    zh = "申请书尚未签章，请先完成签章"


NAMES: Final = {
    Status.DRAFT: "待签章",
    Status.SIGNED: "已签章",
    Status.SUBMITTED: "待审核",
    Status.ENDORSED: "待复核",
    Status.APPROVED: "审核通过，待下载",
    Status.ISSUED: "已下载",
    Status.REJECTED: "审核未通过",
    Status.WITHDRAWN: "已撤回",
}
"""How people call each status."""


def move(status: Status, action: Action, actor: Actor) -> Status:
    """The status after ``actor`` did ``action``. Raises WrongMove."""
    after, allowed = MOVES.get((status, action), (status, None))
    if actor is not allowed:
        raise WrongMove(f"{actor} cannot {action} an application that is {status}", status=status)
    return after


def approval(status: Status, approvals: int) -> Action:
    """What an operator's approval means where ``approvals`` (1 or 2) of them are demanded."""
    if status is Status.ENDORSED:
        return Action.COUNTERSIGN
    return Action.APPROVE if approvals < 2 else Action.ENDORSE


def check_complete(status: Status, *, has_licence: bool) -> None:
    """What a submission needs. Raises LicenceMissing, FormNotSigned."""
    if status in EDITABLE and not has_licence:
        raise LicenceMissing("the licence has not been uploaded")
    if status is Status.DRAFT:
        raise FormNotSigned("the form has not been signed")
