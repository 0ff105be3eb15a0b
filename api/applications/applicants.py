"""Who applies: the person of the real-name check, and nobody else."""

from __future__ import annotations

from api.applications.asked import Applicant
from api.applications.bodies import Named
from api.applications.errors import NotTheVerifiedPerson
from api.enterprises.claims import check_name
from api.realname.access import VerifiedPerson
from ca.identifiers import check_id_number


def applicant(person: VerifiedPerson, named: Named | None) -> Applicant:
    """The verified person. ``named``: whom the app says it is.

    Raises NameInvalid, InvalidIdNumber, NotTheVerifiedPerson.
    """
    if named is not None:
        said = check_name("姓名", named.name), check_id_number(named.id_number)
        if said != (person.name, person.id_number):
            raise NotTheVerifiedPerson("the name or the number is not that of the real-name check")
    return Applicant(person.id, person.phone, person.name, person.id_number)
