"""A TPM 2.0 as a second kind of token: swtpm behind its resource manager, spoken to by tpm2-pkcs11.

Without the resource manager the TPM runs out of object memory after a few keys. The module reads its
configuration from the environment, which must be set before it is loaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("dbus-daemon", "swtpm", "tpm2-abrmd", "tpm2_ptool")
_MODULES = "**/libtpm2_pkcs11.so.1"
_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


@dataclass(frozen=True)
class TpmToken:
    """The module with one initialised token on it."""

    module: Path
    label: str
    pin: str


def missing() -> str | None:
    """Why there is no TPM here, None when there can be one."""
    for program in PROGRAMS:
        if shutil.which(program, path=_PATH) is None:
            return f"{program} is not installed"
    if not any(Path("/usr/lib").glob("*/libtss2-tcti-tabrmd.so.0")):
        return "libtss2-tcti-tabrmd0 is not installed"
    return None if _module() else "libtpm2-pkcs11-1 is not installed"


@contextmanager
def tpm_token(folder: Path) -> Iterator[TpmToken]:
    """Start everything below ``folder`` and set the environment; stopped at the end of the block."""
    module = _module()
    assert module is not None
    bus, socket, store = f"unix:path={folder}/bus", folder / "tpm", folder / "store"
    for made in (folder / "state", store):
        made.mkdir()
    os.environ |= {
        "DBUS_SESSION_BUS_ADDRESS": bus,
        "TPM2_PKCS11_TCTI": "tabrmd:bus_type=session",
        "TPM2TOOLS_TCTI": "tabrmd:bus_type=session",
        "TPM2_PKCS11_STORE": str(store),
        "TPM2_PKCS11_LOG_LEVEL": "0",
        "TSS2_LOG": "all+NONE",
    }
    with ExitStack() as running:
        running.enter_context(_running(folder, "dbus-daemon", "--session", "--nofork", f"--address={bus}"))
        _wait_for(folder / "bus")
        server = ("--server", f"type=unixio,path={socket}", "--ctrl", f"type=unixio,path={socket}.ctrl")
        flags = ("--flags", "not-need-init,startup-clear", "--tpmstate", f"dir={folder}/state")
        running.enter_context(_running(folder, "swtpm", "socket", "--tpm2", *server, *flags))
        _wait_for(socket)
        root = ("--allow-root",) if os.getuid() == 0 else ()
        running.enter_context(
            _running(folder, "tpm2-abrmd", "--session", *root, f"--tcti=swtpm:path={socket}")
        )
        _create_store(store)
        token = TpmToken(module, "lock", "lock-1234")
        _ptool(
            "addtoken",
            "--pid",
            "1",
            "--sopin",
            "so-1234",
            "--userpin",
            token.pin,
            "--label",
            token.label,
            store,
        )
        yield token


def _create_store(store: Path) -> None:
    for _ in range(50):  # the resource manager takes a moment to appear on the bus
        if _ptool("init", store, check=False) == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("tpm2-abrmd did not come up")


def _ptool(*arguments: object, check: bool = True) -> int:
    *words, store = map(str, arguments)
    done = subprocess.run(["tpm2_ptool", *words, "--path", store], capture_output=True, check=check)
    return done.returncode


@contextmanager
def _running(folder: Path, *command: str) -> Iterator[None]:
    program = shutil.which(command[0], path=_PATH)
    assert program is not None
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen([program, *command[1:]], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(path: Path) -> None:
    for _ in range(100):
        if path.exists():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{path} did not appear")


def _module() -> Path | None:
    return next(Path("/usr/lib").glob(_MODULES), None)
