"""Whether a holder still acts for the enterprise that a certificate names: asked on every use.

A revocation takes a moment to be known everywhere; power that the enterprise took away is gone at once.
"""

from __future__ import annotations

from sqlalchemy import Connection

from api.catalogue.rules import CertificateKind
from api.certificates.queries import Holding
from api.enterprises.access import require_administrator, require_membership, require_permission
from api.enterprises.errors import AdministratorNeeded, NoLongerMember, NotPermitted
from api.enterprises.rules import Permission
from api.errors import NotFound


def require_power(
    tx: Connection, held: Holding, permission: Permission | None, *, hold: bool = False
) -> None:
    """Raises NotPermitted and AdministratorNeeded.

    A clerk's certificate needs the permission, the enterprise's own its administrator. A personal one speaks
    for nobody else, and a legal representative's power is not the administrator's to give. ``permission``:
    None for the holder's own affairs, which any member may see to. ``hold``: in a writing transaction, have
    whoever would take the power away wait for its end.
    """
    if held.credit_code is None:
        return
    if held.kind is CertificateKind.CLERK and permission is None:
        require_membership(tx, held.person_id, held.credit_code, hold=hold)
    elif held.kind in (CertificateKind.ENTERPRISE, CertificateKind.CLERK):
        asked = permission or Permission.SEAL  # an administrator has all
        require_permission(tx, held.person_id, held.credit_code, asked, hold=hold)
    if held.kind is CertificateKind.ENTERPRISE:
        require_administrator(tx, held.person_id, held.credit_code)


def has_power(tx: Connection, held: Holding, permission: Permission | None) -> bool:
    """The same as a question: for lists of what can be chosen."""
    try:
        require_power(tx, held, permission)
    except (NotPermitted, NoLongerMember, AdministratorNeeded, NotFound):
        return False
    return True
