"""An account that is given free for somebody else acts for no enterprise any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from api.enterprises import membership as members
from api.enterprises.access import lock
from api.enterprises.administration import administrator_of
from api.enterprises.handover import queries as handovers
from api.enterprises.membership import End
from api.enterprises.rules import Ending, Role
from api.enterprises.tables import enterprise, membership
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.realname.rules import mask_name


def end_memberships(tx: Connection, person_id: int, reason: str, now: datetime) -> list[str]:
    """End every membership of a person, the certificates for the enterprises follow; returns their codes.

    An enterprise whose administrator it was has none until the registration authority approves another: it is
    claimed again. Administrators are told of clerks.
    """
    mine = membership.c.person_id == person_id, membership.c.until.is_(None)
    codes = list(tx.execute(select(membership.c.credit_code).where(*mine).order_by("credit_code")).scalars())
    return [code for code in codes if _end(tx, person_id, code, reason, now)]


def _end(tx: Connection, person_id: int, credit_code: str, reason: str, now: datetime) -> bool:
    lock(tx, credit_code)
    known = members.in_force(tx, person_id, credit_code)
    if known is None:
        return False
    members.end(tx, known, End(Ending.RELEASED, now, reason=reason))
    if known.role is Role.ADMINISTRATOR:
        handovers.void(tx, credit_code, now)
        return True
    handovers.void(tx, credit_code, now, recipient_id=person_id)
    administrator = administrator_of(tx, credit_code)
    if administrator is not None:
        named = select(enterprise.c.name).where(enterprise.c.credit_code == credit_code)
        facts = {"enterprise": str(tx.execute(named).scalar_one())}
        facts["applicant"] = mask_name(known.person_name or "")
        post(tx, administrator, MessageKind.MEMBER_LEFT, now, credit_code=credit_code, facts=facts)
    return True
