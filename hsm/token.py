"""One token, logged in once for the whole process, that outlives the loss of its sessions.

``Token.run`` lends a pooled session. When the device drops its sessions (restart, idle time-out, token
pulled and put back) the first caller to notice logs in again, once, and the work is tried a second time;
a wrong PIN is never tried twice, because three tries lock a real token.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final, Self, TypeVar

import pkcs11

from hsm import certificates
from hsm.certificates import TokenCertificate
from hsm.config import PinSource, TokenConfig
from hsm.cryptoki import CKU_USER
from hsm.errors import (
    HsmError,
    KeyNotFound,
    ModuleUnusable,
    PinIncorrect,
    PinLocked,
    TokenBusy,
    TokenFull,
    TokenGone,
    TokenNotFound,
    TokenReadOnly,
)
from hsm.module import Module
from hsm.observation import Observer
from hsm.session import NoSessions, PrivateKeyTemplates, Session, SessionPool, Sessions
from hsm.slots import TokenInfo, find_slot, token_info
from hsm.sm2.table import Sm2Mechanisms
from hsm.translation import HANDLE_STALE, SESSION_LOST, UNCLEAR, translate, translated

Result = TypeVar("Result")

_CHANGE_TRIES: Final = 4
_opened: weakref.WeakSet[Token] = weakref.WeakSet()


class Token:
    """A logged-in token. Open with ``Token.open``; close it or use it as a context manager."""

    def __init__(self, config: TokenConfig, pin: PinSource, observer: Observer | None = None) -> None:
        self.observer = observer
        self._config = config
        self._pin = pin
        self._module = Module.load(config.module)
        self._recovering = threading.Lock()
        self._changing = threading.Lock()
        self._generation = 0
        self._sessions: Sessions = NoSessions(TokenGone("not logged in"))
        self._log_in()
        self._module.on_close(self.close)
        _opened.add(self)

    @classmethod
    def open(cls, config: TokenConfig, pin: PinSource, observer: Observer | None = None) -> Token:
        """Find the token and log in. ``observer``: is told of signatures and errors.

        Raises ModuleUnusable, TokenNotFound, TokenAmbiguous, PinIncorrect (with the tries left where the
        token tells), PinLocked, and TokenBusy when this process is already logged in to the token: the
        PIN was then not checked at all.
        """
        return cls(config, pin, observer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Token {self.info.label!r} serial {self.info.serial!r}>"

    @property
    def info(self) -> TokenInfo:
        """What the token said of itself at the last login."""
        return self._info

    def supports(self, mechanism: pkcs11.Mechanism) -> bool:
        """Whether the token lists this mechanism."""
        return mechanism in self._info.mechanisms

    @property
    def sm2(self) -> Sm2Mechanisms | None:
        """How the module does SM2, as it was configured."""
        return self._config.sm2

    @property
    def is_tpm(self) -> bool:
        """Whether the module is tpm2-pkcs11; TPM chips themselves have many names."""
        return "TPM" in self._module.description

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Do ``work`` with a pooled session; again after a stale handle, and again after a new login.

        Raises HsmError; TokenGone when the token does not come back.
        """
        return self._observed(work, alone=False)

    def _observed(self, work: Callable[[Session], Result], alone: bool) -> Result:
        try:
            return self._run(work, alone)
        except HsmError as exc:
            if self.observer is not None:
                self.observer.failed(self._info.label, exc.code)
            raise

    def _run(self, work: Callable[[Session], Result], alone: bool) -> Result:
        generation = self._generation
        try:
            return self._lent(work, alone)
        except (*HANDLE_STALE, *UNCLEAR):
            pass  # the session went with its handles; the next one finds the object again
        except SESSION_LOST as exc:
            self._recover(generation, exc)
        except pkcs11.PKCS11Error as exc:
            raise translate(exc) from exc
        return self._run_again(generation, work, alone)

    def change(self, work: Callable[[Session], Result]) -> Result:
        """Do ``work`` that makes or destroys objects, one such work at a time.

        It may be done several times, so it first clears away what a failed try can have left. Raises
        TokenReadOnly before anything is tried, and TokenFull.
        """
        if not self._info.writable:
            raise TokenReadOnly(f"{self._info.label} is write-protected")
        # SoftHSM 2.6.1 lets a thread read an object that another one is still writing: attributes come back
        # empty, and the defaults put in their place can be stored over the true ones.
        alone = self._module.is_softhsm
        with self._changing:
            for _ in range(_CHANGE_TRIES - 1):
                try:
                    return self._observed(work, alone)
                except (TokenBusy, TokenFull, TokenReadOnly, PinIncorrect, PinLocked):
                    raise
                except HsmError:
                    continue
            return self._observed(work, alone)

    def _run_again(self, generation: int, work: Callable[[Session], Result], alone: bool) -> Result:
        if generation == self._generation:
            try:
                return self._lent(work, alone)
            except (*SESSION_LOST, *UNCLEAR, KeyNotFound) as exc:
                # A key that was there a moment ago and is not found any more: ask the token who it is.
                self._recover(generation, exc)
            except pkcs11.PKCS11Error as exc:
                raise translate(exc) from exc
        with translated():
            return self._lent(work, alone)

    def _lent(self, work: Callable[[Session], Result], alone: bool) -> Result:
        return self._sessions.do_alone(work) if alone else self._sessions.do(work)

    def certificates(self) -> list[TokenCertificate]:
        """The X.509 certificates on the token."""
        return self.run(lambda session: certificates.read_all(session.raw))

    def import_certificate(self, label: str, key_id: bytes, der: bytes) -> None:
        """Write a DER certificate beside the key with the same ``key_id`` (CKA_ID)."""
        self.change(lambda session: certificates.write(session.raw, label, key_id, der))

    def close(self) -> None:
        """Log out and close every session of this process on the token."""
        self._module.forget(self.close)
        if not self._is_refused():
            self._drop_sessions(TokenGone("the token was closed"))

    def _is_refused(self) -> bool:
        return isinstance(self._sessions, NoSessions) and self._sessions.final

    def _forbid_child(self) -> None:
        # PKCS#11 v2.40, section 6.6.1: a forked child may not use its parent's initialisation.
        self._sessions = NoSessions(ModuleUnusable("the token was opened before a fork; open it after"))

    def _log_in(self) -> None:
        with translated():
            slot = find_slot(self._module, self._config)
            token = slot.get_token()
            # Session first, PIN second: the binding's open-with-PIN leaks its session when the PIN fails.
            info = token_info(slot)
            anchor = token.open(rw=info.writable)
        cryptoki = self._module.cryptoki
        try:
            cryptoki.login(anchor.handle, CKU_USER, self._pin())
        except HsmError as exc:
            cryptoki.close_session(anchor.handle)
            raise self._explain(exc, slot) from None
        self._slot_id: int = slot.slot_id
        self._anchor = anchor
        self._info = token_info(slot)
        self._sessions = SessionPool(
            lambda: Session(token.open(rw=info.writable, attribute_mapper=PrivateKeyTemplates()), cryptoki),
            lambda session: cryptoki.close_session(session.raw.handle),
            self._config.pool_size,
            self._config.wait_seconds,
        )

    @staticmethod
    def _explain(refusal: HsmError, slot: Any) -> HsmError:
        if isinstance(refusal, PinIncorrect):
            with contextlib.suppress(pkcs11.PKCS11Error):
                return PinIncorrect(tries_left=token_info(slot).pin_state.tries_left)
        if isinstance(refusal, TokenBusy):
            return TokenBusy("this process is already logged in to the token; the PIN was not checked")
        return refusal

    def _recover(self, generation: int, cause: Exception) -> None:
        with self._recovering:
            if generation != self._generation or self._is_refused():
                return  # another thread has logged in again since, or found out that it is no use
            self._drop_sessions(pkcs11.DeviceRemoved("the token has not come back yet"))
            try:
                self._log_in()
            except (PinIncorrect, PinLocked) as exc:
                self._sessions = NoSessions(exc)
                raise
            except TokenNotFound as exc:
                raise TokenGone(f"the token is not there any more after {type(cause).__name__}") from exc
            self._generation += 1

    def _drop_sessions(self, refusal: HsmError | pkcs11.PKCS11Error) -> None:
        pool, self._sessions = self._sessions, NoSessions(refusal)
        pool.close()
        # Also the anchor's; a token that is gone refuses, which changes nothing.
        self._module.cryptoki.close_all_sessions(self._slot_id)


def _forbid_children() -> None:
    for token in list(_opened):
        token._forbid_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_forbid_children)
