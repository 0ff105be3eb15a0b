"""The page of a scan: the code, and what the person is about to approve."""

from __future__ import annotations

import json

from fastapi.responses import Response

from examples.trading_centre.hall import HallTool
from examples.trading_centre.site import Site, Visitor, page
from mobile_bridge.sdk import Started


def show(
    site: Site,
    visitor: Visitor,
    started: Started,
    title: str,
    again: str,
    *,
    subject: int | None = None,
    facts: dict[str, str] | None = None,
    opening: HallTool | None = None,
) -> Response:
    """The page of a scan that was just started. ``again``: where 重新获取 leads."""
    enterprise = visitor.enterprise["id"] if visitor.enterprise else None
    query = "INSERT INTO scan (id, visit, enterprise, kind, started, subject) VALUES (?, ?, ?, ?, ?, ?)"
    kept = json.dumps(started.as_dict())
    site.store.add(query, started.id, visitor.visit, enterprise, started.kind, kept, subject)
    if opening is not None:
        site.openings[started.id] = opening
    return page("scan.html", site, visitor, started=started, title=title, again=again, facts=facts or {})
