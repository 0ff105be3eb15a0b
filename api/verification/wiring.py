"""The verifier, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.accounts.pacing import Pacing
from api.data_folder import DataFolder
from api.db import Database
from api.pki.service import Pki
from api.verification.service import Verifier
from api.verification.trust import of_service


def verifier(
    folder: DataFolder, db: Database, secret: bytes, clock: Callable[[], datetime], pki: Pki
) -> Verifier:
    """``secret``: the server's, under which addresses are counted."""
    return Verifier(db, Pacing(secret), clock, lambda: of_service(folder, pki))
