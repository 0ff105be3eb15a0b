"""From settings and options to what the commands work with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from mobile_bridge.agent.config import AgentConfig, check, read_config
from mobile_bridge.agent.folders import Folders
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.logs import log, write_log
from mobile_bridge.agent.modules import find_modules
from mobile_bridge.agent.server_client import Route
from mobile_bridge.agent.servers import KnownServers
from mobile_bridge.agent.versions import OWN

Modules = Annotated[
    list[Path] | None,
    typer.Option("--module", help="PKCS#11 驱动文件，可多次给出；给出后不再自动查找"),
]
TokenLabel = Annotated[str | None, typer.Option("--token-label", help="只使用此标签的 CA 锁")]
Home = Annotated[Path | None, typer.Option("--home", help="存放设置、日志和已允许网站列表的文件夹")]
Proxy = Annotated[str | None, typer.Option("--proxy", help="代理：system、none 或 http://主机:端口")]


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings with the options of the command line over them, and the folders."""

    config: AgentConfig
    folders: Folders

    @classmethod
    def of(
        cls,
        home: Path | None,
        modules: list[Path] | None = None,
        token_label: str | None = None,
        **options: Any,
    ) -> Setup:
        """``options``: settings by name, None where the command line is silent. Begins the log.

        Raises ConfigInvalid.
        """
        folders = Folders.below(home) if home else Folders.of_user()
        told = {name: value for name, value in options.items() if value is not None}
        if modules:
            told |= {"modules": [str(each) for each in modules], "find_modules": False}
        if token_label:
            told["token_label"] = token_label
        config = replace(read_config(folders.settings), **_checked(told))
        write_log(folders.log, config.log_level)
        return cls(config, folders)

    @property
    def module_paths(self) -> list[Path]:
        """The drivers to look at."""
        return find_modules(self.config.modules, search=self.config.find_modules)

    def locks(self) -> Locks:
        """The locks on this PC."""
        paths = self.module_paths
        log.info("agent %s, %d drivers: %s", OWN, len(paths), ", ".join(map(str, paths)))
        return Locks(paths, self.config.token_label)

    def servers(self) -> KnownServers:
        """The servers that may ask."""
        return KnownServers(self.folders.servers, self.config.servers, asks=self.config.asks)

    def route(self) -> Route:
        """How servers are reached."""
        return Route(self.config.proxy, self.config.ca_file)


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    return {name: check(name, value, f"--{name.replace('_', '-')}") for name, value in told.items()}
