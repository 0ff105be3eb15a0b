"""密钥恢复 over HTTP: two operators agree, the holder sets a new PIN."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.accounts.access import OnDuty, Reading
from api.certificates.schemas import Pin
from api.openapi.refusals import TOKEN, refuses
from api.realname.access import Verified
from api.recovery.queries import Recovery
from api.recovery.rules import Status
from api.recovery.schemas import OwnRecoveryView, RecoveryRequest, RecoveryView, UrgentView
from api.recovery.service import Recoveries

operator_router = APIRouter(prefix="/v1/operator/recoveries", tags=["密钥恢复"])
router = APIRouter(prefix="/v1/certificates/{serial}/recovery", tags=["密钥恢复"])


def _recoveries(request: Request) -> Recoveries:
    found: Recoveries = request.app.state.services.recoveries
    return found


Service = Annotated[Recoveries, Depends(_recoveries)]


@operator_router.post("", status_code=201)
@refuses("key_not_escrowed", "not_found", "recovery_under_way")
def ask(body: RecoveryRequest, operator: OnDuty, service: Service) -> RecoveryView:
    """申请恢复: the holder of an encryption certificate has lost the PIN."""
    return _seen(service, service.ask(operator, body.serial, body.reason))[0]


@operator_router.get("")
def newest(
    operator: Reading,
    service: Service,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[RecoveryView]:
    """恢复列表: those whose bids are opened next come first, with the time left; then newest first."""
    return _seen(service, *service.newest(status, limit))


@operator_router.get("/urgent")
def urgent(operator: Reading, service: Service) -> list[UrgentView]:
    """紧急恢复: recoveries and PIN resets for which deposited bids wait, the nearest opening first."""
    return [UrgentView.of(one, service.now()) for one in service.urgent()]


@operator_router.post("/{recovery_id}/approve")
@refuses("not_found", "recovery_state", "second_operator_needed")
def approve(recovery_id: str, operator: OnDuty, service: Service) -> RecoveryView:
    """复核通过: by another operator than the one who asked."""
    return _seen(service, service.approve(operator, recovery_id))[0]


@operator_router.post("/{recovery_id}/refuse")
@refuses("not_found", "recovery_state")
def refuse(recovery_id: str, operator: OnDuty, service: Service) -> RecoveryView:
    """拒绝或撤回."""
    return _seen(service, service.refuse(operator, recovery_id))[0]


@router.get("")
@refuses("not_found")
def of_own(serial: str, person: Verified, service: Service) -> OwnRecoveryView:
    """恢复进度: of one's own encryption certificate."""
    return OwnRecoveryView.of(service.of_own(person, serial))


@router.post("")
@refuses(
    "certificate_not_found",
    "key_not_escrowed",
    "not_found",
    "pin_refused",
    "pin_wrong",
    "recovery_state",
    *TOKEN,
)
def finish(serial: str, body: Pin, person: Verified, service: Service) -> OwnRecoveryView:
    """设置新 PIN 码: once two operators have agreed. The old PIN opens nothing any more."""
    return OwnRecoveryView.of(service.finish(person, serial, body.pin.get_secret_value()))


def _seen(service: Recoveries, *found: Recovery) -> list[RecoveryView]:
    bids, now = service.bids(found), service.now()
    return [RecoveryView.seen(one, bids, now) for one in found]
