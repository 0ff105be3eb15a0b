"""Time servers (NTP, RFC 5905)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import ntplib

_WAIT_SECONDS: Final = 2.0
_WORST_STRATUM: Final = 15  # 16 means that the server itself has no time (RFC 5905, section 7.3)
_NOT_SYNCHRONISED: Final = 3


def time_server(address: str) -> Callable[[], timedelta]:
    """Asks the server ``host`` or ``host:port``; gives by how much this machine's clock is behind it.

    What it gives raises OSError when the server does not answer, or says that it has no time itself.
    """
    host, _, port = address.partition(":")

    def ask() -> timedelta:
        try:
            told = ntplib.NTPClient().request(host, version=4, port=port or "ntp", timeout=_WAIT_SECONDS)
        except ntplib.NTPException as error:
            raise OSError(f"{address}: {error}") from error
        if told.leap == _NOT_SYNCHRONISED or not 1 <= told.stratum <= _WORST_STRATUM:
            raise OSError(f"{address} is not synchronised itself")
        return timedelta(seconds=told.offset)

    return ask
