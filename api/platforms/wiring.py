"""The services of this slice, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.db import Database
from api.jobs.handlers import Handlers
from api.platforms.calls import Calls
from api.platforms.documents import Documents
from api.platforms.key_ring import KeyRing
from api.platforms.sandbox import refuse_sandbox_platform
from api.platforms.service import Platforms
from api.settings import Mode, Settings
from ca.audit.journal import Journal
from ca.key_quality import load_blocked

_NONCE_SECONDS: Final = 600
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class PlatformServices:
    """What the routes reach through ``app.state.services``. ``public_url``: where platforms call."""

    public_url: str
    registry: Platforms
    keys: KeyRing
    calls: Calls
    documents: Documents


def platform_services(
    settings: Settings, db: Database, clock: Callable[[], datetime], journal: Journal, handlers: Handlers
) -> PlatformServices:
    """Also puts its sweeps among ``handlers``. Raises ConfigurationRefused."""
    if settings.mode is Mode.PRODUCTION:
        refuse_sandbox_platform(db)
    calls = Calls(db, settings.server_secret(), clock)
    documents = Documents(db, clock)
    handlers.every("platforms.nonces", _NONCE_SECONDS, calls.forget)
    handlers.every("platforms.documents", _HOUR, documents.forget)
    return PlatformServices(
        public_url=settings.public_url,
        registry=Platforms(db, clock, journal, on_this_machine=settings.mode is Mode.DEVELOPMENT),
        keys=KeyRing(db, clock, journal, load_blocked(settings.folder.blocked_keys)),
        calls=calls,
        documents=documents,
    )
