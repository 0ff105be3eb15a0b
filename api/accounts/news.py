"""Whom accounts tell what happened to them; messages lie above this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from api.accounts.sessions import Device


class AccountNews(Protocol):
    """Everything is kept with the caller's transaction."""

    def new_device(self, tx: Connection, person_id: int, device: Device, now: datetime) -> None:
        """Somebody signed in with a device that the account has not seen."""
        ...

    def password_changed(self, tx: Connection, person_id: int, now: datetime) -> None:
        """A password stands in the place of another."""
        ...

    def phone_changed(self, tx: Connection, person_id: int, number: str, now: datetime) -> None:
        """The account belongs to another number now. ``number``: masked."""
        ...


class Silence:
    """Nobody is told."""

    def new_device(self, tx: Connection, person_id: int, device: Device, now: datetime) -> None:
        """Nothing."""

    def password_changed(self, tx: Connection, person_id: int, now: datetime) -> None:
        """Nothing."""

    def phone_changed(self, tx: Connection, person_id: int, number: str, now: datetime) -> None:
        """Nothing."""
