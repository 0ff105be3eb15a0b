"""What people do with applications: a file for each act, or for a few that belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.applications.outward import CertificatesAtHand, Revocations, Sealer, WantedOf
from api.applications.service.apply import Applying
from api.applications.service.carry_out import CarryingOut
from api.applications.service.consent import Consents
from api.applications.service.drafts import Drafts
from api.applications.service.expire import Expiry
from api.applications.service.gather import Gathering
from api.applications.service.read import Reading
from api.applications.service.remind import ExpiryReminders
from api.applications.service.revise import Revising
from api.applications.service.seal import Sealing
from api.applications.service.sign import SignaturePictures
from api.applications.service.submit import Submitting
from api.db import Database
from api.realname.id_numbers import IdNumbers
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Applications:
    """All of it. Somebody else's application is NotFound everywhere."""

    applying: Applying
    gathering: Gathering
    pictures: SignaturePictures
    sealing: Sealing
    submitting: Submitting
    revising: Revising
    consents: Consents
    reading: Reading
    carrying_out: CarryingOut
    expiry: Expiry
    expiry_reminders: ExpiryReminders


def applications(
    db: Database,
    id_numbers: IdNumbers,
    certificates: CertificatesAtHand,
    sealer: Sealer,
    revocations: Revocations,
    clock: Callable[[], datetime],
    journal: Journal,
    wanted_of: WantedOf,
) -> Applications:
    """Put together. ``wanted_of``: the reviewers' word, whose slice lies above."""
    drafts = Drafts(certificates, id_numbers)
    return Applications(
        applying=Applying(db, drafts, id_numbers, clock),
        gathering=Gathering(db, clock),
        pictures=SignaturePictures(db, clock),
        sealing=Sealing(db, certificates, sealer, clock),
        submitting=Submitting(db, clock, journal),
        revising=Revising(db, drafts, id_numbers, clock),
        consents=Consents(db, certificates, sealer, id_numbers, clock, journal),
        reading=Reading(db, wanted_of),
        carrying_out=CarryingOut(db, certificates, revocations, id_numbers, clock, journal),
        expiry=Expiry(db, clock),
        expiry_reminders=ExpiryReminders(db, clock),
    )
