"""The journal over HTTP: auditors and managers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from api.accounts.access import Auditing
from api.journal.schemas import EndView, EntryView
from api.journal.search import JournalSearch, Wanted
from api.paging import Page, Paged
from ca.audit.event import Action, Outcome

router = APIRouter(prefix="/v1/operator/journal", tags=["审计日志"])

_LINES: Final = "application/jsonl"
_CONTENT: Final = {_LINES: {"schema": {"type": "string"}}}
_EXPORT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": _CONTENT}}


def _journal(request: Request) -> JournalSearch:
    found: JournalSearch = request.app.state.services.journal_search
    return found


Service = Annotated[JournalSearch, Depends(_journal)]


@dataclass(frozen=True, slots=True)
class _Filter:
    actor: Annotated[
        str | None, Query(max_length=64, description="An operator's name, or a person's masked number")
    ] = None
    action: Action | None = None
    subject: Annotated[
        str | None, Query(max_length=400, description="A serial, an application, a name …")
    ] = None
    outcome: Outcome | None = None
    since: Annotated[AwareDatetime | None, Query(description="From then on")] = None
    until: Annotated[AwareDatetime | None, Query(description="Before then")] = None

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(
            actor=self.actor,
            action=self.action,
            subject=self.subject,
            outcome=self.outcome,
            since=self.since,
            until=self.until,
        )


Filter = Annotated[_Filter, Depends()]


@router.get("")
def search(operator: Auditing, service: Service, page: Paged, wanted: Filter) -> Page[EntryView]:
    """查询审计日志: by who did what, to what and when; newest first."""
    return page.page(service.search(wanted.wanted(), page).map(EntryView.of))


@router.get("/ends")
def ends(operator: Auditing, service: Service) -> list[EndView]:
    """日志末端: how long each chain is, and how far it is signed. Note them elsewhere."""
    return [EndView.model_validate(one) for one in service.ends()]


@router.get("/export", response_class=StreamingResponse, responses=_EXPORT)
def export(operator: Auditing, service: Service, wanted: Filter) -> StreamingResponse:
    """导出审计日志: lines of JSON. Without filters it holds the checkpoints too, and
    ``sealbridge audit verify --file`` checks that it is whole."""
    headers = {"Content-Disposition": 'attachment; filename="journal.jsonl"'}
    return StreamingResponse(service.export(wanted.wanted()), media_type=_LINES, headers=headers)
