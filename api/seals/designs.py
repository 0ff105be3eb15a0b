"""What a seal's picture was drawn from, as the database keeps it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ca.seals.picture import SealDesign


def told(design: SealDesign) -> dict[str, Any]:
    """As JSON, without what is not said."""
    return {name: value for name, value in asdict(design).items() if value is not None}
