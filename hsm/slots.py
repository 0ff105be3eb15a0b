"""Finding tokens and making them usable: by label or serial, never by slot number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pkcs11
from pkcs11 import TokenFlag

from hsm.config import TokenConfig
from hsm.cryptoki import CKU_SO
from hsm.errors import LabelRefused, TokenAmbiguous, TokenFull, TokenNotFound
from hsm.module import Module
from hsm.translation import translated

_LABEL_BYTES: Final = 32  # CK_TOKEN_INFO


class PinState(StrEnum):
    """What the token's flags say of its user PIN (PKCS#11 v2.40, CK_TOKEN_INFO)."""

    OK = "ok"
    LOW = "low"
    LAST_TRY = "last-try"
    LOCKED = "locked"
    UNINITIALISED = "uninitialised"

    @property
    def tries_left(self) -> int | None:
        """Tries left where the flags tell a number."""
        return {PinState.LAST_TRY: 1, PinState.LOCKED: 0}.get(self)


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as it describes itself, readable without a PIN. ``writable``: it takes new objects."""

    label: str
    serial: str
    manufacturer: str
    model: str
    pin_state: PinState
    mechanisms: frozenset[int]
    writable: bool = True


def list_tokens(module: Path) -> list[TokenInfo]:
    """The initialised tokens that the module sees now. Raises ModuleUnusable."""
    with translated():
        return [token_info(slot) for slot in _initialised(Module.load(module))]


def find_slot(module: Module, config: TokenConfig) -> Any:
    """The slot of the one token with the configured label and serial.

    Raises TokenNotFound, and TokenAmbiguous when a label alone fits several tokens.
    """
    matches = [slot for slot in _initialised(module) if _fits(slot.get_token(), config)]
    wanted = f"label {config.label!r}, serial {config.serial!r}"
    if not matches:
        raise TokenNotFound(f"no token with {wanted} in {module.path}")
    if len(matches) > 1:
        raise TokenAmbiguous(f"{len(matches)} tokens with {wanted}; choose by serial")
    return matches[0]


def token_info(slot: Any) -> TokenInfo:
    """Read a slot's token information and mechanism list."""
    token = slot.get_token()
    return TokenInfo(
        label=token.label,
        serial=token.serial.decode("ascii", "replace").strip(" \0"),
        manufacturer=token.manufacturer_id,
        model=token.model,
        pin_state=_pin_state(token.flags),
        mechanisms=frozenset(int(mechanism) for mechanism in slot.get_mechanisms()),
        writable=not token.flags & TokenFlag.WRITE_PROTECTED,
    )


def init_token(module: Path, label: str, so_pin: str, user_pin: str) -> TokenInfo:
    """Initialise a blank token and set its user PIN; both PINs stay off every command line.

    ``label``: at most 32 bytes in UTF-8. Raises TokenFull when no blank token is there, TokenAmbiguous when
    the label is taken (an initialised token is never overwritten), LabelRefused, PinRefused. A token that was
    left without a user PIN, by a crash between the two steps, is finished with the same ``so_pin``.
    """
    loaded = Module.load(module)
    if not 0 < len(label.encode()) <= _LABEL_BYTES:
        raise LabelRefused(f"{label!r} has {len(label.encode())} bytes; a token holds {_LABEL_BYTES}")
    states = [info.pin_state for info in list_tokens(module) if info.label == label]
    if states not in ([], [PinState.UNINITIALISED]):
        raise TokenAmbiguous(f"a token labelled {label!r} exists already")
    with translated():
        if not states:
            _label_blank(loaded, label, so_pin)
        slot = find_slot(loaded, TokenConfig(module, label))
        _set_first_pin(loaded, slot, so_pin, user_pin)
        return token_info(slot)


def _label_blank(module: Module, label: str, so_pin: str) -> None:
    blank = [slot for slot in module.slots() if not _is_initialised(slot)]
    if not blank:
        raise TokenFull(f"{module.path} shows no blank token to initialise")
    module.cryptoki.init_token(blank[0].slot_id, so_pin, label)


def _set_first_pin(module: Module, slot: Any, so_pin: str, user_pin: str) -> None:
    session = slot.get_token().open(rw=True)
    try:
        module.cryptoki.login(session.handle, CKU_SO, so_pin)
        session.init_pin(user_pin)
    finally:
        module.cryptoki.logout(session.handle)
        module.cryptoki.close_session(session.handle)


def _initialised(module: Module) -> list[Any]:
    return [slot for slot in module.slots() if _is_initialised(slot)]


def _is_initialised(slot: Any) -> bool:
    try:
        return bool(slot.get_token().flags & TokenFlag.TOKEN_INITIALIZED)
    except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
        return False


def _fits(token: Any, config: TokenConfig) -> bool:
    serial = token.serial.decode("ascii", "replace").strip(" \0")
    return config.label in (None, token.label) and config.serial in (None, serial)


def _pin_state(flags: TokenFlag) -> PinState:
    if flags & TokenFlag.USER_PIN_LOCKED:
        return PinState.LOCKED
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return PinState.LAST_TRY
    if flags & TokenFlag.USER_PIN_COUNT_LOW:
        return PinState.LOW
    return PinState.OK if flags & TokenFlag.USER_PIN_INITIALIZED else PinState.UNINITIALISED
