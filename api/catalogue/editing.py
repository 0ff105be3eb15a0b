"""Writing the catalogue: each change makes the next version, and a row of the history beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from api.catalogue.errors import CatalogueChanged, KindFixed, ReferenceUnknown
from api.catalogue.tables import authority, change, platform, product, product_version, province

_TABLES: Final = {"province": province, "platform": platform, "authority": authority, "product": product}
_REFERENCES: Final = {"province": "省份", "platform": "交易平台", "authority": "CA 机构"}


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be true from now on. ``subject``: province, platform, authority or product.

    ``replaces``: the version that the change was made from, 0 for something new. ``value``: all of it, as
    JSON can say it. ``row``: the same as the table's columns take it.
    """

    subject: str
    code: str
    replaces: int
    value: Mapping[str, Any]
    row: Mapping[str, Any]
    operator: str


def put(tx: Connection, edit: Edit, now: datetime) -> int:
    """Write the next version; returns its number. Raises CatalogueChanged, ReferenceUnknown, KindFixed."""
    _check_references(tx, edit)
    version = edit.replaces + 1
    _move_head(tx, edit, version)
    if edit.subject == "product":
        _check_kind(tx, edit)
        tx.execute(insert(product_version).values(code=edit.code, version=version, **edit.row))
    tx.execute(
        insert(change).values(
            at=now,
            operator=edit.operator,
            subject=edit.subject,
            code=edit.code,
            version=version,
            value=dict(edit.value),
        )
    )
    return version


def present_version(tx: Connection, subject: str, code: str) -> int:
    """The number of the version in force, 0 when there is none."""
    table = _TABLES[subject]
    found = tx.execute(select(table.c.version).where(table.c.code == code)).scalar_one_or_none()
    return 0 if found is None else int(found)


def _move_head(tx: Connection, edit: Edit, version: int) -> None:
    table = _TABLES[edit.subject]
    own = {} if edit.subject == "product" else dict(edit.row)
    present = present_version(tx, edit.subject, edit.code)
    if present != edit.replaces:
        raise CatalogueChanged(f"version {present} is in force, not {edit.replaces}", version=present)
    if present == 0:
        tx.execute(insert(table).values(code=edit.code, version=version, **own))
        return
    unchanged = (table.c.code == edit.code) & (table.c.version == edit.replaces)
    if tx.execute(update(table).where(unchanged).values(version=version, **own)).rowcount != 1:
        raise CatalogueChanged("another operator was first", version=version)


def _check_kind(tx: Connection, edit: Edit) -> None:
    before = (product_version.c.code == edit.code) & (product_version.c.version == edit.replaces)
    kind = tx.execute(select(product_version.c.kind).where(before)).scalar_one_or_none()
    if kind is not None and kind != edit.row["kind"]:
        raise KindFixed(f"{edit.code} is of kind {kind}")


def _check_references(tx: Connection, edit: Edit) -> None:
    for subject, name in _REFERENCES.items():
        named = edit.row.get(subject)
        if named is not None and present_version(tx, subject, named) == 0:
            raise ReferenceUnknown(f"no {subject} {named!r}", field=name)
