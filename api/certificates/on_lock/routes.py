"""下载到 CA 锁 over HTTP, the phone's side."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.certificates.on_lock.schemas import EnrolmentAddressView, EnrolmentStateView, KeysConfirmed
from api.certificates.on_lock.service import LockDownload
from api.certificates.schemas import DownloadedCertificate
from api.idempotency.middleware import NEVER_KEPT
from api.openapi.refusals import ISSUANCE, refuses
from api.realname.access import Verified

router = APIRouter(prefix="/v1/applications/{application_id}/enrolment", tags=["下载到 CA 锁"])

_DUE = (
    *("administrator_needed", "administrator_replaced_since", "application_state", "certificate_not_found"),
    *("certificate_replaced", "custody_not_lock", "handover_expired", "handover_state", "no_longer_member"),
    *("not_found", "payment_needed"),
)


def _downloading(request: Request) -> LockDownload:
    found: LockDownload = request.app.state.services.lock_download
    return found


Service = Annotated[LockDownload, Depends(_downloading)]


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=NEVER_KEPT)
@refuses("profile_unknown", "subject_invalid", *_DUE)
def send(application_id: str, person: Verified, service: Service) -> EnrolmentAddressView:
    """下载到 CA 锁: an address for the PC with the lock, and the code to type there. Also to fetch the
    certificates once more."""
    return EnrolmentAddressView.model_validate(service.send(person, application_id))


@router.get("")
@refuses("application_state", "custody_not_lock", "not_found")
def state(application_id: str, person: Verified, service: Service) -> EnrolmentStateView:
    """查询下载进度: what the enrolment waits for, and the number to compare."""
    return EnrolmentStateView.of(service.state(person, application_id))


@router.post("/confirmation")
@refuses("enrolment_changed", "enrolment_not_ready", "renewal_held", "renewal_refused", *_DUE, *ISSUANCE)
def confirm(
    application_id: str, body: KeysConfirmed, person: Verified, service: Service
) -> DownloadedCertificate:
    """确认密钥: the number is the one on the PC; certificates are issued for these keys. May be repeated."""
    return DownloadedCertificate.of(service.confirm(person, application_id, body.keys_digest))


@router.post("/cancellation", status_code=HTTPStatus.NO_CONTENT)
@refuses(
    *("application_state", "custody_not_lock", "not_found", "session_answered", "session_cancelled"),
    *("session_expired", "session_failed", "session_not_found", "session_refused"),
)
def cancel(application_id: str, person: Verified, service: Service) -> None:
    """取消下载到 CA 锁: the address is void; keys on the lock stay for another time."""
    service.cancel(person, application_id)
