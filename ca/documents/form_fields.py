"""What a form takes into its fields."""

from __future__ import annotations

from typing import Final

from ca.documents.errors import FormFieldRefused
from ca.typesetting.drawable import require_drawable

LONGEST: Final = 120  # characters; a cell shows that many in its smallest type


def check_field(label: str, value: str) -> None:
    """Whether ``value`` can be printed as it is beside ``label``.

    Raises FormFieldRefused for an empty or overlong one, GlyphsMissing for a character that is not seen.
    """
    if not value.strip() or len(value) > LONGEST:
        raise FormFieldRefused(f"{label}: 1 to {LONGEST} characters, not {len(value)}", field=label)
    require_drawable(value)
