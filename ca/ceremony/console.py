"""What a ceremony needs of the people around it."""

from __future__ import annotations

from typing import Protocol


class Console(Protocol):
    """The people in the room, as the program sees them."""

    def say(self, text: str) -> None:
        """Show a line to everybody."""
        ...

    def confirm(self, question: str) -> bool:
        """Have everybody agree."""
        ...

    def show_share(self, number: int, of: int, words: str) -> None:
        """Show a share to its officer alone, who writes it down."""
        ...

    def ask_share(self, number: int, needed: int) -> str:
        """Have an officer type a share, which is not shown."""
        ...

    def ask_pin(self, token: str) -> str:
        """Have the PIN of a token typed, which is not shown."""
        ...
