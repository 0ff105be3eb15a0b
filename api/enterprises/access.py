"""Whether a person may act for an enterprise: looked up on every use, so that power ends at once."""

from __future__ import annotations

from sqlalchemy import Connection, select

from api.enterprises.errors import AdministratorNeeded, NoLongerMember
from api.enterprises.rules import Permission, Role, check_permitted
from api.enterprises.tables import enterprise, membership
from api.errors import NotFound


def require_permission(
    tx: Connection, person_id: int, credit_code: str, permission: Permission, *, hold: bool = False
) -> None:
    """Raises NotPermitted (403), also when there is no such enterprise or the person is no member.

    ``hold``: in a writing transaction, have whoever would take the permission away wait for its end.
    """
    role, granted = _membership(tx, person_id, credit_code, hold=hold) or (None, ())
    check_permitted(role, granted, permission)


def require_membership(tx: Connection, person_id: int, credit_code: str, *, hold: bool = False) -> None:
    """Raises NoLongerMember for whoever is neither administrator nor clerk. ``hold``: as above."""
    if _membership(tx, person_id, credit_code, hold=hold) is None:
        raise NoLongerMember("the person does not act for the enterprise")


def require_administrator(tx: Connection, person_id: int, credit_code: str, *, hold: bool = False) -> None:
    """Raises NotFound for whoever is no member (somebody else's enterprise), AdministratorNeeded for a clerk.

    ``hold``: as above.
    """
    found = _membership(tx, person_id, credit_code, hold=hold)
    if found is None:
        raise NotFound("no such enterprise")
    if found[0] is not Role.ADMINISTRATOR:
        raise AdministratorNeeded("a clerk cannot do this")


def is_member(tx: Connection, person_id: int, credit_code: str) -> bool:
    """Whether the person is administrator or clerk of the enterprise now."""
    return _membership(tx, person_id, credit_code, hold=False) is not None


def lock(tx: Connection, credit_code: str) -> None:
    """Let one transaction at a time change who acts for an enterprise. On SQLite a writer is alone anyway."""
    asked = select(enterprise.c.credit_code).where(enterprise.c.credit_code == credit_code)
    tx.execute(asked.with_for_update()).all()


def _membership(
    tx: Connection, person_id: int, credit_code: str, *, hold: bool
) -> tuple[Role, list[str]] | None:
    mine = (membership.c.person_id == person_id) & (membership.c.credit_code == credit_code)
    asked = select(membership.c.role, membership.c.permissions).where(mine, membership.c.until.is_(None))
    if hold:
        asked = asked.with_for_update(read=True)
    found = tx.execute(asked).one_or_none()
    return None if found is None else (Role(found.role), found.permissions)
