"""What an act gives, before anything of it is kept or told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from api.scanning.choosing import Asked
from ca.audit.event import Event
from ca.documents.cms_making import SigningIdentity


def _nothing(_tx: Connection) -> Sequence[Event]:
    return ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """``facts``: told in the answer and signed in its statement; ``extra``: told in the answer alone.

    ``identity``: the person's own key, opened by the PIN, which signs what was ``shown``; None without a PIN.
    ``write``: what is kept with the answer, in the same transaction; gives the journal's events.
    """

    facts: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)
    identity: SigningIdentity | None = field(default=None, repr=False)
    shown: Mapping[str, Any] = field(default_factory=dict)
    write: Callable[[Connection], Sequence[Event]] = _nothing


class Act(Protocol):
    """One kind of act."""

    def perform(self, asked: Asked) -> Outcome:
        """Do it, with no transaction open; raises SealBridgeErrors."""
        ...
