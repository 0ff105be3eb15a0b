"""What opens a session: an address to type, a code to compare, a token to answer with.

The address has 50 random bits in ten characters of Crockford's base 32, which has no I, L, O and U. The
code's digest is keyed with the address, which the database does not hold: six digits alone could be
guessed from any digest.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

from mobile_bridge.server.rules import CODE_DIGITS

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HALF: Final = 5
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_PLAIN: Final = re.compile(f"[{_ALPHABET}]{{{2 * _HALF}}}")


def new_address() -> str:
    """A random address, plain: ten characters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(2 * _HALF))


def new_code() -> str:
    """A random code, CODE_DIGITS decimal digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_token() -> str:
    """A random token of 256 bits, safe in URLs."""
    return secrets.token_urlsafe(32)


def plain(typed: str) -> str | None:
    """An address as ten characters, whatever case, dashes and look-alikes were typed; None if it is none.

    The whole URL does as well: people copy it.
    """
    typed = typed.strip().rpartition("/")[2]
    if len(typed) > 4 * _HALF:
        return None
    address = typed.upper().translate(_MISREAD)
    return address if _PLAIN.fullmatch(address) else None


def shown(address: str) -> str:
    """A plain address with its dash."""
    return f"{address[:_HALF]}-{address[_HALF:]}"


def digest(secret: str) -> str:
    """What the database keeps of a plain address or a token: both are random enough for a bare SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()


def code_digest(address: str, code: str) -> str:
    """What the database keeps of a code: HMAC-SHA256 under the plain address."""
    typed = code.encode(errors="replace")  # JSON may carry half a surrogate pair
    return hmac.new(address.encode(), typed, hashlib.sha256).hexdigest()
