"""The services of this slice, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.db import Database
from api.jobs.handlers import Handlers
from api.jobs.worker import Worker
from api.metrics.meters import Meters
from api.platforms.calls import Calls
from api.platforms.documents import Documents
from api.platforms.key_ring import KeyRing
from api.platforms.sandbox import refuse_sandbox_platform
from api.platforms.service import Platforms
from api.platforms.webhooks.outbox import JOB, Outbox
from api.platforms.webhooks.target import Poster
from api.settings import Mode, Settings
from api.statements.signing import Statements
from ca.audit.journal import Journal
from ca.key_quality import load_blocked

_NONCE_SECONDS: Final = 600
_HOUR: Final = 3600
_MESSENGERS: Final = 4  # threads that may wait for platforms; nothing else waits with them


@dataclass(frozen=True, slots=True)
class PlatformServices:
    """What the routes reach through ``app.state.services``. ``public_url``: where platforms call."""

    public_url: str
    registry: Platforms
    keys: KeyRing
    calls: Calls
    documents: Documents
    webhooks: Outbox
    messenger: Worker


def platform_services(
    settings: Settings,
    db: Database,
    clock: Callable[[], datetime],
    journal: Journal,
    statements: Statements,
    handlers: Handlers,
    meters: Meters,
) -> PlatformServices:
    """Also puts its sweeps among ``handlers``. Raises ConfigurationRefused."""
    if settings.mode is Mode.PRODUCTION:
        refuse_sandbox_platform(db)
    calls = Calls(db, settings.server_secret(), clock)
    documents = Documents(db, clock)
    webhooks = Outbox(db, Poster(settings.webhook_targets), statements.identity, clock)
    sending = Handlers()
    sending.outside(JOB, webhooks.deliver)
    handlers.every("platforms.nonces", _NONCE_SECONDS, calls.forget)
    handlers.every("platforms.documents", _HOUR, documents.forget)
    handlers.every("platforms.webhooks", _HOUR, webhooks.forget)
    return PlatformServices(
        public_url=settings.public_url,
        registry=Platforms(db, clock, journal, on_this_machine=settings.mode is Mode.DEVELOPMENT),
        keys=KeyRing(db, clock, journal, load_blocked(settings.folder.blocked_keys)),
        calls=calls,
        documents=documents,
        webhooks=webhooks,
        messenger=Worker(db, sending, clock, meters.job_failed, _MESSENGERS, patience=2.0),
    )
