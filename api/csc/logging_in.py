"""``auth/login`` and ``auth/revoke``: number and password give tokens that open this interface alone.

The same counters stand before them as before the app's own sign-in, and the holder sees the session among the
devices that are signed in, where it can be ended.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.accounts.rules import Scope, network_of
from api.accounts.service import Accounts
from api.accounts.sessions import Device, Person, SessionToken
from api.csc.errors import CscRefused, invalid

_NAME: Final = "远程签名软件"
_MAX_AGENT: Final = 32
_HINTS: Final = frozenset({None, "access_token", "refresh_token"})


class LoggingIn:
    """Gives access tokens out and takes them back."""

    def __init__(self, accounts: Accounts, clock: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._clock = clock

    def by_password(self, header: str | None, agent: str, address: str, *, remember: bool) -> SessionToken:
        """``header``: HTTP Basic with mobile number and password; ``agent``: the software by its own word;
        ``remember``: with a refresh token.

        Raises CscRefused, PhoneInvalid, SignInRefused, TriesPaused.
        """
        number, password = _basic(header)
        told = "".join(one for one in agent if one.isprintable())[:_MAX_AGENT]
        # By its network too: software calls itself as it likes, and the holder hears of a strange device.
        device = Device(f"{_NAME} {network_of(address)}".strip(), "CSC", told, address)
        signing_in = self._accounts.signing_in
        return signing_in.by_password(number, password, device, Scope.REMOTE_SIGNING, renewable=remember)

    def renew(self, refresh_token: str) -> SessionToken:
        """New tokens for a refresh token, which is used up. Raises RefreshRefused."""
        return self._accounts.signing_in.renew(refresh_token, Scope.REMOTE_SIGNING)

    def revoke(self, person: Person, token: str, hint: str | None) -> None:
        """A refresh token and all that was got with it, or an access token. Raises CscRefused."""
        if hint not in _HINTS:
            raise CscRefused("Invalid string parameter token_type_hint")
        if not self._accounts.revoke(person, token, Scope.REMOTE_SIGNING):
            raise CscRefused("Invalid string parameter token")

    def lasts(self, token: SessionToken) -> int:
        """Seconds until the access token ends."""
        return int((token.expires_at - self._clock()).total_seconds())


def _basic(header: str | None) -> tuple[str, str]:
    """User name and password (RFC 7617). Raises CscRefused."""
    scheme, _, credentials = (header or "").strip().partition(" ")
    if scheme.lower() != "basic" or not credentials:
        raise CscRefused("Malformed authentication parameter", status=401)
    try:
        number, colon, password = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise CscRefused("Malformed authentication parameter", status=401) from None
    if not colon or not number or not password:
        raise CscRefused("Malformed username-password")
    if len(number) > 24 or len(password) > 128:
        raise invalid("username-password")
    return number, password
