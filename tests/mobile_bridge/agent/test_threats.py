"""The table of threats in the lock holder's guide names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", (ROOT / "docs" / "lock-holder.md").read_text("utf-8"))


def test_there_are_threats() -> None:
    assert len(NAMED) > 25


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_is_there(file: str, name: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    *classes, function = name.split("::")
    assert re.search(rf"^ *def {function}\(", source, re.M)
    assert all(re.search(rf"^class {each}\b", source, re.M) for each in classes)
