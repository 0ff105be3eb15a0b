"""The verified person as a parameter of a route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.accounts.access import SignedIn
from api.accounts.sessions import Person
from api.openapi.refusals import refuses
from api.realname.service import RealName


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPerson(Person):
    """A signed-in person of whom it is known who it is."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)


def real_name(request: Request) -> RealName:
    """The service of the slice."""
    found: RealName = request.app.state.services.real_name
    return found


@refuses("real_name_required")
def _verified(person: SignedIn, service: Annotated[RealName, Depends(real_name)]) -> VerifiedPerson:
    name, id_number = service.verified(person)
    return VerifiedPerson(person.id, person.phone, person.session_id, name=name, id_number=id_number)


Verified = Annotated[VerifiedPerson, Depends(_verified)]
"""The person whose session it is, once a real-name check is passed; others are answered 403
``real_name_required`` (尚未实名认证，无法操作), and 401 without a session."""
