"""The office over HTTP: templates of reasons, and figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.accounts.access import Managing, Reading
from api.catalogue.schemas import CODE_PATTERN
from api.openapi.refusals import refuses
from api.review.bodies import DecidedView, PendingView, ReasonEdit, ReasonView, RefusedView
from api.review.routes import review_of
from api.review.rules import Verdict
from api.review.service import Review

reasons_router = APIRouter(prefix="/v1/operator/review-reasons", tags=["审核理由"])
figures_router = APIRouter(prefix="/v1/review/statistics", tags=["审核统计"])

Service = Annotated[Review, Depends(review_of)]
CodePath = Annotated[str, Path(pattern=CODE_PATTERN, max_length=40)]
First = Annotated[date, Query(alias="from", description="The first day, in China")]
Last = Annotated[date, Query(alias="to", description="The last day; at most 92 in all")]


@reasons_router.get("")
def reasons(operator: Reading, review: Service) -> list[ReasonView]:
    """理由模板: what reviewers choose from, those no longer used included."""
    return [ReasonView.model_validate(one) for one in review.office.reasons()]


@reasons_router.put("/{code}")
@refuses("reason_changed")
def put_reason(code: CodePath, body: ReasonEdit, operator: Managing, review: Service) -> ReasonView:
    """新增或修改理由模板."""
    verdict = Verdict(body.verdict)
    put = review.office.put_reason(operator, code, verdict, body.text, body.in_use, body.replaces)
    return ReasonView.model_validate(put)


@figures_router.get("/pending")
def pending(operator: Reading, review: Service) -> list[PendingView]:
    """待审核时长: how many wait in each status, and how long."""
    return [PendingView.model_validate(one) for one in review.office.pending()]


@figures_router.get("/decisions")
@refuses("range_invalid")
def decided(operator: Reading, review: Service, first: First, last: Last) -> list[DecidedView]:
    """审核量: decisions by day, reviewer and verdict."""
    return [DecidedView.model_validate(row._mapping) for row in review.office.decided(first, last)]


@figures_router.get("/reasons")
@refuses("range_invalid")
def refused(operator: Reading, review: Service, first: First, last: Last) -> list[RefusedView]:
    """退回原因: how often each template was used."""
    return [RefusedView.model_validate(row._mapping) for row in review.office.refused(first, last)]
