"""YAML files that operators write: read into checked objects, every fault with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ca.errors import CaError
from hsm.errors import Kind

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]

_MAX_BYTES: Final = 256 * 1024
_MAX_NODES: Final = 20_000


class FileInvalid(CaError):
    """A file that an operator wrote has faults; each is named with its line."""

    kind = Kind.INVALID
    code = "file_invalid"
    zh = "配置文件有误：{faults}"


def read_yaml(path: Path, model: type[Model]) -> Model:
    """The file as a ``model``. Raises FileInvalid with ``file:line: field: fault`` for every fault."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise _invalid([f"{path}: {exc.strerror}"]) from exc
    if len(content) > _MAX_BYTES:
        raise _invalid([f"{path}: longer than {_MAX_BYTES} bytes"])
    return parse_yaml(content, model, str(path))


def parse_yaml(content: bytes, model: type[Model], name: str) -> Model:
    """Like ``read_yaml`` for content that is at hand; ``name``: how faults call it."""
    try:
        # SafeLoader makes plain values alone, never objects of Python.
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        lines = dict(_lines(root))
        value = yaml.safe_load(content)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise _invalid([f"{name}:{line}: {exc.problem or exc.context}"]) from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise _invalid([f"{name}: {exc}"]) from exc
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        raise _invalid([_fault(name, lines, fault) for fault in exc.errors()]) from exc


def _invalid(faults: list[str]) -> FileInvalid:
    return FileInvalid("; ".join(faults), faults="；".join(faults))


def _fault(name: str, lines: dict[Place, int], fault: Any) -> str:
    # A missing field has no line of its own: that of what should hold it is named. Neither has the name by
    # which one of several shapes was chosen.
    known: Place = ()
    for part in fault["loc"]:
        known = (*known, part) if (*known, part) in lines else known
    field = ".".join(map(str, fault["loc"])) or "file"
    return f"{name}:{lines[known]}: {field}: {fault['msg']}"


def _lines(root: yaml.Node | None) -> Iterator[tuple[Place, int]]:
    """The line of every value by its place; duplicate keys and aliases are refused on the way."""
    yield (), 1
    waiting: list[tuple[Place, yaml.Node]] = [] if root is None else [((), root)]
    seen: set[int] = set()
    while waiting:
        place, node = waiting.pop()
        if id(node) in seen or len(seen) > _MAX_NODES:
            raise yaml.MarkedYAMLError(
                problem="aliases and endless files are refused", problem_mark=node.start_mark
            )
        seen.add(id(node))
        yield place, node.start_mark.line + 1
        waiting += _below(place, node)


def _below(place: Place, node: yaml.Node) -> Iterator[tuple[Place, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode):
        yield from (((*place, index), value) for index, value in enumerate(node.value))
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys:
                problem = f"{key.value!r} is said twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            keys.add(key.value)
            yield (*place, key.value), value
