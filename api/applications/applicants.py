"""Who applies: the person of the real-name check, and nobody else."""

from __future__ import annotations

from api.accounts.sessions import Person
from api.applications.asked import Applicant
from api.applications.bodies import Named
from api.enterprises.claims import check_name
from api.errors import RequestInvalid
from ca.identifiers import check_id_number


def applicant(person: Person, named: Named | None) -> Applicant:
    """Raises NameInvalid, InvalidIdNumber."""
    if named is None:
        raise RequestInvalid("who applies is not known", fields="holder")
    name, number = check_name("姓名", named.name), check_id_number(named.id_number)
    return Applicant(person.id, person.phone, name, number)
