"""Every error that the project can answer, by its code."""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import api
import ca
import hsm
import mobile_bridge
from hsm.errors import SealBridgeError

Errors = dict[str, type[SealBridgeError]]

# A program each, or made for another process: importing them would run them.
_PROGRAMS: Final = ("__main__", "api.migrations.env", "api.migrations.versions", "mobile_bridge.agent")


def errors() -> Errors:
    """All of them. Bases that are never raised themselves have a code too, and are among them."""
    return {code: kinds[0] for code, kinds in answerable().items()}


def answerable() -> dict[str, list[type[SealBridgeError]]]:
    """The classes by code: one for each, as long as a code means one thing."""
    _import_all()
    kinds: defaultdict[str, list[type[SealBridgeError]]] = defaultdict(list)
    for one in _subclasses(SealBridgeError):
        if "code" in vars(one) and not _is_elsewhere(one.__module__):
            kinds[one.code].append(one)
    return dict(sorted(kinds.items()))


def _is_elsewhere(module: str) -> bool:
    """Whether the class is of a program of its own, which somebody else may have imported, or of a test."""
    ours = module.partition(".")[0] in ("hsm", "ca", "mobile_bridge", "api")
    return not ours or any(one in module for one in _PROGRAMS)


def _import_all() -> None:
    for package in (hsm, ca, mobile_bridge, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not _is_elsewhere(module.name):
                import_module(module.name)


def _subclasses(base: type[SealBridgeError]) -> Iterator[type[SealBridgeError]]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)
