"""Bindings, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from api.scanning.bindings.queries import Binding
from api.scanning.bindings.rules import EndedBy
from api.wire import Answer


class BindingView(Answer):
    """A platform's user who is a person. ``platform``: its id. ``ended_at``: null while it is in force."""

    id: str
    platform: str
    user: str
    user_name: str | None
    enterprise_name: str | None
    credit_code: str | None
    serial: str
    bound_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy | None

    @classmethod
    def of(cls, one: Binding) -> Self:
        """The view of a binding."""
        return cls(**_values(one))


class OwnBindingView(BindingView):
    """With the platform's name and domain, for the person."""

    platform_name: str
    domain: str

    @classmethod
    def named(cls, one: Binding, name: str, domain: str) -> Self:
        """The view of a person's own binding."""
        return cls(**_values(one), platform_name=name, domain=domain)


def _values(one: Binding) -> dict[str, Any]:
    return {
        "id": one.id,
        "platform": one.platform_id,
        "user": one.platform_user,
        "user_name": one.user_name,
        "enterprise_name": one.enterprise_name,
        "credit_code": one.credit_code,
        "serial": one.serial,
        "bound_at": one.bound_at,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
    }
