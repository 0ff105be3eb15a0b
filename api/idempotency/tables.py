"""Keys that callers gave to their calls, and the answers."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from api.db import UtcDateTime, metadata

call = Table(
    "idempotency_call",
    metadata,
    # HMAC-SHA256 of caller and key, hexadecimal: another caller's equal key is another one.
    Column("name", String(64), primary_key=True),
    Column("lease", String(32), nullable=False),  # whose try it is, a random name for each
    Column("ends_at", UtcDateTime, nullable=False, index=True),  # of the lease, or of the answer's keeping
    # From here on NULL while the call is being served.
    Column("fingerprint", String(64)),  # HMAC-SHA256 of method, address and body, hexadecimal
    Column("status", Integer),
    Column("headers", Text),  # JSON, those that belong to the content
    Column("body", LargeBinary),
)
