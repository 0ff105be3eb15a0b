"""Giving time stamps."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

from ca import der
from ca.own_certificates import OwnIdentity
from ca.timestamps import response
from ca.timestamps.clock import ClockGuard, ClockUntrusted
from ca.timestamps.request import Failure, StampRefused, StampRequest, read_request

_SERIAL_BITS: Final = 127  # unique without a counter that would have to survive crashes
_SHA256: Final = der.sequence(der.identifier("2.16.840.1.101.3.4.2.1"), der.element(der.NULL, b""))


class TimeStamper:
    """Signs with ``identity``. Safe for many threads. ``policy``: the OID under which it stamps (dotted).
    ``on_stamped``: is called for every stamp."""

    def __init__(
        self,
        identity: Callable[[], OwnIdentity],
        guard: ClockGuard,
        policy: str,
        on_stamped: Callable[[], None] | None = None,
    ) -> None:
        self._identity = identity
        self._guard = guard
        self._policy = der.identifier(policy)
        self._on_stamped = on_stamped

    def answer(self, content: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq, both DER; a refusal where there can be no stamp.

        Raises HsmError, CaError for what is not the asker's fault and not the clock's.
        """
        try:
            request = read_request(content)
            if request.policy not in (None, self._policy):
                raise StampRefused(Failure.UNACCEPTED_POLICY, "stamps are given under another policy")
            return response.granted(self._stamped(request))
        except StampRefused as refusal:
            return response.refused(refusal.failure, str(refusal))
        except ClockUntrusted:
            return response.refused(Failure.TIME_NOT_AVAILABLE, "the time source is not available")

    def token(self, data: bytes) -> bytes:
        """A TimeStampToken over data, with its certificates. Raises ClockUntrusted, HsmError, CaError."""
        imprint = der.sequence(_SHA256, der.octets(hashlib.sha256(data).digest()))
        return self._stamped(StampRequest(imprint, None, b"", wants_certificates=True))

    def _stamped(self, request: StampRequest) -> bytes:
        identity = self._identity()
        serial = secrets.randbits(_SERIAL_BITS) | 1
        now = self._guard.now()
        info = response.tst_info(request, self._policy, serial, now, self._guard.accuracy_seconds)
        issuers = (one for one in identity.chain if one.issuer != one.subject)
        carried = (identity.certificate, *issuers) if request.wants_certificates else ()
        token = response.signed(info, identity.key, identity.certificate, carried)
        if self._on_stamped is not None:
            self._on_stamped()
        return token
