"""``/metrics``: for whoever has the metrics token, which Prometheus sends as a bearer."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.accounts.access import BearerToken
from api.accounts.errors import NotSignedIn
from api.metrics.meters import Meters

router = APIRouter(include_in_schema=False)


def _allowed(request: Request, token: BearerToken) -> Meters:
    wanted: str = request.app.state.services.metrics_token
    if not hmac.compare_digest(token.encode(), wanted.encode()):
        raise NotSignedIn("not the metrics token")
    found: Meters = request.app.state.services.meters
    return found


@router.get("/metrics", response_class=Response)
def metrics(meters: Annotated[Meters, Depends(_allowed)]) -> Response:
    """运行指标."""
    return Response(meters.text(), media_type=CONTENT_TYPE_LATEST)
