"""Parts of a list of credentials, as version 1 asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from api.csc.errors import invalid

_MOST: Final = 100


def part_of(ids: Sequence[str], most: int | None, after: str | None) -> tuple[list[str], str | None]:
    """At most ``most`` of ``ids``, and the token of the part that follows. Raises CscRefused."""
    if most is not None and most < 1:
        raise invalid("maxResults")
    if after is not None and after not in ids:
        raise invalid("pageToken")
    begin = 0 if after is None else ids.index(after) + 1
    end = begin + min(most or _MOST, _MOST)
    return list(ids[begin:end]), ids[end - 1] if end < len(ids) else None
