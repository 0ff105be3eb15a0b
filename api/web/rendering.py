"""Templates of pages, and how facts are written for people."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.timezone import CHINA

_SHARED: Final = Path(__file__).parent / "templates"


class Templates:
    """The templates of one folder, on top of the shared ones."""

    def __init__(self, folder: Path, shared: Mapping[str, Any]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([folder, _SHARED]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"day": day, "moment": moment, "code": in_fours, "yuan": yuan}
        self._environment.globals |= {"intention": lambda: secrets.token_hex(16)} | dict(shared)

    def render(self, name: str, /, **values: Any) -> str:
        """The page. Raises UndefinedError for what was not given."""
        return self._environment.get_template(name).render(**values)


def day(at: str) -> str:
    """A moment (RFC 3339) as a day in China: 2026年11月24日."""
    local = datetime.fromisoformat(at).astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def moment(at: str) -> str:
    """A moment as day and time in China."""
    local = datetime.fromisoformat(at).astimezone(CHINA)
    return f"{day(at)} {local:%H:%M}"


def in_fours(text: str) -> str:
    """A long number or digest in groups that the eye can compare."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def yuan(fen: int) -> str:
    """An amount in 分 as people write it."""
    return f"{fen // 100}.{fen % 100:02d} 元"
