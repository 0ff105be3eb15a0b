"""Where the PKCS#11 libraries of CA locks are found on a PC."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_LINUX: Final = (
    "/usr/lib/*/pkcs11/*.so",  # where distributions put them, OpenSC among them
    "/usr/lib64/pkcs11/*.so",
    "/usr/lib/pkcs11/*.so",
    "/usr/lib/libcastle.so*",  # Feitian ePass
    "/opt/ePass*/redist/lib*.so*",
    "/usr/lib/libcryptoide_pkcs11.so",  # Longmai mToken
    "/opt/*/lib/libgm3000*pkcs11.so",
    "/usr/lib/watchdata/*/lib/libwdpkcs*.so",  # Watchdata
    "/usr/lib/libhtpkcs11.so",  # Haitai
    "/usr/lib/libeTPkcs11.so",  # SafeNet
    "/usr/lib/*/libykcs11.so",  # Yubico
    "/usr/lib/softhsm/libsofthsm2.so",
)
_WINDOWS: Final = (
    r"{root}\eps2003csp11*.dll",
    r"{root}\ShuttleCsp11_*.dll",
    r"{root}\gm3000_pkcs11.dll",
    r"{root}\mtoken*pkcs11.dll",
    r"{root}\wdpkcs*.dll",
    r"{root}\HtPkcs11*.dll",
    r"{root}\eTPKCS11.dll",
    r"{root}\opensc-pkcs11.dll",
)
_MACOS: Final = (
    "/usr/local/lib/libcastle*.dylib",
    "/usr/local/lib/libcryptoide_pkcs11.dylib",
    "/usr/local/lib/libeTPkcs11.dylib",
    "/usr/local/lib/opensc-pkcs11.so",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
)
_NOT_LOCKS: Final = ("p11-kit-", "pkcs11-spy", "onepin-", "libtpm2_")
"""Proxies, loggers, trust stores and the PC's own TPM live in the same folders."""


def find_modules(configured: Iterable[Path] = ()) -> list[Path]:
    """The configured modules, whether they are there or not; without any, those found on this PC."""
    return list(configured) or sorted(set(_installed()))


def _installed() -> Iterator[Path]:
    for pattern in _patterns():
        for name in glob.glob(pattern):
            path = Path(name).resolve()
            if not path.name.startswith(_NOT_LOCKS):
                yield path


def _patterns() -> tuple[str, ...]:
    if sys.platform == "win32":
        root = os.environ.get("SYSTEMROOT", r"C:\Windows") + r"\System32"
        return tuple(pattern.format(root=root) for pattern in _WINDOWS)
    return _MACOS if sys.platform == "darwin" else _LINUX
