"""What a token's use looks like from outside: for metrics. Nothing secret passes here."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Is told of every signature and error; must be quick, never raise, and be safe for many threads."""

    def signed(self, label: str, seconds: float) -> None:
        """The key ``label`` made a signature. ``seconds``: waiting for a session included."""
        ...

    def failed(self, token: str, code: str) -> None:
        """Work on ``token`` (its label) failed with an ``HsmError`` of this stable code."""
        ...
