"""The remote signing interface, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.accounts.service import Accounts
from api.certificates.custody import SubscriberKeys
from api.certificates.service import Certificates
from api.csc import queries
from api.csc.authorizing import Authorizing
from api.csc.credentials import Credentials
from api.csc.logging_in import LoggingIn
from api.csc.signing import Signing
from api.csc.stamping import Stamping
from api.csc.switching import Switch
from api.db import Database
from api.settings import Settings
from ca.audit.journal import Journal
from ca.timestamps import TimeStamper


@dataclass(frozen=True, slots=True)
class RemoteSigning:
    """What both versions of the interface stand on. ``name``: of this service, for people; ``url``: where the
    server is reached."""

    name: str
    url: str
    login: LoggingIn
    credentials: Credentials
    authorizing: Authorizing
    signing: Signing
    stamping: Stamping
    switch: Switch
    db: Database
    clock: Callable[[], datetime]

    def forget(self) -> None:
        """Drop authorisations that have expired: a chore."""
        with self.db.write() as tx:
            queries.forget_expired(tx, self.clock())


def remote_signing(
    settings: Settings,
    db: Database,
    accounts: Accounts,
    certificates: Certificates,
    keys: SubscriberKeys,
    stamper: TimeStamper,
    clock: Callable[[], datetime],
    journal: Journal,
) -> RemoteSigning:
    """Put together from what is below it."""
    credentials = Credentials(db, certificates)
    authorizing = Authorizing(db, credentials, keys, clock, journal)
    return RemoteSigning(
        name=settings.site_name,
        url=settings.public_url,
        login=LoggingIn(accounts, clock),
        credentials=credentials,
        authorizing=authorizing,
        signing=Signing(db, credentials, authorizing, clock, journal),
        stamping=Stamping(stamper),
        switch=Switch(db, certificates, keys, clock, journal),
        db=db,
        clock=clock,
    )
