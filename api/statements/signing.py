"""What the service says in its own name, and what a person approves with a key of theirs.

Both are checked without asking anybody: by the certificates in the header up to the root. A statement's
signer has the extended key usage ``SIGNS_STATEMENTS``, which no subscriber's certificate has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from api.statements.jws import sign_claims
from ca.documents.cms_making import SigningIdentity
from ca.errors import SigningKeyRefused
from ca.own_certificates import OwnIdentity
from hsm import TokenSm2Key

STATEMENT: Final = "sealbridge-statement+jwt"
"""``typ`` of what the service says (RFC 8725, section 3.11)."""

APPROVAL: Final = "sealbridge-approval+jwt"
"""``typ`` of what a person approved."""

SIGNS_STATEMENTS: Final = "1.3.6.1.5.5.7.3.37"
"""Extended key usage of the service's own signer: id-kp-jwt (RFC 9509)."""

_OWN_CLAIMS: Final = frozenset({"iss", "iat", "exp"})


class Statements:
    """Signs in the name of the service that phones and verifiers reach at ``issuer``, a URL."""

    def __init__(
        self, identity: Callable[[], OwnIdentity], issuer: str, clock: Callable[[], datetime]
    ) -> None:
        self.identity = identity
        self._issuer = issuer
        self._clock = clock

    def sign(self, claims: Mapping[str, Any], lifetime: timedelta | None = None) -> str:
        """A compact JWS over ``claims`` and ``iss``, ``iat`` and, given a ``lifetime``, ``exp``.

        Raises HsmError and CaError: the token is away, or a certificate that is due cannot be made.
        """
        if taken := _OWN_CLAIMS.intersection(claims):
            raise ValueError(f"claims that the service sets itself: {', '.join(sorted(taken))}")
        now = int(self._clock().timestamp())
        told = {"iss": self._issuer, **claims, "iat": now}
        if lifetime is not None:
            told["exp"] = now + int(lifetime.total_seconds())
        mine = self.identity()
        return sign_claims(mine.key, mine.certificate, mine.chain, STATEMENT, told)


def sign_approval(identity: SigningIdentity, claims: Mapping[str, Any]) -> str:
    """A compact JWS over ``claims`` by a person's own key: RS256, ES256, ES384 or EdDSA.

    Raises HsmError; SigningKeyRefused for SM2, which JWS has no name for.
    """
    if isinstance(identity.key, TokenSm2Key):
        raise SigningKeyRefused("JWS has no name for SM2")
    return sign_claims(identity.key, identity.certificate, identity.chain, APPROVAL, claims)
