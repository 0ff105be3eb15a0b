"""All tables of the three packages that keep some; importing this module loads every one of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData

import api.accounts.tables
import api.applications.tables
import api.catalogue.tables
import api.certificates.on_lock.tables
import api.certificates.tables
import api.csc.tables
import api.enterprises.tables
import api.est.tables
import api.idempotency.tables
import api.jobs.tables
import api.messages.tables
import api.openings.tables
import api.outside.alipay.sandbox.tables
import api.outside.sms_sandbox
import api.payments.tables
import api.platforms.tables
import api.platforms.webhooks.tables
import api.realname.tables
import api.recovery.tables
import api.review.tables
import api.scanning.tables
import api.seals.tables  # noqa: F401 - each registers its tables
import ca.audit.tables
import ca.tables
import mobile_bridge.server.tables
from api.db import metadata

METADATAS: Final[tuple[MetaData, ...]] = (
    ca.tables.metadata,
    mobile_bridge.server.tables.metadata,
    metadata,
)
"""In the order in which they may be created."""
