"""Webhooks of the service: verified, kept once, and only then of any use."""

from __future__ import annotations

import sqlite3

from fastapi import APIRouter, Request
from fastapi.responses import Response

from examples.trading_centre.site import site_of
from mobile_bridge.sdk import NotVerified, verify_webhook

PATH = "/sealbridge/webhook"
router = APIRouter()


@router.post(PATH)
async def receive(request: Request) -> Response:
    """Says in time that something changed; the answer itself is fetched, by whoever needs it."""
    site, body = site_of(request), await request.body()
    try:
        notice = verify_webhook("POST", site.origin + PATH, request.headers, body, site.trust)
        query = "INSERT INTO notice VALUES (?, ?, ?, ?)"
        site.store.add(query, notice.nonce, notice.id, notice.version, notice.status)
    except NotVerified as refused:
        return Response(refused.code, 401)
    except sqlite3.IntegrityError:
        return Response("replayed", 409)
    return Response(status_code=204)
