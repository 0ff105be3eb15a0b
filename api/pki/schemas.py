"""What operators are told of lists, as JSON."""

from __future__ import annotations

from api.wire import Answer


class PublishedLists(Answer):
    """``lists``: how many were made anew."""

    lists: int
