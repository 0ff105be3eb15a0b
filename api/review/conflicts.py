"""Nobody judges their own application, or one that they have judged already (separation of duties).

An operator is known by the keyed hash of an identity number, as everybody else is: the number itself is not
kept a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from api.accounts.errors import OperatorIdentityNeeded
from api.accounts.operators import identity_of
from api.applications import queries
from api.applications.identities import opened_holder_id, opened_legal_person_id
from api.applications.model import Application
from api.applications.rules import SameOperator, Status
from api.realname.id_numbers import IdNumbers
from api.realname.queries import known_identity
from api.review.errors import OwnApplication


@dataclass(frozen=True, slots=True)
class Conflicts:
    """``required``: whether operators whose identity is not registered judge at all."""

    id_numbers: IdNumbers
    required: bool = False

    def check(self, tx: Connection, operator_id: int, operator: str, known: Application) -> None:
        """Before a case becomes this operator's, and before each decision on it.

        Raises OwnApplication, SameOperator (who endorsed it does not keep the second one from it) and
        OperatorIdentityNeeded.
        """
        if known.status is Status.ENDORSED and queries.endorser(tx, known) == operator:
            raise SameOperator("the operator who endorsed it cannot have it again")
        mine = identity_of(tx, operator_id)
        if mine is None:
            if self.required:
                raise OperatorIdentityNeeded("the operator's identity number is not registered")
            return
        if mine in self._concerned(tx, known):
            raise OwnApplication("the operator is the applicant, the holder or whoever answers for it")

    def _concerned(self, tx: Connection, known: Application) -> Iterator[str]:
        """Whoever applies, holds or will hold the certificate, represents the enterprise, or consented."""
        yield self.id_numbers.find_by(opened_holder_id(self.id_numbers, known))
        legal_person_id = opened_legal_person_id(self.id_numbers, known)
        if legal_person_id is not None:
            yield self.id_numbers.find_by(legal_person_id)
        for person_id in (known.person_id, *queries.consenting(tx, known.id)):
            identity = known_identity(tx, person_id)
            if identity is not None:
                yield identity.id_number_hash
