"""What the documents tell people to type exists, and what they link to is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from api.cli import app
from mobile_bridge.agent.__main__ import cli
from mobile_bridge.bidding.__main__ import cli as bidding

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PROGRAMS = {
    "sealbridge": typer.main.get_command(app),
    "sealbridge-agent": typer.main.get_command(cli),
    "sealbridge-bid": typer.main.get_command(bidding),
}
NAMES = [str(document.relative_to(ROOT)) for document in DOCUMENTS]


def typed(document: Path) -> list[str]:
    """The lines of a document's shell examples, and its code spans that begin with a program's name."""
    text = document.read_text(encoding="utf-8")
    blocks = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    return [
        *blocks,
        *re.findall(
            r"`((?:\.venv/bin/)?(?:sealbridge|sealbridge-agent|sealbridge-bid|scripts/\w+) [^`]+)`", text
        ),
    ]


def accept(command: Any, words: list[str]) -> None:
    """Fails when the command has no such subcommand or option."""
    while hasattr(command, "commands"):
        assert words, f"{command.name} needs a subcommand"
        assert words[0] in command.commands, words[0]
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("name", NAMES)
def test_what_is_to_be_typed_exists(name: str) -> None:
    for line in typed(ROOT / name):
        words = shlex.split(line, comments=True)
        program = words[0].rpartition("bin/")[2] if words else ""
        if program in PROGRAMS:
            accept(PROGRAMS[program], words[1:])
        elif program.startswith("scripts/"):
            source = (ROOT / program).read_text(encoding="utf-8")
            others = {word for word in words[1:] if word.startswith("--")}
            assert all(word in source or program.endswith("/bench") for word in others), line


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (ROOT / name).parent.joinpath(link).exists()] == []
