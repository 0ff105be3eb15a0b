"""What a platform does by itself: calls that it signs (RFC 9421)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from api.openapi.refusals import refuses
from api.platforms.access import AdmittedCall, Calling, calling
from api.platforms.documents import SentDocument
from api.platforms.registered import Platform
from api.platforms.rules import Scope
from api.platforms.schemas import KeyView, NewKey, PlatformView, SentDocumentView
from api.platforms.wiring import PlatformServices

router = APIRouter(prefix="/platform/v1", tags=["平台接口"])

_PDF: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The PDF, at most 64 MB",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_PDF_REFUSALS: Final = (
    *("pdf_active", "pdf_damaged", "pdf_empty", "pdf_encrypted", "pdf_hybrid", "pdf_locked", "pdf_too_large"),
)


def _services(request: Request) -> PlatformServices:
    found: PlatformServices = request.app.state.services.platforms
    return found


Services = Annotated[PlatformServices, Depends(_services)]
Signing = Annotated[Platform, Depends(calling(Scope.SIGN))]
Digest = Annotated[
    str | None,
    Query(pattern="^[0-9a-fA-F]{64}$", description="The document's SHA-256 as the platform knows it"),
]


@router.get("/platform")
def own(platform: Calling) -> PlatformView:
    """平台自身信息: what the platform is registered with."""
    return PlatformView.model_validate(platform)


@router.post("/documents", status_code=201, openapi_extra=_PDF)
@refuses("digest_mismatch", "document_quota", *_PDF_REFUSALS)
async def send_document(
    request: Request, platform: Signing, services: Services, sha256: Digest = None
) -> SentDocumentView:
    """上传待签文件: a PDF for a scan to come; kept for 24 hours, longer when sent again or used."""
    pdf = await request.body()
    made: SentDocument = await run_in_threadpool(services.documents.store, platform.id, pdf, sha256)
    return SentDocumentView.model_validate(made)


@router.get("/keys")
def list_keys(platform: Calling, services: Services) -> list[KeyView]:
    """平台公钥列表: retired ones included, oldest first."""
    return [KeyView.model_validate(one) for one in services.keys.of(platform.id)]


@router.post("/keys", status_code=201)
@refuses("key_weak", "public_key_invalid", "public_key_known", "public_key_limit")
def add_key(body: NewKey, call: AdmittedCall, services: Services) -> KeyView:
    """增加平台公钥: the first step of changing keys; sign with the new one, then retire the old one."""
    made = services.keys.add(f"key:{call.key_id}", call.platform.id, body.key(), body.label)
    return KeyView.model_validate(made)


@router.delete("/keys/{key_id}")
@refuses("not_found", "public_key_last")
def retire_key(key_id: str, call: AdmittedCall, services: Services) -> KeyView:
    """停用平台公钥: calls signed with it are refused from now on. The last valid one stays."""
    retired = services.keys.retire(f"key:{call.key_id}", call.platform.id, key_id, keep_one=True)
    return KeyView.model_validate(retired)
