"""docs/errors.md: ``python -m api.openapi.errors_page > docs/errors.md``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Final

from api.openapi.registry import errors
from api.openapi.responses import sentence, status_of
from hsm.errors import SealBridgeError

_HEAD: Final = """# Error codes

Every code that an answer can carry, with its kind, HTTP status and Chinese sentence (… stands for facts that
are filled in). A code keeps its meaning for good; new ones may come, so treat one that you do not know by its
status. Which of them an operation can answer is in `/openapi.json`, as keys of the examples of its error
responses. This page is made by `python -m api.openapi.errors_page`.

| code | kind | status | 中文 | meaning |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for code, kind in errors().items():
        cells = [f"`{code}`", kind.kind.value, str(status_of(kind).value), sentence(kind), _meaning(kind)]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _meaning(kind: type[SealBridgeError]) -> str:
    """The first sentence of the class's docstring."""
    told = re.sub(r"\s+", " ", inspect.getdoc(kind) or "").replace("``", "`")
    return re.split(r"(?<=[^.]\.)\s", told)[0]


if __name__ == "__main__":
    print(page(), end="")
