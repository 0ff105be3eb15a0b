"""The numbers that people know their applications by."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from api.timezone import CHINA

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread


def new_number(now: datetime) -> str:
    """A new application number, YYYYMMDD-XXXXXXXX: the day it was made, and 40 random bits."""
    return f"{now.astimezone(CHINA):%Y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
