"""The few Cryptoki calls that python-pkcs11 does not offer, made on the same loaded library.

python-pkcs11 calls ``C_Initialize(NULL)``, which tells a module that its caller has one thread; modules
then drop their locks and two signing threads crash the process. It also cannot log in on a session that is
already open, initialise a token, or close a session without logging every other session out. Those calls
are made here through the module's own function list (PKCS#11 v2.40, section 5.2 and 6).

Signatures are made here too. The binding asks for the signature's length first and lets go of the
interpreter lock three times a signature; with two threads on P-256 that costs half of the rate.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pkcs11

from hsm.errors import HsmError, ModuleUnusable, PinIncorrect, PinLocked, PinRefused, TokenBusy, TokenGone

CKU_SO: Final = 0
CKU_USER: Final = 1
_CKF_OS_LOCKING_OK: Final = 0x2
_ALREADY_INITIALIZED: Final = 0x191
_CKS_USER: Final = (1, 3)  # CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS

# Positions of the functions in CK_FUNCTION_LIST; the order is part of the standard (pkcs11f.h).
_INITIALIZE, _FINALIZE, _INIT_TOKEN, _CLOSE_SESSION, _CLOSE_ALL, _LOGIN, _LOGOUT = 0, 1, 9, 13, 14, 18, 19
_GET_SESSION_INFO, _SIGN_INIT, _SIGN, _GENERATE_PAIR = 15, 42, 43, 59
_FUNCTIONS: Final = 68

_REFUSALS: Final[dict[int, Callable[[str], HsmError]]] = {
    0x30: TokenGone,  # CKR_DEVICE_ERROR
    0x32: TokenGone,  # CKR_DEVICE_REMOVED
    0xA0: PinIncorrect,  # CKR_PIN_INCORRECT
    0xA1: PinRefused,  # CKR_PIN_INVALID
    0xA2: PinRefused,  # CKR_PIN_LEN_RANGE
    0xA4: PinLocked,  # CKR_PIN_LOCKED
    0xB3: TokenGone,  # CKR_SESSION_HANDLE_INVALID
    0xB6: TokenBusy,  # CKR_SESSION_EXISTS
    0xE0: TokenGone,  # CKR_TOKEN_NOT_PRESENT
    # A second login, even with a wrong PIN, answers "already logged in": never read it as success.
    0x100: TokenBusy,  # CKR_USER_ALREADY_LOGGED_IN
    0x104: TokenBusy,  # CKR_USER_ANOTHER_ALREADY_LOGGED_IN
}


Template = Mapping[pkcs11.Attribute, bytes]
"""Attributes with their values as they are passed."""


class KeyFunctionNotPermitted(pkcs11.PKCS11Error):
    """CKR_KEY_FUNCTION_NOT_PERMITTED, for which the binding has no class."""


_BINDING_ERRORS: Final[dict[int, type[pkcs11.PKCS11Error]]] = {
    0x05: pkcs11.GeneralError,
    0x06: pkcs11.FunctionFailed,
    0x12: pkcs11.AttributeTypeInvalid,
    0x13: pkcs11.AttributeValueInvalid,
    0x20: pkcs11.DataInvalid,
    0x21: pkcs11.DataLenRange,
    0x30: pkcs11.DeviceError,
    0x31: pkcs11.DeviceMemory,
    0x32: pkcs11.DeviceRemoved,
    0x54: pkcs11.FunctionNotSupported,
    0x60: pkcs11.KeyHandleInvalid,
    0x63: pkcs11.KeyTypeInconsistent,
    0x68: KeyFunctionNotPermitted,
    0x70: pkcs11.MechanismInvalid,
    0x71: pkcs11.MechanismParamInvalid,
    0x82: pkcs11.ObjectHandleInvalid,
    0xB0: pkcs11.SessionClosed,
    0xB3: pkcs11.SessionHandleInvalid,
    0xD0: pkcs11.TemplateIncomplete,
    0xD1: pkcs11.TemplateInconsistent,
    0xE0: pkcs11.TokenNotPresent,
    0xE1: pkcs11.TokenNotRecognised,
    0x101: pkcs11.UserNotLoggedIn,
}


class _InitializeArgs(ctypes.Structure):
    # CK_C_INITIALIZE_ARGS; Windows modules pack Cryptoki structures to one byte (pkcs11.h).
    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _SessionInfo(ctypes.Structure):
    # CK_SESSION_INFO
    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (
        ("slot", ctypes.c_ulong),
        ("state", ctypes.c_ulong),
        ("flags", ctypes.c_ulong),
        ("device_error", ctypes.c_ulong),
    )


class CkMechanism(ctypes.Structure):
    """CK_MECHANISM; ``mechanism`` makes one that owns its parameters."""

    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (
        ("mechanism", ctypes.c_ulong),
        ("parameter", ctypes.c_void_p),
        ("length", ctypes.c_ulong),
    )


class _Attribute(ctypes.Structure):
    # CK_ATTRIBUTE
    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (("type", ctypes.c_ulong), ("value", ctypes.c_char_p), ("length", ctypes.c_ulong))


class PssParameters(ctypes.Structure):
    """CK_RSA_PKCS_PSS_PARAMS: digest mechanism, mask generation function, salt length in bytes."""

    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (("digest", ctypes.c_ulong), ("mask", ctypes.c_ulong), ("salt", ctypes.c_ulong))


def ulong(number: int) -> bytes:
    """A CK_ULONG as an attribute's value."""
    return bytes(ctypes.c_ulong(number))


def mechanism(number: int, parameters: ctypes.Structure | None = None) -> CkMechanism:
    """A CK_MECHANISM with its parameters kept alive. It may be used by several threads."""
    if parameters is None:
        return CkMechanism(number, None, 0)
    made = CkMechanism(number, ctypes.addressof(parameters), ctypes.sizeof(parameters))
    made.owned = parameters
    return made


class _FunctionList(ctypes.Structure):
    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (
        ("major", ctypes.c_ubyte),
        ("minor", ctypes.c_ubyte),
        ("functions", ctypes.c_void_p * _FUNCTIONS),
    )


class Cryptoki:
    """One PKCS#11 library's function list; every call releases the GIL and maps its return value."""

    def __init__(self, path: Path) -> None:
        try:
            self._library = ctypes.CDLL(str(path))
            get_function_list = self._library.C_GetFunctionList
        except (OSError, AttributeError) as exc:
            raise ModuleUnusable(f"{path} is not a PKCS#11 library: {exc}") from exc
        get_function_list.restype = ctypes.c_ulong
        self._list = ctypes.POINTER(_FunctionList)()
        _accept("C_GetFunctionList", get_function_list(ctypes.byref(self._list)))
        self._sign_init = self._function(_SIGN_INIT, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong)
        data = (ctypes.c_char_p, ctypes.c_ulong)
        self._sign = self._function(_SIGN, ctypes.c_ulong, *data, ctypes.c_void_p, ctypes.c_void_p)

    def initialize(self) -> None:
        """``C_Initialize`` with ``CKF_OS_LOCKING_OK``: the module locks for many threads."""
        arguments = _InitializeArgs(flags=_CKF_OS_LOCKING_OK)
        value = self._function(_INITIALIZE, ctypes.c_void_p)(ctypes.byref(arguments))
        if value not in (0, _ALREADY_INITIALIZED):
            raise ModuleUnusable(f"C_Initialize answered 0x{value:X}; try it behind p11-kit-proxy")

    def finalize(self) -> None:
        """``C_Finalize``; a module that was never initialised is left as it is."""
        self._function(_FINALIZE, ctypes.c_void_p)(None)

    def init_token(self, slot: int, so_pin: str, label: str) -> None:
        """``C_InitToken``: whatever the token held is destroyed. ``label``: at most 32 bytes of UTF-8."""
        pin, padded = so_pin.encode(), label.encode().ljust(32)
        call = self._function(_INIT_TOKEN, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
        _accept("C_InitToken", call(slot, pin, len(pin), padded))

    def login(self, session: int, user: int, pin: str) -> None:
        """``C_Login`` on an open session. Raises PinIncorrect, PinLocked, TokenBusy, TokenGone."""
        secret = pin.encode()
        call = self._function(_LOGIN, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong)
        _accept("C_Login", call(session, user, secret, len(secret)))

    def logout(self, session: int) -> None:
        """``C_Logout``: of the whole application, not of this session alone. Refusals are ignored."""
        self._function(_LOGOUT, ctypes.c_ulong)(session)

    def check_logged_in(self, session: int) -> None:
        """Raises the binding's UserNotLoggedIn for a session that sees public objects only."""
        info = _SessionInfo()
        call = self._function(_GET_SESSION_INFO, ctypes.c_ulong, ctypes.c_void_p)
        refused = call(session, ctypes.byref(info))
        if refused:
            raise _binding_error("C_GetSessionInfo", refused)
        if info.state not in _CKS_USER:
            raise pkcs11.UserNotLoggedIn(f"the session's state is {info.state}")

    def close_session(self, session: int) -> None:
        """``C_CloseSession``; a session already gone is no error."""
        self._function(_CLOSE_SESSION, ctypes.c_ulong)(session)

    def close_all_sessions(self, slot: int) -> None:
        """``C_CloseAllSessions`` of this application on the slot's token, which also logs it out."""
        self._function(_CLOSE_ALL, ctypes.c_ulong)(slot)

    def sign(self, session: int, key: int, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        """``C_SignInit`` and ``C_Sign`` in one part. ``room``: bytes of the longest signature.

        Raises the binding's errors, as its own calls do, so that one table translates them.
        """
        refused = self._sign_init(session, ctypes.addressof(mechanism), key)
        if refused:
            raise _binding_error("C_SignInit", refused)
        signature, length = ctypes.create_string_buffer(room), ctypes.c_ulong(room)
        refused = self._sign(session, data, len(data), ctypes.addressof(signature), ctypes.addressof(length))
        if refused:
            raise _binding_error("C_Sign", refused)
        return signature.raw[: length.value]

    def generate_pair(
        self, session: int, mechanism: CkMechanism, public: Template, private: Template
    ) -> None:
        """``C_GenerateKeyPair`` with attributes as they are passed; raises the binding's errors."""
        template = (ctypes.c_void_p, ctypes.c_ulong)
        handles = (ctypes.c_ulong(), ctypes.c_ulong())
        call = self._function(
            _GENERATE_PAIR, ctypes.c_ulong, ctypes.c_void_p, *template, *template, *(ctypes.c_void_p,) * 2
        )
        open_half, secret_half = _template(public), _template(private)
        refused = call(
            *(session, ctypes.addressof(mechanism)),
            *(ctypes.addressof(open_half), len(public), ctypes.addressof(secret_half), len(private)),
            *map(ctypes.addressof, handles),
        )
        if refused:
            raise _binding_error("C_GenerateKeyPair", refused)

    def _function(self, position: int, *arguments: type) -> Callable[..., int]:
        address = self._list.contents.functions[position]
        return ctypes.CFUNCTYPE(ctypes.c_ulong, *arguments)(address or 0)


def _template(attributes: Template) -> ctypes.Array[_Attribute]:
    made = [_Attribute(int(kind), value, len(value)) for kind, value in attributes.items()]
    return (_Attribute * len(made))(*made)


def _binding_error(call: str, value: int) -> pkcs11.PKCS11Error:
    return _BINDING_ERRORS.get(value, pkcs11.PKCS11Error)(f"{call} answered 0x{value:X}")


def _accept(call: str, value: int) -> None:
    if value == 0:
        return
    refusal = _REFUSALS.get(value, HsmError)
    raise refusal(f"{call} answered 0x{value:X}")
