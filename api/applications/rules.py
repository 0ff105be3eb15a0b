"""The life of an application of any kind: one table, one function. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.applications.kinds import NEEDS, ApplicationKind, Gives, Needs, Sealing
from api.errors import AppError
from hsm.errors import Kind


class Status(StrEnum):
    """Where an application stands.

    SIGNED: its form is sealed, by a lock, with a PIN or on paper. CONSENT: the enterprise's administrator is
    asked. ENDORSED: one operator approved it, and a second must. RETURNED: an operator asked for more.
    ISSUED: its certificate was downloaded. DONE: what it asked for was done, without a certificate.
    DECLINED: by the administrator; REJECTED: by an operator. FAILED: approved, and could not be carried out.
    """

    DRAFT = "draft"
    SIGNED = "signed"
    CONSENT = "consent"
    SUBMITTED = "submitted"
    ENDORSED = "endorsed"
    RETURNED = "returned"
    APPROVED = "approved"
    ISSUED = "issued"
    DONE = "done"
    REJECTED = "rejected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"


class Actor(StrEnum):
    """Who acts on an application. SYSTEM: the service itself, by a rule."""

    APPLICANT = "applicant"
    ADMINISTRATOR = "administrator"
    LOCK = "lock"
    OPERATOR = "operator"
    SYSTEM = "system"


class Action(StrEnum):
    """What moves an application.

    CARRY_OVER: the new version's form is the one that was sealed before. FULFIL: what needs no download takes
    effect. SUBMIT hands it to the operators, ASK first to the enterprise's administrator.
    """

    SIGN = "sign"
    SEAL = "seal"
    UPLOAD_PAPER = "upload-paper"
    CARRY_OVER = "carry-over"
    SUBMIT = "submit"
    ASK = "ask"
    CONSENT = "consent"
    DECLINE = "decline"
    APPROVE = "approve"
    ENDORSE = "endorse"
    COUNTERSIGN = "countersign"
    RETURN = "return"
    REJECT = "reject"
    REVISE = "revise"
    ISSUE = "issue"
    FULFIL = "fulfil"
    FAIL = "fail"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a move leads, and for which kinds there is one."""

    after: Status
    fits: Callable[[Needs], bool] = lambda _: True


def _sealed(way: Sealing) -> Callable[[Needs], bool]:
    return lambda needs: way in needs.sealings


def _has_form(needs: Needs) -> bool:
    return needs.form


def _has_no_form(needs: Needs) -> bool:
    return not needs.form and not needs.letter


def _has_letter(needs: Needs) -> bool:
    return needs.letter


def _may_skip_operators(needs: Needs) -> bool:
    return needs.least_approvals == 0


def _is_downloaded(needs: Needs) -> bool:
    return needs.gives in (Gives.CERTIFICATE, Gives.RECORD)


def _takes_effect(needs: Needs) -> bool:
    return needs.gives in (Gives.RECORD, Gives.REVOCATION)


_S, _A, _BY = Status, Action, Actor

MOVES: Final[dict[tuple[Status, Action, Actor], Move]] = {
    (_S.DRAFT, _A.SIGN, _BY.LOCK): Move(_S.SIGNED, _sealed(Sealing.LOCK)),
    (_S.DRAFT, _A.SEAL, _BY.APPLICANT): Move(_S.SIGNED, _sealed(Sealing.PIN)),
    (_S.DRAFT, _A.UPLOAD_PAPER, _BY.APPLICANT): Move(_S.SIGNED, _sealed(Sealing.PAPER)),
    (_S.DRAFT, _A.CARRY_OVER, _BY.SYSTEM): Move(_S.SIGNED, _has_form),
    (_S.DRAFT, _A.SUBMIT, _BY.APPLICANT): Move(_S.SUBMITTED, _has_no_form),
    (_S.DRAFT, _A.ASK, _BY.APPLICANT): Move(_S.CONSENT, _has_letter),
    (_S.SIGNED, _A.SUBMIT, _BY.APPLICANT): Move(_S.SUBMITTED, _has_form),
    (_S.CONSENT, _A.CONSENT, _BY.ADMINISTRATOR): Move(_S.SUBMITTED, _has_letter),
    (_S.CONSENT, _A.DECLINE, _BY.ADMINISTRATOR): Move(_S.DECLINED, _has_letter),
    (_S.SUBMITTED, _A.APPROVE, _BY.OPERATOR): Move(_S.APPROVED),
    (_S.SUBMITTED, _A.APPROVE, _BY.SYSTEM): Move(_S.APPROVED, _may_skip_operators),
    (_S.SUBMITTED, _A.ENDORSE, _BY.OPERATOR): Move(_S.ENDORSED),
    (_S.SUBMITTED, _A.RETURN, _BY.OPERATOR): Move(_S.RETURNED),
    (_S.SUBMITTED, _A.REJECT, _BY.OPERATOR): Move(_S.REJECTED),
    (_S.ENDORSED, _A.COUNTERSIGN, _BY.OPERATOR): Move(_S.APPROVED),
    (_S.ENDORSED, _A.RETURN, _BY.OPERATOR): Move(_S.RETURNED),
    (_S.ENDORSED, _A.REJECT, _BY.OPERATOR): Move(_S.REJECTED),
    (_S.RETURNED, _A.SUBMIT, _BY.APPLICANT): Move(_S.SUBMITTED),
    (_S.REJECTED, _A.REVISE, _BY.APPLICANT): Move(_S.DRAFT),
    (_S.DECLINED, _A.REVISE, _BY.APPLICANT): Move(_S.DRAFT),
    (_S.APPROVED, _A.ISSUE, _BY.APPLICANT): Move(_S.ISSUED, _is_downloaded),
    (_S.APPROVED, _A.FULFIL, _BY.SYSTEM): Move(_S.DONE, _takes_effect),
    (_S.APPROVED, _A.FAIL, _BY.SYSTEM): Move(_S.FAILED),
    (_S.DRAFT, _A.WITHDRAW, _BY.APPLICANT): Move(_S.WITHDRAWN),
    (_S.SIGNED, _A.WITHDRAW, _BY.APPLICANT): Move(_S.WITHDRAWN),
    (_S.CONSENT, _A.WITHDRAW, _BY.APPLICANT): Move(_S.WITHDRAWN, _has_letter),
    (_S.SUBMITTED, _A.WITHDRAW, _BY.APPLICANT): Move(_S.WITHDRAWN),
    (_S.ENDORSED, _A.WITHDRAW, _BY.APPLICANT): Move(_S.WITHDRAWN),
    (_S.RETURNED, _A.WITHDRAW, _BY.APPLICANT): Move(_S.WITHDRAWN),
    (_S.DRAFT, _A.EXPIRE, _BY.SYSTEM): Move(_S.EXPIRED),
    (_S.SIGNED, _A.EXPIRE, _BY.SYSTEM): Move(_S.EXPIRED),
    (_S.CONSENT, _A.EXPIRE, _BY.SYSTEM): Move(_S.EXPIRED, _has_letter),
    (_S.RETURNED, _A.EXPIRE, _BY.SYSTEM): Move(_S.EXPIRED),
    (_S.APPROVED, _A.EXPIRE, _BY.SYSTEM): Move(_S.EXPIRED, _is_downloaded),
}
"""Every move there is, with the status it leads to. What a form says is fixed from DRAFT on; REVISE begins
another version."""

EDITABLE: Final = frozenset({Status.DRAFT, Status.SIGNED, Status.RETURNED})
"""The applicant may still add evidence."""

UNSUBMITTED: Final = frozenset({Status.DRAFT, Status.SIGNED})
"""Nobody has been asked for anything yet."""

OPEN: Final = EDITABLE | {Status.CONSENT, Status.SUBMITTED, Status.ENDORSED, Status.APPROVED}
"""Neither finished nor given up."""

REVISABLE: Final = frozenset({Status.REJECTED, Status.DECLINED})
"""Refused; the applicant may correct it and try again."""

MOST_OPEN: Final = 20
"""Open applications a person may have at once."""

ABANDONED_AFTER: Final = {
    Status.DRAFT: timedelta(days=30),
    Status.SIGNED: timedelta(days=30),
    Status.CONSENT: timedelta(days=15),
    Status.RETURNED: timedelta(days=15),
    Status.APPROVED: timedelta(days=90),
}
"""How long an application waits for a person before it expires."""


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


class PictureMissing(AppError):
    """No picture of the handwritten signature has been chosen."""

    kind = Kind.CONFLICT
    code = "signature_missing"
    zh = "请先选择手写签名或生成签名"


class AttachmentMissing(AppError):
    """The product's authority asks for another attachment."""

    kind = Kind.CONFLICT
    code = "attachment_missing"
    zh = "请先上传附件：{names}"


class FormNotSigned(AppError):
    """The application form carries no seal yet."""

    kind = Kind.CONFLICT
    code = "form_not_signed"
    zh = "申请书尚未签章，请先完成签章"


NAMES: Final = {
    Status.DRAFT: "待签章",
    Status.SIGNED: "已签章",
    Status.CONSENT: "待管理员同意",
    Status.SUBMITTED: "待审核",
    Status.ENDORSED: "待复核",
    Status.RETURNED: "待补充材料",
    Status.APPROVED: "审核通过，待下载",
    Status.ISSUED: "已下载",
    Status.DONE: "已办结",
    Status.REJECTED: "审核未通过",
    Status.DECLINED: "管理员未同意",
    Status.WITHDRAWN: "已撤回",
    Status.EXPIRED: "已过期",
    Status.FAILED: "办理失败",
}
"""How people call each status."""


def move(kind: ApplicationKind, status: Status, action: Action, actor: Actor) -> Status:
    """The status after ``actor`` did ``action`` to an application of ``kind``. Raises WrongMove."""
    there_is = MOVES.get((status, action, actor))
    if there_is is None or not there_is.fits(NEEDS[kind]):
        raise WrongMove(f"{actor} cannot {action} a {kind} that is {status}", status=status)
    return there_is.after


def approval(status: Status, approvals: int) -> Action:
    """What an operator's approval means where ``approvals`` (0 to 2) of them are demanded."""
    if status is Status.ENDORSED:
        return Action.COUNTERSIGN
    return Action.APPROVE if approvals < 2 else Action.ENDORSE


def submission(kind: ApplicationKind, status: Status) -> Action:
    """What the applicant's submission means: to the operators, or first to the enterprise's administrator."""
    asks = NEEDS[kind].letter and status is Status.DRAFT
    return Action.ASK if asks else Action.SUBMIT


def may_expire(kind: ApplicationKind, status: Status) -> bool:
    """Whether an application of this kind expires where it stands."""
    there_is = MOVES.get((status, Action.EXPIRE, Actor.SYSTEM))
    return there_is is not None and there_is.fits(NEEDS[kind])


def abandoned_before(status: Status, now: datetime) -> datetime:
    """An application that was last moved into ``status`` before this is abandoned."""
    return now - ABANDONED_AFTER[status]


@dataclass(frozen=True, slots=True)
class Complete:
    """What of the evidence is there. ``missing``: names of attachments that are asked for and are not."""

    licence: bool = False
    picture: bool = False
    missing: tuple[str, ...] = ()


def check_complete(kind: ApplicationKind, status: Status, has: Complete) -> None:
    """What a submission needs.

    Raises LicenceMissing, PictureMissing, AttachmentMissing, FormNotSigned.
    """
    needs = NEEDS[kind]
    if status not in EDITABLE:
        return
    if needs.licence and not has.licence:
        raise LicenceMissing("the licence has not been uploaded")
    if needs.form and status is Status.DRAFT:
        raise FormNotSigned("the form has not been signed")
    if needs.picture and not has.picture:
        raise PictureMissing("no signature has been chosen")
    if needs.attachments and has.missing:
        raise AttachmentMissing("attachments are missing", names="、".join(has.missing))
