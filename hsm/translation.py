"""What python-pkcs11 raises, told in this package's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pkcs11

from hsm.cryptoki import KeyFunctionNotPermitted
from hsm.errors import (
    HsmError,
    KeyDamaged,
    KeyNotFound,
    KeyUseRefused,
    MechanismMissing,
    PinIncorrect,
    PinLocked,
    PinRefused,
    TokenBusy,
    TokenFull,
    TokenGone,
    TokenNotFound,
    TokenReadOnly,
)

SESSION_LOST: Final = (
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.DeviceRemoved,
    pkcs11.DeviceError,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.UserNotLoggedIn,
)
"""Errors after which no session is worth anything; one new login may cure them."""

HANDLE_STALE: Final = (
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.UnwrappingKeyHandleInvalid,
    pkcs11.WrappingKeyHandleInvalid,
)
"""Errors of one session's cached handles, as when another program replaced the object: look it up anew."""

UNCLEAR: Final = (
    pkcs11.GeneralError,
    pkcs11.FunctionFailed,
    pkcs11.TemplateInconsistent,  # SoftHSM 2.6.1, rarely, while another thread makes an object
)
"""What modules answer when they do not say why: worth another try in a new session, then a new login."""

_TRANSLATIONS: Final[tuple[tuple[tuple[type[Exception], ...], type[HsmError]], ...]] = (
    ((pkcs11.PinIncorrect,), PinIncorrect),
    ((pkcs11.PinLocked,), PinLocked),
    ((pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinTooWeak), PinRefused),
    ((pkcs11.NoSuchToken, pkcs11.SlotIDInvalid), TokenNotFound),
    ((pkcs11.NoSuchKey,), KeyNotFound),
    ((KeyFunctionNotPermitted, pkcs11.KeyTypeInconsistent), KeyUseRefused),
    (
        (
            pkcs11.MechanismInvalid,
            pkcs11.MechanismParamInvalid,
            pkcs11.FunctionNotSupported,
            pkcs11.KeyNotWrappable,  # SoftHSM 2.6.1 for Edwards keys
            pkcs11.KeySizeRange,
            pkcs11.AttributeValueInvalid,  # a TPM for RSA keys longer than it can make
        ),
        MechanismMissing,
    ),
    ((pkcs11.WrappedKeyInvalid, pkcs11.WrappedKeyLenRange), KeyDamaged),
    ((pkcs11.DeviceMemory,), TokenFull),
    ((pkcs11.TokenWriteProtected, pkcs11.SessionReadOnly), TokenReadOnly),
    ((pkcs11.SessionCount,), TokenBusy),
    (HANDLE_STALE, KeyNotFound),
    ((*SESSION_LOST, *UNCLEAR), TokenGone),
    ((pkcs11.PKCS11Error,), HsmError),
)


def translate(error: pkcs11.PKCS11Error) -> HsmError:
    """The HsmError for a binding's error; the detail names the Cryptoki return value only."""
    for causes, translated in _TRANSLATIONS:
        if isinstance(error, causes):
            return translated(f"the token answered {type(error).__name__}")
    return HsmError(type(error).__name__)


@contextmanager
def translated() -> Iterator[None]:
    """Re-raise python-pkcs11's errors as HsmError."""
    try:
        yield
    except pkcs11.PKCS11Error as exc:
        raise translate(exc) from exc
