"""Opening the token of a ceremony: by its officers together, or by one PIN."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from ca.ceremony.console import Console
from ca.ceremony.plan import TokenPlan
from ca.errors import CeremonyRefused
from ca.officers import join_shares, share_pin
from hsm import PinState, Token, TokenConfig, init_token, list_tokens

_PIN_CHARACTERS: Final = 26


def prepare_token(plan: TokenPlan, console: Console) -> None:
    """Initialise a new token and hand its officers their shares. A token of one PIN must be ready.

    Raises CeremonyRefused when there is one of this label, HsmError.
    """
    if plan.officers is None:
        return
    if is_there(plan):
        raise CeremonyRefused(f"a token {plan.label!r} exists", reason=f"设备 {plan.label} 已初始化")
    pin, shares = share_pin(plan.officers.threshold, plan.officers.count)
    for number, words in enumerate(shares, 1):
        console.show_share(number, plan.officers.count, words)
    init_token(plan.module, plan.label, so_pin_of(pin), pin)


def is_there(plan: TokenPlan) -> bool:
    """Whether a token of this label is ready for use."""
    known = list_tokens(plan.module)
    return any(one.label == plan.label and one.pin_state is not PinState.UNINITIALISED for one in known)


def unlock(plan: TokenPlan, console: Console) -> Token:
    """The token, logged in. Shares are typed one by one. Raises SharesRefused, HsmError."""
    if plan.officers is None:
        pin = console.ask_pin(plan.label)
    else:
        needed = plan.officers.threshold
        pin = join_shares([console.ask_share(number, needed) for number in range(1, needed + 1)])
    return Token.open(TokenConfig(plan.module, plan.label), lambda: pin)


def so_pin_of(pin: str) -> str:
    """The security officer's PIN: it comes from the same shares, so that nothing else has to be kept."""
    derived = hashlib.sha256(b"security officer" + pin.encode()).digest()
    return base64.b32encode(derived).decode()[:_PIN_CHARACTERS]
