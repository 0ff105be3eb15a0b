"""The identity numbers of an application: sealed for its rows, opened for forms and operators."""

from __future__ import annotations

from api.applications.model import Application
from api.enterprises.administration import Approved, legal_person_binding
from api.realname.id_numbers import IdNumbers


def sealed_legal_person_id(seal: IdNumbers, application_id: str, number: str) -> bytes:
    """For ``legal_person_id`` of any revision of this application."""
    return seal.seal(number, bound_to_legal_person(application_id))


def sealed_holder_id(seal: IdNumbers, application_id: str, number: str) -> bytes:
    """For ``holder_id`` of any revision of this application."""
    return seal.seal(number, bound_to_holder(application_id))


def opened_legal_person_id(seal: IdNumbers, known: Application) -> str | None:
    """The number, None where the application names no legal person's."""
    if known.legal_person_id is None:
        return None
    return seal.open(known.legal_person_id, bound_to_legal_person(known.id))


def opened_holder_id(seal: IdNumbers, known: Application) -> str:
    """The number of whoever holds the certificate, or will."""
    return seal.open(known.holder_id, bound_to_holder(known.id))


def approved_particulars(seal: IdNumbers, known: Application) -> Approved:
    """What an approved application tells of the enterprise beside its name and code."""
    number, sealed = opened_legal_person_id(seal, known), None
    if number is not None:
        sealed = seal.seal(number, legal_person_binding(known.enterprise.credit_code))
    return Approved(known.legal_person, sealed, known.holder_name)


def bound_to_legal_person(application_id: str) -> str:
    """What the legal person's number is bound to."""
    return f"{application_id} legal person"


def bound_to_holder(application_id: str) -> str:
    """What the holder's number is bound to."""
    # The first holders were all administrators; what is sealed opens only with the words it was sealed with.
    return f"{application_id} administrator"
