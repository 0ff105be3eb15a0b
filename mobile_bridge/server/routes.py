"""The lock agent's side of the server: HTTP over ``BridgeService``, messages as in ``mobile_bridge.wire``.

Errors leave as BridgeErrors; the application that includes the router turns them into problem+json.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from importlib.metadata import version
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from mobile_bridge import wire
from mobile_bridge.errors import MessageMalformed, MessageTooLarge, TaskTokenRefused
from mobile_bridge.server.service import BridgeService

_SCHEME = "Bearer "
_NEWEST_AGENT: Final = version("sealbridge")
_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}


def _bearer(authorization: Annotated[str, Header()] = "") -> str:
    if not authorization.startswith(_SCHEME):
        raise TaskTokenRefused("no bearer token")
    return authorization[len(_SCHEME) :]


def _tell_newest_agent(response: Response) -> None:
    """The agent comes with the server, in the same version; an older one shows a notice."""
    response.headers[wire.AGENT_VERSION_HEADER] = _NEWEST_AGENT


TaskToken = Annotated[str, Depends(_bearer)]


def router(service: BridgeService) -> APIRouter:
    """The routes under ``wire.PREFIX``. Handlers are plain functions: the database blocks."""
    routes = APIRouter(tags=["电脑端签章"], dependencies=[Depends(_tell_newest_agent)])

    @routes.post(wire.CLAIMS_PATH, status_code=201)
    def claim(body: wire.Claim, request: Request) -> wire.Claimed:
        """领取任务: claim a session by its address and code; the phone is asked for its yes to this PC."""
        program = request.headers.get("user-agent", "")
        return wire.Claimed(service.claim(body.address, body.code, program))

    @routes.get(wire.TASK_PATH)
    def task(token: TaskToken) -> wire.Task:
        """查看任务: what is to be approved."""
        facts, expires_at = service.facts(token)
        return wire.Task(**asdict(facts), expires_at=expires_at.astimezone(UTC).isoformat(timespec="seconds"))

    @routes.post(wire.CERTIFICATE_PATH, status_code=204)
    def certificate(token: TaskToken, body: wire.Certificate) -> None:
        """选择证书: name the certificate; the document is prepared for it."""
        service.offer_certificate(token, wire.unpack(body.certificate, wire.MAX_CERTIFICATE))

    @routes.get(wire.DOCUMENT_PATH, response_class=Response, responses=_PDF)
    def document(token: TaskToken) -> Response:
        """待签文件: the prepared document, application/pdf."""
        return Response(service.document(token), media_type="application/pdf")

    @routes.post(wire.ANSWER_PATH)
    def answer(token: TaskToken, body: wire.Answer) -> wire.Accepted:
        """提交签名: the signature; the same one may be sent again."""
        return wire.Accepted(service.answer(token, wire.unpack(body.cms, wire.MAX_CMS)))

    @routes.post(wire.REFUSAL_PATH, status_code=204)
    def refusal(token: TaskToken, body: wire.Refusal) -> None:
        """拒绝签署: decline."""
        if len(body.reason) > wire.MAX_REASON:
            raise MessageTooLarge(f"a reason has at most {wire.MAX_REASON} characters")
        if body.reason and not body.reason.isprintable():
            raise MessageMalformed("a reason is one line of text")
        service.refuse(token, body.reason)

    return routes
