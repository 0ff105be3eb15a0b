"""What all JSON of the API has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """What a caller sends: unknown fields are refused, spaces around text do not matter."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )


class Answer(BaseModel):
    """What the service answers; read from any object with these attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True, hide_input_in_errors=True)


def printable(text: str) -> str:
    """``text``, with nothing invisible in it: what is shown reads as what is signed. Raises ValueError."""
    # No controls, no changes of direction.
    if not text.isprintable() or text != text.strip():
        raise ValueError("printable characters are expected, and no spaces around them")
    return text
