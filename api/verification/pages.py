"""The public page /verify: choose a PDF or drop it, and read the report. Plain HTML, no script."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import api.pages
from api.errors import http_status
from api.timezone import CHINA
from api.verification.errors import NoFileChosen
from api.verification.routes import address_of, verifier_of
from api.verification.schemas import DocumentView, SignatureView
from api.verification.service import Verifier
from ca.documents.verification import words
from ca.documents.verification.model import Changed, Verdict
from hsm.errors import SealBridgeError

_FOLDERS: Final = (Path(__file__).parent / "templates", Path(api.pages.__file__).parent / "templates")
_PAGES: Final = Environment(
    loader=FileSystemLoader(_FOLDERS),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_LOOKS: Final = {
    Verdict.VALID: ("good", "✓"),
    Verdict.ATTENTION: ("care", "!"),
    Verdict.UNDETERMINED: ("unknown", "?"),
    Verdict.INVALID: ("bad", "✕"),
    Verdict.UNSIGNED: ("none", "○"),
}
"""A class of the style sheet, and a sign for those who do not see colours."""
_LASTING: Final = frozenset({Changed.VALIDATION_DATA, Changed.TIME_STAMPS, Changed.METADATA})
_LONGEST_NAME: Final = 200


def verification_pages(site_name: str, *, with_inbox: bool) -> APIRouter:
    """The form, and the report on what was sent with it. Nothing is kept: a report has no address."""
    router = APIRouter(include_in_schema=False)

    def page(status: HTTPStatus = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        given = {"report": None, "problem": None, "name": ""} | values
        shown = _PAGES.get_template("verify.html").render(
            site_name=site_name,
            with_inbox=with_inbox,
            words=words,
            looks=_LOOKS,
            when=_when,
            names_of=_names_of,
            is_quiet=_is_quiet,
            named=_named,
            **given,
        )
        return HTMLResponse(shown, status)

    @router.get("/verify")
    def form() -> HTMLResponse:
        """Where a document is chosen."""
        return page()

    @router.post("/verify")
    def report(
        request: Request,
        verifier: Annotated[Verifier, Depends(verifier_of)],
        file: Annotated[UploadFile | None, File()] = None,
        password: Annotated[str, Form(max_length=256)] = "",
    ) -> HTMLResponse:
        """What it is worth."""
        name = (file.filename or "")[:_LONGEST_NAME] if file else ""
        try:
            if file is None or not (pdf := file.file.read()):
                raise NoFileChosen("an empty form")
            found = verifier.verify(pdf, address_of(request), password)
        except SealBridgeError as error:
            return page(http_status(error), problem=error.message, name=name)
        return page(report=DocumentView.model_validate(found), name=name)

    return router


def _names_of(report: DocumentView) -> dict[str, str]:
    """Who signed in which field."""
    signers = {one.field: one.signer for one in report.signatures}
    return {field: one.organisation or one.common_name for field, one in signers.items() if one}


def _is_quiet(one: SignatureView) -> bool:
    """Whether nothing came after a signature but what makes it last."""
    return {change.kind for change in one.changes_since} <= _LASTING


def _named(where: list[str], names: dict[str, str]) -> list[str]:
    """Signers for the names of their fields."""
    return [names.get(one) or one for one in where]


def _when(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(CHINA):%Y年%m月%d日 %H:%M:%S}"
