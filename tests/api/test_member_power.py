"""Who may use a certificate that speaks for an enterprise, on SQLite and PostgreSQL."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from api.catalogue.rules import CertificateKind
from api.certificates.power import require_power
from api.db import Database
from api.enterprises import membership as members
from api.enterprises.administration import admit, appoint
from api.enterprises.errors import AdministratorNeeded, NoLongerMember, NotPermitted
from api.enterprises.membership import End
from api.enterprises.rules import Ending, Permission
from tests.api.test_database import engine as engine
from tests.api.test_enterprise_rows import CODE, NAME, NOW
from tests.api.test_enterprise_rows import db as db


def held(person_id: int, kind: CertificateKind) -> Any:
    return SimpleNamespace(person_id=person_id, credit_code=CODE, kind=kind)


@pytest.mark.parametrize("kind", CertificateKind)
def test_power_over_a_certificate_comes_and_goes_with_the_membership(
    db: Database, kind: CertificateKind
) -> None:
    refused: dict[CertificateKind, tuple[type[Exception], ...]] = {
        CertificateKind.ENTERPRISE: (
            NotPermitted,
            AdministratorNeeded,
            AdministratorNeeded,
            NotPermitted,
            NotPermitted,
        ),
        CertificateKind.CLERK: (NotPermitted, NotPermitted, NoLongerMember),
    }
    found: list[type[Exception]] = []

    def use(person_id: int, permission: Permission | None) -> None:
        try:
            with db.write() as tx:
                require_power(tx, held(person_id, kind), permission, hold=True)
        except (NotPermitted, AdministratorNeeded, NoLongerMember) as error:
            found.append(type(error))

    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)
        admit(tx, CODE, 2, [Permission.SEAL], NOW)
    for permission in Permission:
        use(1, permission)  # the administrator is never refused
    assert found == []
    use(2, Permission.OPEN)  # what was not granted
    use(2, Permission.SEAL)  # what was
    use(2, None)  # one's own affairs
    with db.write() as tx:
        known = members.in_force(tx, 2, CODE)
        assert known is not None
        members.end(tx, known, End(Ending.REMOVED, NOW, by=1))
    use(2, Permission.SEAL)  # and no more
    use(2, None)  # nor one's own affairs
    assert tuple(found) == refused.get(kind, ())
