"""Signing in, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr

from api.accounts.rules import Purpose
from api.accounts.sessions import Device
from api.wire import Answer, Body

_PHONE = Field(max_length=24, examples=["13800001234"])
_CODE = Field(pattern=r"^[0-9]{6}$", examples=["042137"])
_PASSWORD = Field(min_length=1, max_length=128)


class CodeRequest(Body):
    """Where a code is to be sent, and what for. To change a number: one to the old, one to the new."""

    phone: str = _PHONE
    purpose: Purpose = Purpose.SIGN_IN


class CodeSent(Answer):
    """How long the code lives, and when the next may be asked for; seconds."""

    expires_in: int
    resend_after: int


class DeviceInfo(Body):
    """What the person will know this device by in the list of devices."""

    name: str = Field("", max_length=64, examples=["小米 14"])
    platform: str = Field("", max_length=32, examples=["Android 15"])
    app_version: str = Field("", max_length=32, examples=["3.2.0"])


class _WithDevice(Body):
    device: DeviceInfo = Field(default_factory=lambda: DeviceInfo.model_validate({}))

    def device_at(self, address: str) -> Device:
        """The device, and where it is."""
        return Device(self.device.name, self.device.platform, self.device.app_version, address)


class PhoneSignIn(_WithDevice):
    """A number with the code that it received."""

    phone: str = _PHONE
    code: str = _CODE


class PasswordSignIn(_WithDevice):
    """A number with its password."""

    phone: str = _PHONE
    password: SecretStr = _PASSWORD


class PasswordReset(_WithDevice):
    """A new password, with a code for the purpose ``password``."""

    phone: str = _PHONE
    code: str = _CODE
    password: SecretStr = _PASSWORD


class NewPassword(Body):
    """A new password with a proof: the old one, or a code for the purpose ``password``.

    The first password needs none within ten minutes of the sign-in.
    """

    password: SecretStr = _PASSWORD
    old_password: SecretStr | None = Field(None, min_length=1, max_length=128)
    code: str | None = Field(None, pattern=r"^[0-9]{6}$")


class NewPhone(Body):
    """A new number with the code that it received (purpose ``phone``), and a proof: the password, or a code
    of the same purpose that the old number received."""

    phone: str = _PHONE
    code: str = _CODE
    password: SecretStr | None = Field(None, min_length=1, max_length=128)
    old_code: str | None = Field(None, pattern=r"^[0-9]{6}$")


class RefreshToken(Body):
    """The refresh token of the last sign-in or renewal."""

    refresh_token: SecretStr = Field(min_length=1, max_length=128)


class OperatorSignIn(_WithDevice):
    """An operator's name and password."""

    name: str = Field(min_length=1, max_length=64, examples=["zhang-wei"])
    password: str = Field(min_length=1, max_length=256)


class SessionOpened(Answer):
    """Send ``token`` in ``Authorization: Bearer …``; before ``expires_at`` ask for new tokens with
    ``refresh_token``, which serves once. Neither is shown again. Operators have no refresh token."""

    token: str
    expires_at: datetime
    refresh_token: str | None = None
    refresh_expires_at: datetime | None = None


class AccountView(Answer):
    """One's own account."""

    phone: str = Field(examples=["138****1234"])
    has_password: bool


class DeviceView(Answer):
    """A device that is signed in. ``current``: the one that asks."""

    id: str
    name: str
    platform: str
    app_version: str
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    current: bool


class PasskeyAsked(Answer):
    """Hand ``options`` to ``navigator.credentials`` (``parseRequestOptionsFromJSON`` or
    ``parseCreationOptionsFromJSON``) and send its answer with ``ticket``, once, within five minutes."""

    ticket: str
    options: dict[str, Any]


class PasskeySignIn(_WithDevice):
    """``credential``: ``PublicKeyCredential.toJSON()``."""

    ticket: str = Field(min_length=1, max_length=64)
    credential: dict[str, Any]


class NewPasskey(Body):
    """``credential``: ``PublicKeyCredential.toJSON()``. ``name``: to know it by."""

    ticket: str = Field(min_length=1, max_length=64)
    credential: dict[str, Any]
    name: str = Field(min_length=1, max_length=64, examples=["办公室 YubiKey"])


class PasskeyName(Body):
    """Another name."""

    name: str = Field(min_length=1, max_length=64, examples=["家里 YubiKey"])


class PasskeyView(Answer):
    """A registered passkey."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
