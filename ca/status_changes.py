"""How often certificates of a CA were suspended, released or revoked, counted in the act's own transaction.

A list that was signed at one count and an answer that was kept at one count are as good as new while the
count is the same: that is what makes looking after a million certificates cheap.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from ca.tables import status_changes


def count(connection: Connection, issuer: str, shard: int) -> None:
    """Count a change, in the transaction that makes it."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    first = insert(status_changes).values(issuer=issuer, shard=shard, changes=1)
    again = {"changes": status_changes.c.changes + 1}
    connection.execute(first.on_conflict_do_update(index_elements=["issuer", "shard"], set_=again))


def of_shard(connection: Connection, issuer: str, shard: int) -> int:
    """The changes so far. Read it before what it is to stand for: a change in between then shows."""
    mine = (status_changes.c.issuer == issuer) & (status_changes.c.shard == shard)
    return connection.execute(select(status_changes.c.changes).where(mine)).scalar() or 0


def of_all(connection: Connection) -> dict[str, int]:
    """The changes so far by issuing CA."""
    total = func.sum(status_changes.c.changes)
    rows = connection.execute(select(status_changes.c.issuer, total).group_by(status_changes.c.issuer))
    return {issuer: int(changes) for issuer, changes in rows}
