"""Seals over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import SecretStr

from api.openapi.refusals import PDF, PIN, SEAL, refuses
from api.realname.access import Verified
from api.seals.batch import MOST_FILES, Batches, Item
from api.seals.errors import BatchMismatched
from api.seals.places import Millimetres, PlacesInForm, chosen
from api.seals.service import Sealing
from api.seals.terms import Listed, LockInForm, terms_of
from api.spooled import answer_with, copy_of
from ca.documents.levels import Level
from ca.documents.terms import Changes

router = APIRouter(prefix="/v1", tags=["签章"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}
_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}


def _batches(request: Request) -> Batches:
    found: Batches = request.app.state.services.seals.batches
    return found


def _sealing(request: Request) -> Sealing:
    found: Sealing = request.app.state.services.seals.sealing
    return found


_TAKEN = (
    *("administrator_needed", "certificate_invalid", "certificate_not_for_signing", "certificate_not_found"),
    *("lock_invalid", "no_longer_member", "not_found", "not_permitted", *SEAL, *PIN),
)


@router.post("/certificates/{serial}/seals", response_class=Response, responses=_PDF)
@refuses("certification_not_first", "pdf_password_wrong", "place_missing", *_TAKEN, *PDF)
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
    password: Annotated[
        SecretStr | None, Form(max_length=127, description="of an encrypted document, which stays encrypted")
    ] = None,
    certify: Annotated[
        Changes | None,
        Form(
            description="certify as the author: 1 nothing may change, 2 forms and signing, 3 and annotations"
        ),
    ] = None,
    lock: Annotated[
        LockInForm | None,
        Form(
            description="JSON: fields that this signature locks",
            examples=['{"kind": "include", "fields": ["报价"]}'],
        ),
    ] = None,
) -> Response:
    """盖章: the PDF with a seal of the certificate. Earlier signatures stay valid; the PDF is not kept."""
    where = chosen(places, page, x_mm, y_mm)
    terms = terms_of(password, certify, lock)
    document = copy_of(file.file)
    sealing.stamp_in(person, serial, pin, document, where, reason, seal=seal, level=level, terms=terms)
    return answer_with(document, "application/pdf")


@router.post("/certificates/{serial}/seals/batch", response_class=Response, responses=_ZIP)
@refuses("batch_mismatched", *_TAKEN)
def stamp_many(
    serial: str,
    person: Verified,
    batches: Annotated[Batches, Depends(_batches)],
    files: Annotated[list[UploadFile], File(min_length=1, max_length=MOST_FILES)],
    documents: Annotated[
        Listed,
        Form(
            description="JSON: how each is sealed, in the order of the files; or one for all of them",
            examples=['[{"places": [{"at": "seam"}]}]'],
        ),
    ],
    pin: Annotated[str, Form(max_length=256)],
    reason: Annotated[str, Form(min_length=1, max_length=120)] = "电子签章",
    seal: Annotated[
        str | None, Form(max_length=24, description="as for one document", examples=["enterprise"])
    ] = None,
    level: Annotated[Level | None, Form(description="as for one document")] = None,
) -> Response:
    """批量盖章: a zip file with what could be sealed, and `results.json`: for each file, in their order,
    `name`, `sha256`, and `file` in the zip with `sealed_sha256`, or `code` and `message` of its refusal."""
    if len(documents) not in (1, len(files)):
        raise BatchMismatched(f"{len(files)} files, {len(documents)} documents")
    wanted = documents * len(files) if len(documents) == 1 else documents
    items = [
        Item(file.filename or "", copy_of(file.file), one.placements(), one.terms())
        for file, one in zip(files, wanted, strict=True)
    ]
    archive = batches.stamp(person, serial, pin, items, reason, seal, level)
    return answer_with(archive, "application/zip")
