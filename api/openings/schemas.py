"""Openings, as JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, ConfigDict, Field

from api.openings.deposits import Deposit
from api.openings.listing import Listed
from api.openings.queries import Opening
from api.openings.rules import Window
from api.wire import Answer, Body, printable

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _moment(text: str) -> str:
    # Python reads more than RFC 3339 allows, and tolerates a time without its offset.
    if not _RFC3339.fullmatch(text):
        raise ValueError("a time with its offset is expected (RFC 3339)")
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("no such time") from None
    return text


Moment = Annotated[str, Field(min_length=20, max_length=35), AfterValidator(_moment)]
"""A time as RFC 3339 writes it, kept as it was written."""

Title = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(printable)]
"""What people are shown, as it was written."""


class Announcement(Body):
    """When an opening is. Later ones may postpone it, never bring it forward."""

    model_config = ConfigDict(str_strip_whitespace=False)

    title: Title = Field(examples=["临沂市某道路工程"])
    opens_at: Moment = Field(examples=["2026-12-01T09:00:00+08:00"])
    closes_at: Moment = Field(examples=["2026-12-01T10:00:00+08:00"])

    @property
    def window(self) -> Window:
        """The times as such."""
        return Window(datetime.fromisoformat(self.opens_at), datetime.fromisoformat(self.closes_at))


class OpeningView(Answer):
    """An opening. ``announced_at``: when its times were last changed; ``events``: how many its log has."""

    number: str
    title: str
    opens_at: datetime
    closes_at: datetime
    announced_at: datetime
    events: int

    @classmethod
    def of(cls, known: Opening) -> Self:
        """The view of an opening."""
        return cls(**{name: getattr(known, name) for name in OpeningView.model_fields})


class DepositView(Answer):
    """A bid's envelope that was deposited. ``opened_at``: when its content key was first given out."""

    id: str
    title: str
    sha256: str
    bytes: int
    serial: str
    credit_code: str | None
    scan: str
    deposited_at: datetime
    opened_at: datetime | None

    @classmethod
    def of(cls, one: Deposit) -> Self:
        """The view of a deposit."""
        names = ("title", "sha256", "bytes", "serial", "credit_code", "deposited_at", "opened_at")
        values: dict[str, Any] = {name: getattr(one, name) for name in names}
        return cls(id=one.envelope, scan=one.scan_id, **values)


class PlatformOpeningView(OpeningView):
    """An opening with every bid that was deposited for it, oldest first."""

    deposits: list[DepositView]

    @classmethod
    def listed(cls, one: Listed) -> Self:
        """The view of an opening and its bids."""
        told = OpeningView.of(one.opening).model_dump()
        return cls(**told, deposits=[DepositView.of(bid) for bid in one.deposits])


class ListedOpeningView(PlatformOpeningView):
    """An opening in a list. ``deposits``: those of whoever asks."""

    id: str
    platform: str

    @classmethod
    def listed(cls, one: Listed) -> Self:
        """The view of an opening in a list."""
        told = PlatformOpeningView.listed(one).model_dump()
        return cls(**told, id=one.opening.id, platform=one.platform_name)


class WaitingView(Answer):
    """Deposited bids to one encryption certificate that are still to be opened: how many, and the opening of
    them that ends next."""

    count: int
    title: str
    number: str
    opens_at: datetime
    closes_at: datetime


class EvidenceFile(Answer):
    """The log of an opening, as ``sealbridge evidence verify`` and the SDK read it (docs/platform.md).

    ``events``: in place of those that do not concern who asks stand their digests; ``calls``, ``keys``: the
    platform's signed calls that events name, and its public keys; ``chain``: its end, which ``statement``
    (a JWS) signs, over which ``time_stamp`` (RFC 3161, base64) is. ``withheld``: digests of calls that a
    bidder is not shown, as they name another bidder's envelopes; the statement signs them too.
    """

    format: str
    opening: dict[str, Any]
    events: list[dict[str, Any]]
    calls: dict[str, dict[str, Any]]
    keys: dict[str, str]
    chain: dict[str, Any]
    withheld: list[str]
    statement: str
    time_stamp: str
