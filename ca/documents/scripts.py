"""JavaScript in a PDF, at the places where viewers run it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ca.documents.reading import DEEPEST, entry, leaves


def has_script(root: Any, pages: Iterable[Any]) -> bool:
    """Whether JavaScript hangs at the places where viewers run it (12.6.3 and 12.6.4.16)."""
    if "/JavaScript" in entry(root, "/Names", {}):
        return True
    fields = entry(entry(root, "/AcroForm", {}), "/Fields", ())
    widgets = (leaf for field in fields for leaf in leaves(field.get_object(), "/Kids"))
    annotations = (note.get_object() for page in pages for note in entry(page, "/Annots", ()))
    holders = (root, *pages, *widgets, *annotations)
    return any(_runs(entry(holder, key)) for holder in holders for key in ("/OpenAction", "/A", "/AA"))


def _runs(action: Any, depth: int = 0) -> bool:
    """Whether an action, one of its successors, or one of a dictionary of triggers, is a script."""
    if depth > DEEPEST:
        return True
    if isinstance(action, list):
        return any(_runs(one.get_object(), depth + 1) for one in action)
    if not isinstance(action, dict):
        return False
    if entry(action, "/S") == "/JavaScript":
        return True
    followers = [action["/Next"]] if "/Next" in action else []
    if "/S" not in action:  # triggers (/AA)
        followers = [action[trigger] for trigger in action]
    return any(_runs(one, depth + 1) for one in followers)
