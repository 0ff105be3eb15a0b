"""Where the PKCS#11 libraries of CA locks are found on a PC."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# Names as the vendors' own installers put them; a name that is only likely is not here: every library
# named is loaded, and loading runs it.
_LINUX: Final = (
    "/usr/lib/*/pkcs11/*.so",  # where distributions put them, OpenSC among them
    "/usr/lib64/pkcs11/*.so",
    "/usr/lib/pkcs11/*.so",
    "{lib}/libcastle*.so*",  # Feitian ePass2003
    "/opt/ePass*/redist/libcastle*.so*",
    "{lib}/libshuttle_p11v220.so*",  # Feitian ePass3003
    "{lib}/libgm3000_pkcs11.so",  # Longmai GM3000
    "{lib}/libcryptoide_pkcs11.so",  # Longmai mToken
    "/opt/CryptoIDE*/lib/libcryptoide_pkcs11.so",
    "{lib}/libwdpkcs*.so",  # Watchdata
    "/usr/lib/[wW]atch[dD]ata/*/lib/libwdpkcs*.so",
    "{lib}/libhtpkcs11.so",  # Haitai
    "{lib}/libaetpkss.so*",  # Giesecke+Devrient, SafeSign
    "{lib}/libeTPkcs11.so",  # SafeNet
    "{lib}/libIDPrimePKCS11.so",  # Thales IDPrime
    "{lib}/libykcs11.so*",  # Yubico
    "{lib}/softhsm/libsofthsm2.so",
)
_LIBRARY_FOLDERS: Final = ("/usr/lib", "/usr/lib64", "/usr/lib/*-linux-gnu", "/usr/local/lib")
_WINDOWS: Final = (
    r"{system}\eps2003csp11*.dll",  # Feitian
    r"{system}\ShuttleCsp11_*.dll",
    r"{system}\ngp11v211.dll",
    r"{system}\gm3000_pkcs11*.dll",  # Longmai
    r"{system}\cryptoid*_pkcs11.dll",
    r"{system}\wdpkcs*.dll",  # Watchdata
    r"{system}\HtPkcs11*.dll",  # Haitai
    r"{system}\aetpkss1.dll",  # Giesecke+Devrient
    r"{system}\eTPKCS11.dll",  # SafeNet
    r"{programs}\SafeNet\Authentication\SAC\x64\IDPrimePKCS1164.dll",
    r"{programs}\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
    r"{programs}\Yubico\Yubico PIV Tool\bin\libykcs11.dll",
    r"{system}\opensc-pkcs11.dll",
)
_MACOS: Final = (
    "/usr/local/lib/libcastle*.dylib",
    "/usr/local/lib/libcryptoide_pkcs11.dylib",
    "/opt/CryptoIDE/lib/libcryptoide_pkcs11.dylib",
    "/usr/local/lib/libwdpkcs*.dylib",
    "/usr/local/lib/libaetpkss.dylib",
    "/usr/local/lib/libeTPkcs11.dylib",
    "/usr/local/lib/libykcs11.dylib",
    "/opt/homebrew/lib/libykcs11.dylib",
    "/usr/local/lib/opensc-pkcs11.so",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
)
_NOT_LOCKS: Final = ("p11-kit-", "pkcs11-spy", "onepin-", "libtpm2_")
"""Proxies, loggers, trust stores and the PC's own TPM live in the same folders."""


def find_modules(configured: Iterable[Path] = (), *, search: bool = True) -> list[Path]:
    """The configured modules, whether they are there or not, and those found on this PC if ``search``.

    One library that is there under several names is named once.
    """
    found = list(configured)
    known = {path.resolve() for path in found}
    return found + [path for path in (_installed() if search else ()) if path not in known]


def _installed() -> list[Path]:
    found = {Path(name).resolve() for pattern in _patterns() for name in glob.glob(pattern)}
    return sorted(path for path in found if not path.name.startswith(_NOT_LOCKS))


def _patterns() -> list[str]:
    if sys.platform == "win32":
        system = os.environ.get("SYSTEMROOT", r"C:\Windows") + r"\System32"
        programs = os.environ.get("PROGRAMFILES", r"C:\Program Files")
        return [pattern.format(system=system, programs=programs) for pattern in _WINDOWS]
    if sys.platform == "darwin":
        return list(_MACOS)
    return [each.replace("{lib}", lib) for each in _LINUX for lib in _LIBRARY_FOLDERS]
