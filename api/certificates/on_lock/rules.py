"""Where an enrolment stands, and what is refused on the way. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from api.errors import AppError
from hsm.errors import Kind


class Step(StrEnum):
    """What an enrolment waits for."""

    KEYS = "keys"
    """The agent, to make keys on the lock."""
    CONFIRMATION = "confirmation"
    """The phone, to compare and confirm."""
    ISSUANCE = "issuance"
    """Ourselves: confirmed, and not issued yet."""
    WRITING = "writing"
    """The agent, to write the certificates on the lock."""
    DONE = "done"
    """Nobody."""


def step(
    *, proved: datetime | None, confirmed: datetime | None, issued: bool, written: datetime | None
) -> Step:
    """The first thing that has not happened."""
    if written is not None:
        return Step.DONE
    if issued:
        return Step.WRITING
    if confirmed is not None:
        return Step.ISSUANCE
    return Step.KEYS if proved is None else Step.CONFIRMATION


class KeyDiffers(AppError):
    """The keys of the enrolment are confirmed or certified, and these are others."""

    kind = Kind.CONFLICT
    code = "enrolment_key_differs"
    zh = "该申请已确认使用另一把 CA 锁中的密钥，请插入原来的 CA 锁"


class KeyKindDiffers(AppError):
    """The product wants keys of another kind."""

    kind = Kind.INVALID
    code = "enrolment_key_kind"
    zh = "密钥类型不符合证书产品的要求（{expected}）"


class PossessionUnproven(AppError):
    """The request or the proof was not made for this session by the holder of the key."""

    kind = Kind.FORBIDDEN
    code = "possession_unproven"
    zh = "未能证明密钥在该 CA 锁中，请重新操作"


class KeysNotProven(AppError):
    """There is nothing to confirm yet: no keys, or no proof that they are on the lock."""

    kind = Kind.CONFLICT
    code = "enrolment_not_ready"
    zh = "电脑端尚未生成密钥，请先在电脑上完成操作"


class EnrolmentChanged(AppError):
    """The keys are not those that the phone showed: others were offered meanwhile."""

    kind = Kind.CONFLICT
    code = "enrolment_changed"
    zh = "CA 锁中的密钥已变更，请重新核对后再确认"


class NotYetIssued(AppError):
    """Certificates were said to be written that are not those of this enrolment, or not issued."""

    kind = Kind.CONFLICT
    code = "enrolment_not_issued"
    zh = "证书尚未签发，或写入的不是该申请的证书"
