"""What happens to an account, told to its person: the port of ``api.accounts.news``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from api.accounts.sessions import Device
from api.messages.kinds import MessageKind
from api.messages.posting import post


class AccountMessages:
    """新设备登录, 登录密码已修改 and 手机号已更换, in the transaction of what they tell of."""

    def new_device(self, tx: Connection, person_id: int, device: Device, now: datetime) -> None:
        """Somebody signed in with a device that the account has not seen."""
        named = "，".join(one for one in (device.name, device.platform) if one)
        post(tx, person_id, MessageKind.NEW_DEVICE, now, facts={"device": named})

    def password_changed(self, tx: Connection, person_id: int, now: datetime) -> None:
        """A password stands in the place of another."""
        post(tx, person_id, MessageKind.PASSWORD_CHANGED, now)

    def phone_changed(self, tx: Connection, person_id: int, number: str, now: datetime) -> None:
        """The account belongs to another number now. ``number``: masked."""
        post(tx, person_id, MessageKind.PHONE_CHANGED, now, facts={"phone": number})
