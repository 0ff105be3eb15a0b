"""The services of seals, put together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from api.certificates.issuing import GIVEN
from api.certificates.service import Certificates
from api.db import Database
from api.jobs.handlers import Handlers
from api.jobs.queue import Job
from api.seals.making import SealMaker
from api.seals.own import OwnSeals
from api.seals.service import Sealing
from ca.audit.journal import Journal
from ca.documents.levels import Lasting
from ca.ledger import Ledger
from ca.own_certificates import OwnIdentity
from ca.seals.errors import SealNameRefused
from ca.typesetting.errors import GlyphsMissing


@dataclass(frozen=True, slots=True)
class Seals:
    """What the routes of this slice reach, and what is stamped with."""

    own: OwnSeals
    sealing: Sealing

    def register(self, handlers: Handlers) -> None:
        """What is done after a download, and regularly."""
        handlers.outside(GIVEN, self._given)

    def _given(self, job: Job) -> None:
        # A name that cannot be drawn is said to whoever stamps: trying again would not help.
        with suppress(GlyphsMissing, SealNameRefused):
            self.own.follow(job.text("serial"))


def seals(
    db: Database,
    certificates: Certificates,
    ledger: Ledger,
    maker: Callable[[], OwnIdentity],
    lasting: Lasting,
    clock: Callable[[], datetime],
    journal: Journal,
) -> Seals:
    """``maker``: the CA as maker of seals. ``lasting``: what makes signatures last."""
    own = OwnSeals(db, ledger, SealMaker(maker, ledger, clock), clock, journal)
    return Seals(own=own, sealing=Sealing(db, certificates, own, lasting, clock, journal))
