"""The catalogue that a new installation starts with."""

from __future__ import annotations

import tomllib
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import Connection

from api.catalogue import editing
from api.catalogue.editing import Edit
from api.catalogue.schemas import ProductEdit
from api.catalogue.service import product_row

_IN_ORDER: Final = ("province", "platform", "authority", "product")
_OPERATOR: Final = "setup"


def seed(tx: Connection, authority_name: str, now: datetime) -> int:
    """Add what the packaged catalogue has and the database does not, by code; returns how many.

    ``authority_name``: how this installation's own CA is called on forms.
    """
    added = 0
    for subject, code, value in packaged(authority_name):
        if editing.present_version(tx, subject, code) == 0:
            row = value
            if subject == "product":
                row, value = product_row(ProductEdit(**value).terms())
            editing.put(tx, Edit(subject, code, 0, value, row, _OPERATOR), now)
            added += 1
    return added


def packaged(authority_name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(subject, code, value) of each part of the packaged catalogue, in the order in which they refer."""
    found = tomllib.loads(files("api.catalogue").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    for own in found["authority"]:
        own.setdefault("name", authority_name)
    return [(subject, one.pop("code"), one) for subject in _IN_ORDER for one in found[subject]]
