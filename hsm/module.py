"""A loaded PKCS#11 library: initialised for many threads, once a process, finalised in order at exit."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import _pkcs11

from hsm.cryptoki import Cryptoki
from hsm.errors import ModuleUnusable

_loaded: dict[Path, Module] = {}
_loading = threading.Lock()


class _LockingLibrary(_pkcs11.lib):
    """python-pkcs11's library, initialised with OS locking instead of ``C_Initialize(NULL)``."""

    def initialize(self) -> None:
        Cryptoki(Path(self.so)).initialize()


class Module:
    """A PKCS#11 library in this process. Get one with ``Module.load``; all callers share it.

    Tokens opened on it register what must be closed before ``C_Finalize``: a module that is finalised, or
    a process that exits, under open sessions crashes with some vendors.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cryptoki = Cryptoki(path)
        self._pid = os.getpid()
        self._closers: list[Callable[[], None]] = []
        try:
            self._library = _LockingLibrary(str(path))
        except pkcs11.PKCS11Error as exc:
            raise ModuleUnusable(f"{path}: {type(exc).__name__} {exc}") from exc

    @classmethod
    def load(cls, path: Path) -> Module:
        """The module at ``path``, initialised. Raises ModuleUnusable."""
        with _loading:
            known = _loaded.get(path)
            if known is not None:
                known.check_process()
                return known
            if not path.exists():
                raise ModuleUnusable(f"no PKCS#11 library at {path}")
            _loaded[path] = module = cls(path)
            return module

    @property
    def description(self) -> str:
        """What the library says of itself, with its version."""
        major, minor = self._library.library_version
        described: Any = self._library
        return f"{described.library_description} {major}.{minor}"

    @property
    def is_softhsm(self) -> bool:
        """Whether this is SoftHSM, which has habits of its own."""
        return "SoftHSM" in str(self._library.manufacturer_id)

    def slots(self) -> list[Any]:
        """Slots that hold a token now, as python-pkcs11 slots."""
        self.check_process()
        return self._library.get_slots(token_present=True)

    def all_slots(self) -> list[Any]:
        """All slots, with or without a token."""
        self.check_process()
        return self._library.get_slots()

    def check_process(self) -> None:
        """PKCS#11 v2.40 section 6.6.1: a forked child may not use its parent's initialisation."""
        if os.getpid() != self._pid:
            raise ModuleUnusable(f"{self.path} was initialised before a fork; load it in the worker process")

    def on_close(self, closer: Callable[[], None]) -> None:
        """Run ``closer`` before the module is finalised."""
        self._closers.append(closer)

    def forget(self, closer: Callable[[], None]) -> None:
        """Take back what ``on_close`` registered."""
        if closer in self._closers:
            self._closers.remove(closer)

    def restart(self) -> None:
        """Finalise and initialise again: the one way to make some modules look at their slots anew.

        Every token opened on the module is closed first, so this is for programs that hold none
        between tasks, such as the lock agent.
        """
        self._close_tokens()
        self.cryptoki.finalize()
        self.cryptoki.initialize()

    def close(self) -> None:
        """Close what is open and finalise. In a forked child it does nothing."""
        if os.getpid() != self._pid:
            return
        self._close_tokens()
        self.cryptoki.finalize()
        _loaded.pop(self.path, None)

    def _close_tokens(self) -> None:
        while self._closers:
            self._closers.pop()()


def _close_all() -> None:
    for module in list(_loaded.values()):
        module.close()


atexit.register(_close_all)
