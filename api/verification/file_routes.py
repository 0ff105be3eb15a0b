"""Verification of OFD documents, and of files with a signature beside them, over HTTP, for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile

from api.openapi.refusals import refuses
from api.verification.file_schemas import FileView, OfdView
from api.verification.routes import address_of, verifier_of
from api.verification.service import Verifier

router = APIRouter(prefix="/v1", tags=["验证签名"])


Beside = Annotated[UploadFile, File(description="the signature (FILE.p7s): CMS in DER, BER or PEM")]


@router.post("/verifications/ofd")
@refuses(
    *("ofd_damaged", "ofd_encrypted", "ofd_names_repeated", "ofd_path_unsafe", "ofd_too_large"),
    *("ofd_xml_invalid", "verification_limit", "verifier_busy"),
)
def verify_ofd(
    request: Request,
    verifier: Annotated[Verifier, Depends(verifier_of)],
    file: Annotated[UploadFile, File(description="the OFD document, at most 64 MB; it is not kept")],
) -> OfdView:
    """验证 OFD 签章: who sealed an OFD document, with which seal, which files are covered, and what changed.

    Documents of any maker are taken, by RSA, ECDSA and SM2.
    """
    return OfdView.model_validate(verifier.verify_ofd(file.file, address_of(request)))


@router.post("/verifications/files")
@refuses("signature_unreadable", "verification_limit", "verifier_busy")
def verify(
    request: Request,
    verifier: Annotated[Verifier, Depends(verifier_of)],
    file: Annotated[UploadFile, File(description="the file, at most 64 MB; it is not kept")],
    signature: Beside,
) -> FileView:
    """验证文件签名: who signed a file that has its signature beside it, by which seal; if it is whole."""
    told = verifier.verify_file(file.file, signature.file.read(), address_of(request))
    return FileView.model_validate(told)


@router.post("/verifications/digests")
@refuses("signature_unreadable", "verification_limit", "verifier_busy")
def verify_digest(
    request: Request,
    verifier: Annotated[Verifier, Depends(verifier_of)],
    sha256: Annotated[
        str,
        Form(
            pattern="^[0-9a-fA-F]{64}$", description="the file's SHA-256, hexadecimal", examples=["ab" * 32]
        ),
    ],
    signature: Beside,
) -> FileView:
    """按摘要验证: the same for a file that stays where it is, by its SHA-256 alone.

    A signature by another digest is told as not matching.
    """
    told = verifier.verify_file(bytes.fromhex(sha256), signature.file.read(), address_of(request))
    return FileView.model_validate(told)
