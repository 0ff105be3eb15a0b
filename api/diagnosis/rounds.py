"""All checks in the order in which one would mend things."""

from __future__ import annotations

from collections.abc import Iterator

from api.diagnosis import surroundings, tokens
from api.diagnosis.findings import Finding, Level
from api.diagnosis.time_stamps import time_stamps
from api.settings import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding. Nothing is changed."""
    yield from surroundings.configuration(settings)
    yield from surroundings.disk(settings)
    yield from surroundings.database(settings)
    on_tokens = list(tokens.module_and_tokens(settings))
    yield from on_tokens
    if not any(one.level is Level.FAULT for one in on_tokens):
        yield from tokens.keys(settings)
    for check in (surroundings.clock, surroundings.time_servers, surroundings.fonts, surroundings.locks):
        yield from check(settings)
    yield from time_stamps(settings)
