"""Who makes a call, as a name that stays the same over sessions."""

from __future__ import annotations

from collections.abc import Callable

from api.accounts.errors import NotSignedIn
from api.accounts.service import Accounts
from ca.audit.event import acting


def caller_of(accounts: Accounts) -> Callable[[str], str | None]:
    """Names the owner of a bearer token: ``person:7``, ``operator:3``, None for nobody."""

    def name(token: str) -> str | None:
        # As the routes do: the session remembers from where it was used last.
        actor = acting.get(None)
        address = "" if actor is None else actor.address
        for kind, find in (("person", accounts.person), ("operator", accounts.operator)):
            try:
                return f"{kind}:{find(token, address).id}"
            except NotSignedIn:
                continue
        return None

    return name
