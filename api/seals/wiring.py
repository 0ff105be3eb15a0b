"""The services of seals, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.certificates.issuing import GIVEN
from api.certificates.service import Certificates
from api.db import Database
from api.jobs.handlers import Handlers
from api.seals.applying import Applying
from api.seals.batch import Batches
from api.seals.deciding import MAKE, Deciding
from api.seals.files import FileSealing
from api.seals.finishing import Finishing
from api.seals.keeping import Keeping
from api.seals.making import SealMaker
from api.seals.own import OwnSeals
from api.seals.service import Sealing
from ca.audit.journal import Journal
from ca.documents.levels import Lasting
from ca.ledger import Ledger
from ca.own_certificates import OwnIdentity

_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Seals:
    """What the routes of this slice reach, and what is stamped with."""

    own: OwnSeals
    sealing: Sealing
    batches: Batches
    applying: Applying
    keeping: Keeping
    deciding: Deciding
    finishing: Finishing
    files: FileSealing

    def register(self, handlers: Handlers) -> None:
        """What is done after a download and after an approval, and regularly."""
        handlers.outside(GIVEN, lambda job: self.own.follow(job.text("serial")))
        handlers.outside(MAKE, self.finishing.make)
        handlers.every("seals.end", _HOUR, self.finishing.end_overdue)


def seals(
    db: Database,
    certificates: Certificates,
    ledger: Ledger,
    maker: Callable[[], OwnIdentity],
    lasting: Lasting,
    clock: Callable[[], datetime],
    journal: Journal,
    *,
    known: bool,
) -> Seals:
    """``maker``: the CA as maker of seals. ``lasting``: what makes signatures last. ``known``: whether
    operators whose identity is not registered judge no seals."""
    making = SealMaker(maker, ledger, clock)
    own = OwnSeals(db, ledger, making, clock, journal)
    sealing = Sealing(db, certificates, own, lasting, clock, journal)
    return Seals(
        own=own,
        sealing=sealing,
        batches=Batches(db, sealing, journal),
        files=FileSealing(db, sealing, lasting, clock, journal),
        applying=Applying(db, certificates, clock, journal),
        keeping=Keeping(db, certificates, own, clock, journal),
        deciding=Deciding(db, clock, journal, identities_required=known),
        finishing=Finishing(db, ledger, making, clock, journal),
    )
