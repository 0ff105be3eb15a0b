"""The life of a seal: one table, one function. Pure.

applied → approved (by an operator) → made, which is in use → suspended and back → replaced, destroyed or
expired. What a certificate has by itself (公章, 签名章) is made without an application.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from api.catalogue.rules import CertificateKind
from api.seals.errors import SealKindRefused, SealState
from ca.seals.rules import SealKind


class Status(StrEnum):
    """Where a seal stands. MADE: in use."""

    APPLIED = "applied"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MADE = "made"
    SUSPENDED = "suspended"
    REPLACED = "replaced"
    DESTROYED = "destroyed"
    EXPIRED = "expired"


class Actor(StrEnum):
    """Who acts on a seal. HOLDER: who holds the certificate that it is bound to."""

    HOLDER = "holder"
    OPERATOR = "operator"
    SYSTEM = "system"


class Action(StrEnum):
    """What is done with a seal. FAIL: it could not be made. END: its certificate ended."""

    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    MAKE = "make"
    FAIL = "fail"
    FILE = "file"
    SUSPEND = "suspend"
    RELEASE = "release"
    REPLACE = "replace"
    DESTROY = "destroy"
    EXPIRE = "expire"


NAMES: Final = {
    Status.APPLIED: "待审核",
    Status.APPROVED: "审核通过，制作中",
    Status.REJECTED: "审核未通过",
    Status.WITHDRAWN: "已撤回",
    Status.MADE: "使用中",
    Status.SUSPENDED: "已停用",
    Status.REPLACED: "已更换",
    Status.DESTROYED: "已销毁",
    Status.EXPIRED: "已失效",
}
"""How people call each status."""

_S, _A, _BY = Status, Action, Actor
_HELD: Final = frozenset({_BY.HOLDER, _BY.OPERATOR})
_OPERATOR: Final = frozenset({_BY.OPERATOR})
_SYSTEM: Final = frozenset({_BY.SYSTEM})

MOVES: Final[dict[tuple[Status, Action], tuple[Status, frozenset[Actor]]]] = {
    (_S.APPLIED, _A.WITHDRAW): (_S.WITHDRAWN, frozenset({_BY.HOLDER})),
    (_S.APPLIED, _A.APPROVE): (_S.APPROVED, _OPERATOR),
    (_S.APPLIED, _A.REJECT): (_S.REJECTED, _OPERATOR),
    (_S.APPLIED, _A.FAIL): (_S.REJECTED, _SYSTEM),
    (_S.APPROVED, _A.MAKE): (_S.MADE, _SYSTEM),
    (_S.APPROVED, _A.FAIL): (_S.REJECTED, _SYSTEM),
    (_S.MADE, _A.FILE): (_S.MADE, _OPERATOR),
    (_S.SUSPENDED, _A.FILE): (_S.SUSPENDED, _OPERATOR),
    (_S.MADE, _A.SUSPEND): (_S.SUSPENDED, _HELD),
    (_S.SUSPENDED, _A.RELEASE): (_S.MADE, _HELD),
    (_S.MADE, _A.REPLACE): (_S.REPLACED, _SYSTEM),
    (_S.SUSPENDED, _A.REPLACE): (_S.REPLACED, _SYSTEM),
    (_S.MADE, _A.DESTROY): (_S.DESTROYED, _HELD | _SYSTEM),
    (_S.SUSPENDED, _A.DESTROY): (_S.DESTROYED, _HELD | _SYSTEM),
    (_S.MADE, _A.EXPIRE): (_S.EXPIRED, _SYSTEM),
    (_S.SUSPENDED, _A.EXPIRE): (_S.EXPIRED, _SYSTEM),
}

IN_HAND: Final = frozenset({Status.MADE, Status.SUSPENDED})
"""Those of which a certificate has one of a kind and a name at most."""
WAITING: Final = frozenset({Status.APPLIED, Status.APPROVED})
"""Those of which one of a kind and a name may be under way at most."""

OWN: Final = {
    CertificateKind.ENTERPRISE: SealKind.ENTERPRISE,
    CertificateKind.LEGAL_PERSON: SealKind.LEGAL_PERSON,
    CertificateKind.CLERK: SealKind.PERSONAL,
    CertificateKind.PERSONAL: SealKind.PERSONAL,
}
"""What a certificate has by itself, and stamps with unless told otherwise."""


TO_APPLY_FOR: Final = {
    CertificateKind.ENTERPRISE: frozenset(SealKind) - {SealKind.PERSONAL},
    CertificateKind.LEGAL_PERSON: frozenset({SealKind.LEGAL_PERSON}),
    CertificateKind.CLERK: frozenset[SealKind](),
    CertificateKind.PERSONAL: frozenset[SealKind](),
}
"""What else its holder may ask for. A person's signature is chosen with the certificate."""

MOST_WAITING: Final = 10
"""So many applications of a certificate may be under way."""


def check_kind(certificate: CertificateKind, kind: SealKind) -> None:
    """Raises SealKindRefused."""
    if kind not in TO_APPLY_FOR[certificate]:
        raise SealKindRefused(f"a certificate of kind {certificate} has no {kind} seal to apply for")


def move(status: Status, action: Action, actor: Actor, suspended_by: Actor | None = None) -> Status:
    """The status after ``actor`` did ``action``. ``suspended_by``: what an operator suspended, only an
    operator releases. Raises SealState."""
    after, allowed = MOVES.get((status, action), (status, frozenset()))
    if actor not in allowed:
        raise stands(f"{actor} cannot {action} a seal that is {status}", status)
    if action is Action.RELEASE and actor is Actor.HOLDER and suspended_by is Actor.OPERATOR:
        raise stands("an operator suspended it", status)
    return after


def stands(detail: str, status: Status) -> SealState:
    """The refusal of a seal that stands elsewhere."""
    return SealState(detail, status=status, status_name=NAMES[status])
