"""Looking at a PKCS#11 module from a process of its own, so that a driver may crash or hang as it likes.

Drivers are other people's code: some end their process when no lock is plugged in, some wait for ever for a
service that is not installed. Looking is done by a child with a time limit, a fresh one each time, which
also sees locks that came since; this process loads a module only to sign with a lock that the child saw.
A look costs about a quarter of a second, all modules at the same time.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hsm import HsmError, Module, PinState, TokenConfig, TokenInfo, list_tokens, public_certificates
from hsm.errors import ModuleUnusable
from mobile_bridge.agent.errors import DriverCrashed, DriverSilent

LIMIT: Final = 20.0
"""Seconds for one module: a lock's chip is slow, a PC that starts is slower."""

_MARK: Final = b"sealbridge-look:"  # drivers print what they like, before and after


@dataclass(frozen=True, slots=True)
class Seen:
    """One token and its certificates, each with the id of its key."""

    token: TokenInfo
    certificates: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a module says of itself, and its tokens."""

    description: str
    tokens: tuple[Seen, ...]


def look(module: Path, limit: float = LIMIT) -> Look:
    """Look at one module. Raises ModuleUnusable, DriverCrashed, DriverSilent."""
    command = [sys.executable, "-P", "-m", __name__, str(module)]
    hidden = 0
    if sys.platform == "win32":
        hidden = subprocess.CREATE_NO_WINDOW
    try:
        done = subprocess.run(  # noqa: S603 - this very program
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, creationflags=hidden
        )
    except subprocess.TimeoutExpired as error:
        raise DriverSilent(f"{module.name}: no answer in {limit} s", driver=module.name) from error
    _, found, told = done.stdout.rpartition(_MARK)
    if not found:
        raise DriverCrashed(f"{module.name}: ended with {done.returncode}", driver=module.name)
    return _read(json.JSONDecoder().raw_decode(told.decode("utf-8"))[0])


def _read(told: dict[str, Any]) -> Look:
    if "refusal" in told:
        raise ModuleUnusable(told["refusal"])
    return Look(told["description"], tuple(_read_token(each) for each in told["tokens"]))


def _read_token(told: dict[str, Any]) -> Seen:
    certificates = tuple((base64.b64decode(key), base64.b64decode(der)) for key, der in told["certificates"])
    info = dict(told["token"])
    info["pin_state"] = PinState(info["pin_state"])
    info["mechanisms"] = frozenset(info["mechanisms"])
    return Seen(TokenInfo(**info), certificates)


def _look_here(path: Path) -> dict[str, Any]:
    """In the child: load the module for good or bad."""
    try:
        module = Module.load(path)
        return {
            "description": module.description,
            "tokens": [_tell(path, each) for each in list_tokens(path)],
        }
    except HsmError as error:
        return {"refusal": f"{error.code}: {error}"}


def _tell(path: Path, token: TokenInfo) -> dict[str, Any]:
    told = {name: getattr(token, name) for name in TokenInfo.__slots__}
    told["mechanisms"] = sorted(token.mechanisms)
    found = public_certificates(TokenConfig(path, token.label, token.serial))
    certificates = [[base64.b64encode(part).decode() for part in (each.id, each.der)] for each in found]
    return {"token": told, "certificates": certificates}


def main() -> None:
    """The child: one module, one line, and away without the module's own farewell, where some crash."""
    line = _MARK + json.dumps(_look_here(Path(sys.argv[1]))).encode()
    sys.stdout.flush()
    os.write(1, line)
    os._exit(0)


if __name__ == "__main__":
    main()
