"""What the agent is told: ``agent.toml`` in the user's folder, then the environment, then the command line.

    port = 8765
    modules = ["C:/Vendor/pkcs11.dll"]     # beside those that are found
    find_modules = true                    # false: only those named here
    token_label = "company"
    proxy = "system"                       # or "none", or "http://proxy:3128"
    ca_file = "C:/Company/root.pem"        # besides the CAs that are known
    servers = ["https://ca.example"]       # allowed without a question
    other_servers = "ask"                  # or "refuse"
    log_level = "info"                     # or "debug", "warning"

Each has a variable too: SEALBRIDGE_AGENT_PORT and so on; lists are separated as PATH is, servers by spaces.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mobile_bridge.agent.errors import ConfigInvalid
from mobile_bridge.agent.servers import Origin
from mobile_bridge.errors import BridgeError
from mobile_bridge.wire import AGENT_PORT

_PREFIX: Final = "SEALBRIDGE_AGENT_"
_LEVELS: Final = ("debug", "info", "warning", "error")
SYSTEM_PROXY: Final = "system"
NO_PROXY: Final = "none"


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """The settings, checked. ``proxy``: SYSTEM_PROXY, NO_PROXY or a URL."""

    port: int = AGENT_PORT
    modules: tuple[Path, ...] = ()
    find_modules: bool = True
    token_label: str | None = None
    proxy: str = SYSTEM_PROXY
    ca_file: Path | None = None
    servers: tuple[Origin, ...] = ()
    other_servers: str = "ask"
    log_level: str = "info"

    @property
    def asks(self) -> bool:
        """Whether a server that is not in ``servers`` may be allowed by whoever sits at the PC."""
        return self.other_servers == "ask"


def read_config(file: Path, environment: Mapping[str, str] = os.environ) -> AgentConfig:
    """The settings of a file, which need not be there, under those of the environment.

    Raises ConfigInvalid, which names file or variable and the setting.
    """
    told = AgentConfig()
    for name, value in _of_file(file).items():
        told = replace(told, **{name: check(name, value, str(file))})
    for field in fields(AgentConfig):
        variable = _PREFIX + field.name.upper()
        if variable in environment:
            value = _parted(field.name, environment[variable])
            told = replace(told, **{field.name: check(field.name, value, variable)})
    return told


def _of_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # Windows' Notepad writes the mark
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"{file}: {error}", where=str(file), what=str(error)) from error


def check(name: str, value: Any, where: str) -> Any:
    """A setting as AgentConfig holds it, from what TOML would give. Raises ConfigInvalid."""
    try:
        return _READERS[name](value)
    except (KeyError, ValueError, TypeError, BridgeError) as error:
        what = f"{name} = {value!r}"
        raise ConfigInvalid(f"{where}: {what}", where=where, what=what) from error


def _parted(name: str, text: str) -> Any:
    """A variable's text as the file would have given it."""
    if name == "modules":
        return [part for part in text.split(os.pathsep) if part]
    if name == "servers":
        return text.split()
    if name == "port":
        return int(text) if text.isdecimal() else text
    return {"true": True, "false": False}.get(text.lower(), text) if name == "find_modules" else text


def _port(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 65536:
        raise ValueError(value)
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if type(value) is not str or not value:
        raise ValueError(value)
    return value


def _list(value: Any) -> list[str]:
    if type(value) is not list:
        raise ValueError(value)
    return [_text(each) for each in value]


def _proxy(value: Any) -> str:
    text = _text(value)
    if text in (SYSTEM_PROXY, NO_PROXY):
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(value)
    parts.port  # noqa: B018 - checked when read
    return text


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError(value)
        return str(value)

    return read


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "port": _port,
    "modules": lambda value: tuple(Path(each).expanduser() for each in _list(value)),
    "find_modules": _flag,
    "token_label": _text,
    "proxy": _proxy,
    "ca_file": lambda value: Path(_text(value)).expanduser(),
    "servers": lambda value: tuple(Origin.parse(each) for each in _list(value)),
    "other_servers": _one_of("ask", "refuse"),
    "log_level": _one_of(*_LEVELS),
}
