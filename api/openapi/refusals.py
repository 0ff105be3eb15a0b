"""Which errors an operation can answer: said at the route and at what it depends on, by their codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from fastapi.dependencies.models import Dependant

F = TypeVar("F", bound=Callable[..., Any])
_MARK: Final = "__refusals__"

TOKEN: Final = ("token_busy", "token_error", "token_unavailable")
"""Of whatever uses a key in a token."""
PIN: Final = ("custody_is_lock", "pin_busy", "pin_locked", "pin_wrong", *TOKEN)
"""Of whatever uses a person's key."""
PICTURE: Final = ("picture_animated", "picture_invalid", "picture_kind_unsupported", "picture_too_large")
"""Of whatever takes a photo."""
DRAWN: Final = ("glyphs_missing", "seal_code_invalid", "seal_line_invalid", "seal_name_invalid")
"""Of whatever draws a seal."""
SEAL: Final = ("seal_choice_needed", "seal_not_in_use", "seal_suspended", *DRAWN)
"""Of whatever stamps with a seal."""
PDF: Final = (
    *("pdf_active", "pdf_damaged", "pdf_empty", "pdf_encrypted", "pdf_hybrid", "pdf_locked", "pdf_too_large"),
    *("proof_missing", "signer_not_good", "time_stamp_missing"),
    *("page_not_found", "seal_off_page", "keyword_not_found", "keyword_search_failed", "seam_needs_pages"),
    *("signature_too_large", "too_many_impressions", "pdf_archival", "pdf_certified"),
    "pdf_permission_denied",
)
"""Of whatever seals a document that somebody sends."""
WINDOW: Final = ("opening_begun", "opening_brought_forward", "opening_over", "opening_window_invalid")
"""Of whatever says when bids are opened."""
ISSUANCE: Final = (
    *("issuance_conflict", "issuance_in_progress", "issuance_lapsed", "key_taken", "key_weak", "lint_failed"),
    *("profile_refused", "profile_unknown", "subject_invalid", *TOKEN),
)
"""Of whatever makes a certificate."""


def refuses(*codes: str) -> Callable[[F], F]:
    """Marks a route, or a dependency of routes, with the codes of the errors that it raises itself.

    What every call can answer (a body of the wrong shape, a fault of the server) need not be said.
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, codes)
        return function

    return mark


def refusals(dependant: Dependant) -> Iterator[str]:
    """The codes of a route and of all that it depends on."""
    yield from getattr(dependant.call, _MARK, ())
    for one in dependant.dependencies:
        yield from refusals(one)
