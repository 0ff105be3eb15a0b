"""What a tool may know of tenders: their times, their file, and to whom bids are encrypted."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from examples.trading_centre.site import STATES, Refusal, Site, TheSite
from examples.trading_centre.tool.access import TheBidder
from examples.trading_centre.windows import current

router = APIRouter(prefix="/tenders")
_SEEN: Final = ("published", "opening")


@router.get("")
def every(site: TheSite) -> Any:
    """招标项目, the newest first."""
    query = "SELECT number FROM tender WHERE state IN ('published', 'opening') ORDER BY id DESC"
    return {"tenders": [told(site, named(site, row["number"])) for row in site.store.all(query)]}


@router.get("/{number}")
def one(number: str, site: TheSite) -> Any:
    """One tender, with the certificates to which a bid is encrypted."""
    return told(site, named(site, number))


@router.get("/{number}/file")
def file(number: str, site: TheSite) -> Response:
    """招标文件."""
    found = named(site, number)
    return Response(found["sealed"] or found["pdf"], media_type="application/pdf")


@router.get("/{number}/bid")
def bid(number: str, site: TheSite, me: TheBidder) -> Any:
    """What the bidder has handed in."""
    found = site.store.one(
        "SELECT * FROM bid WHERE tender = ? AND bidder = ?", named(site, number)["id"], me["id"]
    )
    if found is None:
        raise Refusal("贵单位尚未递交本项目的投标文件", HTTPStatus.NOT_FOUND, "no_bid")
    return bid_told(found)


def named(site: Site, number: str) -> sqlite3.Row:
    """A published tender by its number. Raises Refusal."""
    found = site.store.one("SELECT * FROM tender WHERE number = ?", number)
    if found is None or found["state"] not in _SEEN:
        raise Refusal("没有找到该项目，或招标文件尚未发布", HTTPStatus.NOT_FOUND, "tender_unknown")
    return current(site.store, found)


def told(site: Site, tender: sqlite3.Row) -> dict[str, Any]:
    """As JSON. ``recipients``: by role; where ``joint`` is true, tenderer and agency open only together."""
    content = tender["sealed"] or tender["pdf"]
    names = ("number", "title", "state", "opens_at", "closes_at")
    return {
        **{name: tender[name] for name in names},
        "state_text": STATES[tender["state"]],
        "joint": bool(tender["joint"]),
        "oaep": site.oaep,
        "recipients": _recipients(site, tender),
        "file": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)},
    }


def bid_told(bid: sqlite3.Row) -> dict[str, Any]:
    """A bid that was handed in, as its bidder may see it."""
    manifest = json.loads(bid["manifest"])
    envelopes = [{name: one[name] for name in ("id", "sha256", "bytes")} for one in manifest["envelopes"]]
    digest = hashlib.sha256(bid["manifest"].encode()).hexdigest()
    receipt = json.loads(bid["receipt"] or "null")
    return {
        "manifest": digest,
        "handed_in_at": bid["handed_in_at"],
        "envelopes": envelopes,
        "receipt": receipt,
    }


def _recipients(site: Site, tender: sqlite3.Row) -> list[dict[str, str]]:
    """The agency that evaluates; for a joint tender the tenderer beside it."""
    wanted = [("agency", tender["agency"])]
    if tender["joint"]:
        wanted.append(("tenderer", tender["owner"]))
    found = []
    for role, enterprise in wanted:
        row = site.store.one("SELECT * FROM enterprise WHERE id = ?", enterprise)
        if row is not None and row["encryption"] is not None:
            found.append({"role": role, "name": row["name"], "certificate": row["encryption"]})
    return found
