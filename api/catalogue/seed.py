"""The catalogue that a new installation starts with."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select

from api.catalogue.tables import authority, platform, product, province

_IN_ORDER: Final = {"province": province, "platform": platform, "authority": authority, "product": product}


def seed(tx: Connection, authority_name: str) -> int:
    """Add the packaged catalogue's rows that are not there yet, by code; returns how many.

    ``authority_name``: how this installation's own CA is called on forms.
    """
    packaged = tomllib.loads(files("api.catalogue").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    for own in packaged["authority"]:
        own["name"] = authority_name
    for one in packaged["product"]:
        one["on_offer"] = True
        one.setdefault("encryption_profile", None)
    return sum(_add_missing(tx, table, packaged[name]) for name, table in _IN_ORDER.items())


def _add_missing(tx: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    known = set(tx.execute(select(table.c.code)).scalars())
    missing = [row for row in rows if row["code"] not in known]
    if missing:
        tx.execute(insert(table), missing)
    return len(missing)
