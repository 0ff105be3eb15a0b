"""Who visits the phone's pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from api.web.rendering import Templates
from api.web.visits import NotSignedIn, Visit, Visits

PREFIX: Final = "/app"
DEVICE: Final = {"platform": "网页"}
FOLDER: Final = Path(__file__).parent


def visits(site_name: str, *, with_inbox: bool) -> Visits:
    """The visits of an installation."""
    shared: dict[str, Any] = {"site_name": site_name, "with_inbox": with_inbox, "app": PREFIX}
    return Visits(PREFIX, Templates(FOLDER / "templates", shared), "/v1/sessions/refresh")


async def _visit(request: Request) -> Visit:
    known: Visits = request.app.state.phone_visits
    request.state.visit = await known.recognise(request)
    found: Visit = request.state.visit
    return found


Anybody = Annotated[Visit, Depends(_visit)]


async def _signed_in(visit: Anybody) -> Visit:
    if not visit.signed_in:
        raise NotSignedIn
    return visit


SignedIn = Annotated[Visit, Depends(_signed_in)]
