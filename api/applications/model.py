"""What an application is, as the services pass it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.applications.kinds import ApplicationKind
from api.applications.rules import Action, Actor, Status
from api.errors import InternalError


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise as an application names it."""

    name: str
    credit_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What one version of an application says. The two identity numbers are sealed.

    ``holder_…``: whose certificate it is or will be. What a kind does not have is None; see
    ``api.applications.kinds``. ``grounds``: why a certificate is to be revoked or a PIN reset.
    """

    product: str
    product_version: int
    enterprise_name: str | None = None
    credit_code: str | None = None
    legal_person: str | None = None
    legal_person_id: bytes | None = None
    holder_name: str
    holder_id: bytes
    holder_phone: str
    department: str | None = None
    permissions: tuple[str, ...] = ()
    grounds: str | None = None

    @property
    def enterprise(self) -> Enterprise:
        """The enterprise that it is about. Raises InternalError: every kind that asks has one."""
        if self.enterprise_name is None or self.credit_code is None:
            raise InternalError("this application names no enterprise")
        return Enterprise(self.enterprise_name, self.credit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Particulars):
    """An application as it is now. ``serial``: of the certificate that it is about."""

    id: str
    kind: ApplicationKind
    person_id: int
    status: Status
    revision: int = 1
    serial: str | None = None
    reason: str | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Particulars):
    """What an application said in one of its revisions."""

    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to an application. ``actor_id``: as the event row will name them."""

    actor: Actor
    actor_id: str
    action: Action
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    actor: str
    action: str
    status: str
    note: str | None
    revision: int
