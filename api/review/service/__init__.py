"""What operators do with applications: a file for each act, or for a few that belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.applications.outward import CertificatesAtHand
from api.db import Database
from api.realname.id_numbers import IdNumbers
from api.review.conflicts import Conflicts
from api.review.service.case import Cases
from api.review.service.check import Checking
from api.review.service.decide import Deciding
from api.review.service.hold import Holding
from api.review.service.office import Office
from api.review.signatures import Judge
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Review:
    """CA 审核."""

    holding: Holding
    cases: Cases
    checking: Checking
    deciding: Deciding
    office: Office


def review(
    db: Database,
    id_numbers: IdNumbers,
    judge: Judge,
    certificates: CertificatesAtHand,
    clock: Callable[[], datetime],
    journal: Journal,
    *,
    identities_required: bool = False,
) -> Review:
    """Put together. ``identities_required``: only operators whose identity is registered judge."""
    conflicts = Conflicts(id_numbers, identities_required)
    return Review(
        holding=Holding(db, conflicts, clock, journal),
        cases=Cases(db, id_numbers, judge, certificates, clock, journal),
        checking=Checking(db, id_numbers, judge, clock, journal),
        deciding=Deciding(db, conflicts, clock, journal),
        office=Office(db, clock, journal),
    )
