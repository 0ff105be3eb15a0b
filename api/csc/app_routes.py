"""The holder's switch, in the app."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr

from api.csc.switching import Switch
from api.openapi.refusals import PIN, refuses
from api.realname.access import Verified
from api.wire import Answer, Body

router = APIRouter(prefix="/v1/certificates/{serial}/remote-signing", tags=["远程签名"])


class RemoteSigningView(Answer):
    """``since``: null while it is off."""

    on: bool
    since: datetime | None


class SwitchOn(Body):
    """The certificate's PIN."""

    pin: SecretStr = Field(max_length=256)


def _switch(request: Request) -> Switch:
    found: Switch = request.app.state.services.remote_signing.switch
    return found


Switching = Annotated[Switch, Depends(_switch)]


@router.get("")
@refuses("certificate_not_found", "not_found")
def show(serial: str, person: Verified, switch: Switching) -> RemoteSigningView:
    """远程签名状态: whether signing software may use this certificate."""
    since = switch.since(person, serial)
    return RemoteSigningView(on=since is not None, since=since)


@router.put("", status_code=HTTPStatus.NO_CONTENT)
@refuses(
    "administrator_needed",
    "certificate_invalid",
    "certificate_not_for_signing",
    "certificate_not_found",
    "key_damaged",
    "key_not_found",
    "no_longer_member",
    "not_found",
    "not_permitted",
    *PIN,
)
def turn_on(serial: str, body: SwitchOn, person: Verified, switch: Switching) -> None:
    """开启远程签名: signing software may use this certificate, each time with its PIN."""
    switch.turn_on(person, serial, body.pin.get_secret_value())


@router.delete("", status_code=HTTPStatus.NO_CONTENT)
@refuses("certificate_not_found", "not_found")
def turn_off(serial: str, person: Verified, switch: Switching) -> None:
    """关闭远程签名: at once; what was authorised before serves no more."""
    switch.turn_off(person, serial)
