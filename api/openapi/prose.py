"""Docstrings of routes as summary and description: ``提交申请: to the registration authority …``."""

from __future__ import annotations

import re
from typing import Final

_SUMMARY: Final = re.compile(r"(?P<summary>.+?)(?:: |, | \(|\.\s|\.?$)(?P<rest>.*)", re.DOTALL)


def summary_and_description(docstring: str) -> tuple[str, str]:
    """The Chinese name of the operation, and what else is said of it in English."""
    first, _, more = docstring.strip().partition("\n")
    split = _SUMMARY.fullmatch(first.strip())
    if split is None:
        return first, more.strip()
    # What was cut off at a bracket is not told without it.
    rest = split["rest"] if " (" not in first[: split.end("summary") + 2] else first[split.end("summary") :]
    told = "\n\n".join(one for one in (rest.strip(), more.strip()) if one)
    return split["summary"], told[:1].upper() + told[1:]
