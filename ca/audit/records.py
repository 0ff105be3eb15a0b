"""The journal as a row of lines: what verification reads and an export holds.

An entry is its own line, byte for byte as it was hashed. A checkpoint follows the entry that it signs, as one
line of JSON with ``checkpoint`` (the line that was signed), ``signature``, ``certificate`` and ``stamp``
(base64 of DER; ``stamp`` may be null).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select, true

from ca.audit.tables import checkpoint, entry, head

_EVERYTHING: Final = true()


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry."""

    line: str


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """One signed end of a chain. ``line``: what was signed. ``certificate`` and ``stamp``: DER."""

    line: str
    signature: bytes
    certificate: bytes
    stamp: bytes | None


Record = EntryLine | CheckpointLine


def from_database(connection: Connection) -> Iterator[Record]:
    """Everything, node by node; memory does not grow with the journal."""
    nodes = list(connection.execute(select(head.c.node).order_by(head.c.node)).scalars())
    for node in nodes:
        yield from _of_node(connection, node)


def of_range(connection: Connection, node: str, after: int, until: int) -> Iterator[Record]:
    """The entries of one node from ``after`` (not included) to ``until``, with the checkpoints on them."""
    within = (entry.c.seq > after) & (entry.c.seq <= until)
    return _of_node(connection, node, within, (checkpoint.c.seq > after) & (checkpoint.c.seq <= until))


def _of_node(
    connection: Connection,
    node: str,
    within: ColumnElement[bool] = _EVERYTHING,
    signed_within: ColumnElement[bool] = _EVERYTHING,
) -> Iterator[Record]:
    options = {"yield_per": 1000}
    signed = connection.execution_options(**options).execute(
        select(checkpoint).where(checkpoint.c.node == node, signed_within).order_by(checkpoint.c.seq)
    )
    waiting = next(signed, None)
    entries = connection.execution_options(**options).execute(
        select(entry.c.seq, entry.c.line).where(entry.c.node == node, within).order_by(entry.c.seq)
    )
    for row in entries:
        yield EntryLine(row.line)
        while waiting is not None and waiting.seq <= row.seq:
            yield _checkpoint(waiting)
            waiting = next(signed, None)
    while waiting is not None:
        yield _checkpoint(waiting)
        waiting = next(signed, None)


def _checkpoint(row: Any) -> CheckpointLine:
    return CheckpointLine(row.line, row.signature, row.certificate, row.stamp)


def to_text(record: Record) -> str:
    """The line of an export."""
    if isinstance(record, EntryLine):
        return record.line
    told = {
        "checkpoint": record.line,
        "signature": base64.b64encode(record.signature).decode(),
        "certificate": base64.b64encode(record.certificate).decode(),
        "stamp": None if record.stamp is None else base64.b64encode(record.stamp).decode(),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def from_text(lines: Iterable[str]) -> Iterator[Record]:
    """What an export holds. A line that is neither is given as an entry, which then fails verification."""
    for text in lines:
        yield _record(text.rstrip("\r\n"))


def _record(text: str) -> Record:
    if not text.startswith('{"checkpoint":'):
        return EntryLine(text)
    try:
        told = json.loads(text)
        stamp = told["stamp"]
        return CheckpointLine(
            told["checkpoint"],
            base64.b64decode(told["signature"], validate=True),
            base64.b64decode(told["certificate"], validate=True),
            None if stamp is None else base64.b64decode(stamp, validate=True),
        )
    except (ValueError, KeyError, TypeError):
        return EntryLine(text)
