"""The services of openings, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.db import Database
from api.openings.evidence import Evidence
from api.openings.listing import OpeningLists
from api.openings.scans import PersonTold, ScanLog
from api.openings.service import Openings
from api.statements.signing import Statements
from ca.timestamps import TimeStamper


@dataclass(frozen=True, slots=True)
class OpeningServices:
    """What routes, scans and the waiting room reach."""

    openings: Openings
    lists: OpeningLists
    evidence: Evidence
    scan_log: ScanLog


def opening_services(
    db: Database,
    statements: Statements,
    stamper: TimeStamper,
    person_told: PersonTold,
    clock: Callable[[], datetime],
) -> OpeningServices:
    """``person_told``: how platforms know persons."""
    return OpeningServices(
        openings=Openings(db, clock),
        lists=OpeningLists(db),
        evidence=Evidence(db, statements, stamper),
        scan_log=ScanLog(db, clock, person_told),
    )
