"""Who makes a call, as a name that stays the same over sessions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from api.accounts.errors import NotSignedIn, PasskeyRequired
from api.accounts.service import Accounts
from ca.audit.event import acting


def caller_of(accounts: Accounts) -> Callable[[str], str | None]:
    """Names the owner of a bearer token: ``person:7``, ``operator:3``, None for nobody, and for an operator
    who lacks the passkey that is required: the routes refuse those themselves."""

    def name(token: str) -> str | None:
        # As the routes do: the session remembers from where it was used last.
        actor = acting.get(None)
        address = "" if actor is None else actor.address
        with suppress(NotSignedIn):
            return f"person:{accounts.person(token, address).id}"
        with suppress(NotSignedIn, PasskeyRequired):
            operator = accounts.operator(token, address)
            accounts.check_second_factor(operator)  # nothing is repeated past it
            return f"operator:{operator.id}"
        return None

    return name
