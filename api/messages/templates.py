"""The words of messages, filled with facts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Final, NamedTuple

from api.messages.kinds import MessageKind

_MAX_FACT: Final = 200
_PHONE: Final = re.compile(r"(?<![0-9A-Za-z])(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9A-Za-z])")
# Ten digits of region and birthday, then the rest, as GB 11643 writes an identity number.
_ID_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z])([0-9]{4})[0-9]{2}(?:18|19|20)[0-9]{2}[0-9]{5}([0-9]{2}[0-9Xx])(?![0-9A-Za-z])"
)


class Words(NamedTuple):
    """What a message says."""

    title: str
    text: str


class _Template(NamedTuple):
    title: str
    sentences: tuple[tuple[str, frozenset[str]], ...]


def words(kind: MessageKind, facts: Mapping[str, str]) -> Words:
    """Title and text. Numbers of phones and identity cards among the facts are masked, whoever gave them."""
    known = {name: _masked(value)[:_MAX_FACT] for name, value in facts.items() if value}
    template = _templates()[kind]
    said = [text.format_map(known) for text, needed in template.sentences if needed <= known.keys()]
    return Words(template.title, "".join(said))


def title(kind: MessageKind) -> str:
    """How people call this kind."""
    return _templates()[kind].title


@cache
def _templates() -> dict[MessageKind, _Template]:
    packaged = tomllib.loads(files("api.messages").joinpath("templates.toml").read_text(encoding="utf-8"))
    return {kind: _template(packaged[kind]["title"], packaged[kind]["text"]) for kind in MessageKind}


def _template(title: str, sentences: list[str]) -> _Template:
    return _Template(title, tuple((text, _needed(text)) for text in sentences))


def _needed(sentence: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def _masked(text: str) -> str:
    return _ID_NUMBER.sub(r"\1***********\2", _PHONE.sub(r"\1****\2", text))
