"""What a platform may be registered with, and when a call of one is taken. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit

from api.accounts.rules import Pace
from api.platforms.errors import (
    DocumentQuota,
    KeyLimit,
    LastKey,
    NonceRefused,
    PlatformSuspended,
    ScopeMissing,
    SignatureStale,
    TermsRefused,
)

WINDOW: Final = timedelta(minutes=5)
"""How far a signature's time may be from ours, either way."""

NONCE_KEPT: Final = 2 * WINDOW + timedelta(minutes=1)
"""How long a nonce is remembered: the longest that a signature can be taken, and a little."""

CALLS: Final = Pace(1000, timedelta(milliseconds=10))
"""Calls of one platform: 100 a second, a thousand at once."""

DOCUMENT_KEPT: Final = timedelta(hours=24)
MOST_DOCUMENTS: Final = 5000
"""Of one platform at a time."""
MOST_DOCUMENT_BYTES: Final = 1024**3
"""Of one platform at a time."""

MOST_KEYS: Final = 10
MOST_ORIGINS: Final = 10

_SHORTEST_NONCE, _LONGEST_NONCE = 8, 128
_HOST: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ON_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1"})
_USUAL_PORTS: Final = {"https": 443, "http": 80}
_LONGEST_URL: Final = 400


class Scope(StrEnum):
    """What a platform may ask people for; each is a kind of scan."""

    BIND = "bind"
    LOGIN = "login"
    TOOL_LOGIN = "tool-login"
    SIGN = "sign"
    GENERATE = "generate"
    RECORD = "record"
    DECRYPT = "decrypt"


class Standing(StrEnum):
    """Whether a platform's calls are taken."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


def check_scope(held: Collection[Scope], wanted: Scope) -> None:
    """Raises ScopeMissing."""
    if wanted not in held:
        raise ScopeMissing(f"the platform is not registered for {wanted}", scope=wanted.value)


def check_standing(standing: Standing) -> None:
    """Raises PlatformSuspended."""
    if standing is not Standing.ACTIVE:
        raise PlatformSuspended("an operator has suspended the platform")


def check_window(created: int, expires: int | None, now: datetime) -> None:
    """``created``, ``expires``: of the signature, seconds since 1970. Raises SignatureStale."""
    moment = now.timestamp()
    if abs(moment - created) > WINDOW.total_seconds():
        raise SignatureStale(f"created is more than {int(WINDOW.total_seconds())} s from the server's time")
    if expires is not None and expires < moment:
        raise SignatureStale("expires has passed")


def check_nonce(nonce: str | None) -> str:
    """Raises NonceRefused."""
    if nonce is None or not _SHORTEST_NONCE <= len(nonce) <= _LONGEST_NONCE:
        raise NonceRefused(f"a nonce of {_SHORTEST_NONCE} to {_LONGEST_NONCE} characters is expected")
    return nonce


def check_name(name: str) -> None:
    """People see it on their phones beside what they approve: no controls, no turned direction of writing.

    Raises TermsRefused.
    """
    if any(unicodedata.category(letter)[0] in "CZ" and letter != " " for letter in name):
        raise TermsRefused("controls, formats or odd spaces in the name", field="name", name="平台名称")


def check_addresses(
    domain: str, origins: Sequence[str], callback_url: str | None, *, on_this_machine: bool
) -> None:
    """Raises TermsRefused. ``on_this_machine``: http and loopback are taken, as in development.

    People are shown the domain, so every page is at it or below it; the callback may be anywhere.
    """
    if not _is_host(domain, on_this_machine):
        raise TermsRefused(f"{domain!r} is no domain name in lower case", field="domain", name="域名")
    for origin in origins:
        host = _checked(origin, "origins", "网页来源", on_this_machine, with_path=False).hostname or ""
        if host != domain and not host.endswith(f".{domain}"):
            raise TermsRefused(f"{origin} is not under {domain}", field="origins", name="网页来源")
    if len(set(origins)) != len(origins) or not 1 <= len(origins) <= MOST_ORIGINS:
        raise TermsRefused(f"1 to {MOST_ORIGINS} different origins", field="origins", name="网页来源")
    if callback_url is not None:
        _checked(callback_url, "callback_url", "回调地址", on_this_machine, with_path=True)


def check_quota(count: int, size: int) -> None:
    """What a platform would have here, in documents and bytes. Raises DocumentQuota."""
    if count > MOST_DOCUMENTS or size > MOST_DOCUMENT_BYTES:
        raise DocumentQuota(f"at most {MOST_DOCUMENTS} documents and {MOST_DOCUMENT_BYTES} bytes")


def check_room_for_key(valid: int) -> None:
    """``valid``: how many keys the platform has that are not retired. Raises KeyLimit."""
    if valid >= MOST_KEYS:
        raise KeyLimit(f"at most {MOST_KEYS} valid keys", most=MOST_KEYS)


def check_not_last(valid: int) -> None:
    """A platform that retired its last key could never call again. Raises LastKey."""
    if valid <= 1:
        raise LastKey("the last valid key")


def _checked(url: str, field: str, name: str, on_this_machine: bool, *, with_path: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TermsRefused(f"{url!r}: {error}", field=field, name=name) from None
    host = parts.hostname or ""
    local = on_this_machine and host in _ON_THIS_MACHINE
    schemes = ("https", "http") if local else ("https",)
    shown = host if port is None else f"{host}:{port}"
    # Written as browsers write an origin (RFC 6454, section 6.2): anything else is another one to them.
    whole = f"{parts.scheme}://{shown}" + (url[len(f"{parts.scheme}://{shown}") :] if with_path else "")
    faults = {
        "must be https": parts.scheme not in schemes,
        "has no usable host name": not _is_host(host, on_this_machine),
        "names the usual port, or none": port in (0, _USUAL_PORTS.get(parts.scheme, 0)),
        "is not an exact address": url != whole or parts.netloc != shown or not url.isascii(),
        "has a fragment or is too long": bool(parts.fragment) or "#" in url or len(url) > _LONGEST_URL,
        "has spaces or controls": not url.isprintable() or " " in url,
    }
    for fault, found in faults.items():
        if found:
            raise TermsRefused(f"{url!r} {fault}", field=field, name=name)
    return parts


def _is_host(host: str, on_this_machine: bool) -> bool:
    if on_this_machine and host in _ON_THIS_MACHINE:
        return True
    # A name whose last label is a number is an address (WHATWG URL, section 3.5); names alone are shown.
    return len(host) <= 253 and bool(_HOST.fullmatch(host)) and not host.rpartition(".")[2].isdigit()
