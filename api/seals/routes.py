"""Seals over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from api.openapi.refusals import PDF, PIN, SEAL, refuses
from api.realname.access import Verified
from api.seals.places import Millimetres, PlacesInForm, chosen
from api.seals.service import Sealing
from api.spooled import answer_with, copy_of
from ca.documents.levels import Level

router = APIRouter(prefix="/v1", tags=["签章"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


def _sealing(request: Request) -> Sealing:
    found: Sealing = request.app.state.services.seals.sealing
    return found


@router.post("/certificates/{serial}/seals", response_class=Response, responses=_PDF)
@refuses(
    "administrator_needed",
    "certificate_invalid",
    "certificate_not_for_signing",
    "certificate_not_found",
    "no_longer_member",
    "not_found",
    "not_permitted",
    "place_missing",
    *SEAL,
    *PIN,
    *PDF,
)
def stamp(
    serial: str,
    person: Verified,
    sealing: Annotated[Sealing, Depends(_sealing)],
    file: Annotated[UploadFile, File(description="the PDF, at most 256 MB")],
    pin: Annotated[str, Form(max_length=256)],
    places: Annotated[
        PlacesInForm | None,
        Form(
            description="JSON: where the seal goes, all of it one signature; or one place by the next three",
            examples=['[{"at": "keyword", "text": "（盖章）"}, {"at": "seam"}]'],
        ),
    ] = None,
    x_mm: Annotated[
        Millimetres | None, Form(description="centre of the seal, from the left edge of the page as shown")
    ] = None,
    y_mm: Annotated[Millimetres | None, Form(description="centre of the seal, from the top edge")] = None,
    page: Annotated[int, Form(description="from 0; negative counts from the end")] = -1,
    reason: Annotated[str, Form(min_length=1, max_length=120)] = "电子签章",
    seal: Annotated[
        str | None,
        Form(
            max_length=24,
            description="a seal's id, or its kind; else the one that every certificate has",
            examples=["enterprise"],
        ),
    ] = None,
    level: Annotated[
        Level | None, Form(description="how long the signature can be judged; as the CA's settings say")
    ] = None,
) -> Response:
    """盖章: the PDF with a seal of the certificate. Earlier signatures stay valid; the PDF is not kept."""
    where = chosen(places, page, x_mm, y_mm)
    document = copy_of(file.file)
    sealing.stamp_in(person, serial, pin, document, where, reason, seal=seal, level=level)
    return answer_with(document, "application/pdf")
