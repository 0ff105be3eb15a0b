"""Verification over HTTP, for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile

from api.openapi.refusals import refuses
from api.verification.schemas import DocumentView
from api.verification.service import Verifier

router = APIRouter(prefix="/v1", tags=["验证签名"])


def verifier_of(request: Request) -> Verifier:
    """The service behind a request."""
    found: Verifier = request.app.state.services.verifier
    return found


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


@router.post("/verifications")
@refuses(
    "verification_limit",
    "verification_password_needed",
    "verification_password_wrong",
    "verification_pdf_damaged",
    "verification_too_hard",
    "verification_too_large",
    "verifier_busy",
)
def verify(
    request: Request,
    verifier: Annotated[Verifier, Depends(verifier_of)],
    file: Annotated[UploadFile, File(description="the PDF, at most 64 MB; it is not kept")],
    password: Annotated[str, Form(max_length=256, description="of an encrypted document")] = "",
) -> DocumentView:
    """验证签名: who signed or sealed a PDF, when, what changed since, and what each certificate is worth.

    Documents of any maker are taken. Trusted are this CA's root and the CAs that its operator trusts.
    """
    return DocumentView.model_validate(verifier.verify(file.file.read(), address_of(request), password))
