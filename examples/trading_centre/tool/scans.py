"""Scans that a tool asks for, and what they answered: 同步诚信库, 扫码签章, 扫码递交."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, Field

from examples.trading_centre.acts import record as record_act
from examples.trading_centre.site import Refusal, Site, TheSite, Visitor, site_of
from examples.trading_centre.tool.access import TheTool
from examples.trading_centre.verifying import Verified, verified
from mobile_bridge.sdk import NotVerified, Place, Started, ToSeal, verify_sealed_pdf

router = APIRouter()
MAX_PDF: Final = 64 * 1024 * 1024
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SealingPlace(BaseModel):
    """The centre of a seal: ``page`` from 0, from the end when negative; millimetres."""

    page: Annotated[int, Field(ge=-10_000, lt=10_000)]
    x_mm: Annotated[float, Field(ge=0, le=5000)]
    y_mm: Annotated[float, Field(ge=0, le=5000)]


class ToBeSealed(BaseModel):
    """One document that was handed over before."""

    sha256: Sha256
    title: Annotated[str, Field(min_length=1, max_length=80)]
    places: Annotated[list[SealingPlace], Field(min_length=1, max_length=20)]


class Sealing(BaseModel):
    """What is sealed, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=80)]
    documents: Annotated[list[ToBeSealed], Field(min_length=1, max_length=50)]


@router.post("/record", status_code=HTTPStatus.CREATED)
def record(site: TheSite, tool: TheTool) -> Any:
    """同步诚信库."""
    return begun(site, tool, site.client.record(title="投标工具同步诚信库"))


@router.post("/documents", status_code=HTTPStatus.CREATED)
async def document(request: Request, tool: TheTool) -> Any:
    """A PDF that is to be sealed; the service keeps it for a day."""
    pdf = await body(request, MAX_PDF)
    sent = await run_in_threadpool(site_of(request).client.upload, pdf)
    return {"sha256": sent.sha256, "pages": sent.pages}


@router.post("/seals", status_code=HTTPStatus.CREATED)
def seal(asked: Sealing, site: TheSite, tool: TheTool) -> Any:
    """扫码签章: the bid's documents."""
    documents = [
        ToSeal(one.sha256, one.title, tuple(Place(at.page, at.x_mm, at.y_mm) for at in one.places))
        for one in asked.documents
    ]
    return begun(site, tool, site.client.sign(asked.reason, documents, title="投标文件签章"))


@router.get("/scans/{scan}")
def told(scan: str, site: TheSite, tool: TheTool) -> Any:
    """Where a scan stands; once it is complete, what it answered, verified."""
    row = scan_of(site, scan, tool.visit)
    if row["state"] == "done":
        return json.loads(row["told"])
    found = site.client.scan(scan)
    if found.answer is None:
        return {"status": found.status, "hint": found.hint}
    answer = answered(site, row, found.answer)
    result = {"status": found.status, "hint": found.hint, "verified": answer.lines}
    result |= RESULTS[row["kind"]](site, tool, row, answer)
    keep(site, scan, result)
    return result


@router.get("/scans/{scan}/documents/{number}")
def sealed(scan: str, number: int, site: TheSite, tool: TheTool) -> Response:
    """A sealed document."""
    scan_of(site, scan, tool.visit)
    return Response(site.client.sealed(scan, number), media_type="application/pdf")


async def body(request: Request, most: int) -> bytes:
    """The body of a call. Raises Refusal for more than ``most`` bytes, before they are in memory."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > most:
            raise Refusal("文件过大", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
    return bytes(data)


def begun(site: Site, tool: Visitor, started: Started, subject: int | None = None) -> dict[str, Any]:
    """Keep a scan for the tool; what the tool needs to show its code."""
    enterprise = tool.enterprise["id"] if tool.enterprise else None
    query = "INSERT INTO scan (id, visit, enterprise, kind, started, subject) VALUES (?, ?, ?, ?, ?, ?)"
    kept = json.dumps(started.as_dict())
    site.store.add(query, started.id, tool.visit, enterprise, started.kind, kept, subject)
    names = ("id", "kind", "wait_token", "wait_url", "expires_at", "request_digest")
    return {name: getattr(started, name) for name in names} | {"service": site.client.issuer}


def scan_of(site: Site, scan: str, visit: str) -> sqlite3.Row:
    """A scan that this tool asked for. Raises Refusal."""
    row = site.store.one("SELECT * FROM scan WHERE id = ? AND visit = ?", scan, visit)
    if row is None:
        raise Refusal("没有找到本次扫码，请重新发起", HTTPStatus.NOT_FOUND, "scan_unknown")
    return row


def answered(site: Site, row: sqlite3.Row, answer: Any) -> Verified:
    """Raises Refusal for an answer that does not hold."""
    try:
        return verified(site, Started.from_dict(json.loads(row["started"])), answer)
    except NotVerified as refused:
        raise not_held(refused) from refused


def not_held(refused: NotVerified) -> Refusal:
    """What a tool is told of an answer that does not hold."""
    return Refusal(refused.message, HTTPStatus.CONFLICT, f"answer_{refused.code}")


def keep(site: Site, scan: str, result: dict[str, Any]) -> None:
    """What was told is told again, the act is not done twice."""
    query = "UPDATE scan SET state = 'done', told = ? WHERE id = ? AND state = 'open'"
    site.store.change(query, json.dumps(result, ensure_ascii=False), scan)


def _recorded(site: Site, tool: Visitor, row: sqlite3.Row, answer: Verified) -> dict[str, Any]:
    try:
        record_act(site, tool, row, answer)
    except NotVerified as refused:
        raise not_held(refused) from refused
    # The tool verifies the statement by itself too: the certificate it encrypts to stands in it.
    return {
        "record": answer.statement["record"],
        "answer": answer.answer,
        "started": answer.started.as_dict(),
    }


def _sealed(site: Site, tool: Visitor, row: sqlite3.Row, answer: Verified) -> dict[str, Any]:
    documents, mine = answer.statement["documents"], tool.signed_in["credit_code"]
    try:
        for number, one in enumerate(documents):
            pdf = site.client.sealed(answer.started.id, number)
            seals = verify_sealed_pdf(pdf, site.trust, sha256=one["sealed_sha256"])
            answer.require(seals[-1].credit_code == mine, "another enterprise's seal")
    except NotVerified as refused:
        raise not_held(refused) from refused
    names = ("sha256", "title", "sealed_sha256")
    return {"documents": [{name: one[name] for name in names} for one in documents]}


RESULTS: Final[dict[str, Callable[[Site, Visitor, sqlite3.Row, Verified], dict[str, Any]]]] = {
    "record": _recorded,
    "sign": _sealed,
}
"""What follows from each kind of answer."""
