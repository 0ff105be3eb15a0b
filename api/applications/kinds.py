"""What can be applied for, and what each kind needs: one table. Pure.

Who may do what and when is in ``rules``, which asks this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ApplicationKind(StrEnum):
    """What somebody applies for."""

    CLAIM = "claim"
    """认领企业: an enterprise gets its first certificate, and the applicant becomes its administrator."""
    JOIN = "join"
    """加入企业: the applicant becomes a clerk (办事人员) of an enterprise, its administrator consenting."""
    PERSONAL = "personal"
    """个人证书: a certificate for the applicant as a natural person."""
    RENEWAL = "renewal"
    """证书续期: the certificate that follows one's own, authorised by the PIN of the present one."""
    CHANGE = "change"
    """变更企业信息: an enterprise's registered data have changed."""
    REVOCATION = "revocation"
    """注销证书: a certificate is not to be valid any longer."""
    PIN_RESET = "pin-reset"
    """重置 PIN 码: the PIN is forgotten or locked; two operators make sure who asks."""


class Sealing(StrEnum):
    """How the form gets the signature that it needs before it is submitted."""

    LOCK = "lock"  # by a CA lock on a PC; of a renewal, by the lock with the certificate itself
    PAPER = "paper"  # printed, sealed on paper, photographed
    PIN = "pin"  # by a certificate of this service, with its PIN


class Gives(StrEnum):
    """What an approved application gives."""

    CERTIFICATE = "certificate"  # the applicant downloads it
    RECORD = "record"  # the enterprise's data change; a certificate follows where it says the old ones
    REVOCATION = "revocation"  # the certificate is revoked


@dataclass(frozen=True, slots=True)
class Needs:
    """What a kind needs.

    ``sealings``: the ways in which its form is sealed before it is submitted; none where there is no such
    form. ``letter``: 授权书, which the enterprise's administrator seals when consenting. ``certificate``: it
    is about one that is there, by serial number. ``picture``: of the applicant's handwritten signature.
    ``attachments``: those that the product's authority asks for. ``least_approvals`` of operators, whatever
    the product says.
    """

    name: str
    gives: Gives
    least_approvals: int
    sealings: frozenset[Sealing] = frozenset()
    letter: bool = False
    licence: bool = False
    picture: bool = False
    attachments: bool = False
    certificate: bool = False
    enterprise: bool = True

    @property
    def form(self) -> bool:
        """Whether it has a form that is sealed before it is submitted."""
        return bool(self.sealings)


NEEDS: Final = {
    ApplicationKind.CLAIM: Needs(
        name="认领企业",
        gives=Gives.CERTIFICATE,
        least_approvals=1,
        sealings=frozenset({Sealing.LOCK, Sealing.PAPER}),
        licence=True,
        attachments=True,
    ),
    ApplicationKind.JOIN: Needs(
        name="加入企业", gives=Gives.CERTIFICATE, least_approvals=1, letter=True, attachments=True
    ),
    ApplicationKind.PERSONAL: Needs(
        name="个人证书",
        gives=Gives.CERTIFICATE,
        least_approvals=1,
        sealings=frozenset({Sealing.PAPER}),
        picture=True,
        attachments=True,
        enterprise=False,
    ),
    ApplicationKind.RENEWAL: Needs(
        name="证书续期",
        gives=Gives.CERTIFICATE,
        least_approvals=0,
        sealings=frozenset({Sealing.PIN, Sealing.LOCK}),
        certificate=True,
        enterprise=False,
    ),
    ApplicationKind.CHANGE: Needs(
        name="变更企业信息",
        gives=Gives.RECORD,
        least_approvals=1,
        sealings=frozenset(Sealing),
        licence=True,
        attachments=True,
    ),
    ApplicationKind.REVOCATION: Needs(
        name="注销证书", gives=Gives.REVOCATION, least_approvals=1, certificate=True, enterprise=False
    ),
    ApplicationKind.PIN_RESET: Needs(
        name="重置 PIN 码", gives=Gives.CERTIFICATE, least_approvals=2, certificate=True, enterprise=False
    ),
}


def approvals(kind: ApplicationKind, *, new: int, renewal: int) -> int:
    """How many operators must approve: 0, 1 or 2. The product asks for ``new``, and for ``renewal`` of them
    when its own certificate is renewed."""
    asked = renewal if kind is ApplicationKind.RENEWAL else new
    return max(asked, NEEDS[kind].least_approvals)
