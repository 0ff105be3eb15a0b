"""Names of operations, which generated clients take for names of functions."""

from __future__ import annotations

from typing import Final

from fastapi.routing import APIRoute

_LEFT_OUT: Final = frozenset({"api", "mobile_bridge", "server", "routes"})


def operation_id(route: APIRoute) -> str:
    """Slice and function: ``applications_submit``, ``accounts_operator_sign_in``, ``bridge_claim``."""
    module = route.endpoint.__module__
    parts = [one.removesuffix("_routes") for one in module.split(".") if one not in _LEFT_OUT]
    if module.startswith("mobile_bridge"):
        parts = ["scan" if ".scans." in module else "bridge"]
    name = "_".join([*parts, route.endpoint.__name__])
    return f"{name}_of_profile" if "/est/{profile}/" in route.path else name
