"""The responder's addresses for the router, which answers the methods that they do not have.

``ahead`` answers those that they have before the router is asked.
"""

from __future__ import annotations

from typing import NoReturn

from fastapi import APIRouter
from starlette.requests import Request

from api.ocsp.ahead import PATH


async def _answered_ahead(_: Request) -> NoReturn:
    raise AssertionError("the application serves without OcspAhead")


router = APIRouter()
router.add_route(PATH, _answered_ahead, methods=["POST"], include_in_schema=False)
router.add_route(f"{PATH}/{{encoded:path}}", _answered_ahead, methods=["GET"], include_in_schema=False)
