"""Signing how far the journal has come, so that cutting off its end shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Engine, and_, insert, select
from sqlalchemy.exc import IntegrityError

from ca.audit.tables import checkpoint, head
from ca.hierarchy import sign_with
from ca.own_certificates import OwnIdentity

Stamp = Callable[[bytes], bytes]
"""Gives a TimeStampToken (DER) over data."""


class Checkpointer:
    """Signs the ends of all nodes' chains that have grown. ``stamp``: None where nobody stamps."""

    def __init__(
        self,
        engine: Engine,
        identity: Callable[[], OwnIdentity],
        clock: Callable[[], datetime],
        stamp: Stamp | None = None,
    ) -> None:
        self._engine = engine
        self._identity = identity
        self._clock = clock
        self._stamp = stamp

    def sign_due(self) -> list[tuple[str, int, str]]:
        """Sign every end that is not signed yet; returns (node, number, hash) of each. Raises HsmError,
        CaError."""
        ends = self._unsigned_ends()
        for node, sequence, digest in ends:
            self._sign(node, sequence, digest)
        return ends

    def _unsigned_ends(self) -> list[tuple[str, int, str]]:
        signed = and_(checkpoint.c.node == head.c.node, checkpoint.c.seq == head.c.seq)
        asked = (
            select(head.c.node, head.c.seq, head.c.hash)
            .select_from(head.outerjoin(checkpoint, signed))
            .where(checkpoint.c.seq.is_(None), head.c.seq > 0)
        )
        with self._engine.connect() as connection:
            return [(row.node, row.seq, row.hash) for row in connection.execute(asked)]

    def _sign(self, node: str, sequence: int, digest: str) -> None:
        identity, now = self._identity(), self._clock()
        text = checkpoint_line(node, sequence, digest, now)
        signature = sign_with(identity.key, text.encode())
        row = {
            "node": node,
            "seq": sequence,
            "hash": digest,
            "at": now,
            "line": text,
            "signature": signature,
            "certificate": identity.certificate.public_bytes(Encoding.DER),
            "stamp": None if self._stamp is None else self._stamp(signature),
        }
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(sealbridge_writes=True)
                with connection.begin():
                    connection.execute(insert(checkpoint).values(row))
        except IntegrityError:
            pass  # another process signed the same end


def checkpoint_line(node: str, sequence: int, digest: str, at: datetime) -> str:
    """What is signed: one line of JSON, as entries are."""
    told = {"node": node, "seq": sequence, "hash": digest, "at": at.astimezone(UTC).isoformat()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
