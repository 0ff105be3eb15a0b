"""What the person puts into the bid: files, with the places of their seals, and the opening statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from mobile_bridge.bidding.errors import FileUnfit, StatementInvalid
from mobile_bridge.bidding.project import KINDS, BidFile, Project

MOST_FILES: Final = 49
_MOST_BYTES: Final = 1 << 33
_MOST_SEALED: Final = 64 * 1024 * 1024
_MOST_ITEMS: Final = 20
_LABEL, _VALUE = 40, 200


def add(project: Project, path: Path, kind: str, places: Sequence[dict[str, float]] = ()) -> BidFile:
    """Add a file, or change what is said of one that was added. Raises FileUnfit."""
    path = path.expanduser().resolve()
    check(path, is_sealed=bool(places))
    if kind not in KINDS:
        raise FileUnfit(kind, name=path.name, why=f"类别应为 {'、'.join(KINDS)}")
    others = [one for one in project.state.files if one.path != str(path)]
    if len(others) >= MOST_FILES:
        raise FileUnfit("too many", name=path.name, why=f"最多 {MOST_FILES} 个文件")
    number = max((int(one.id.rpartition("-")[2]) for one in others if one.kind == kind), default=0) + 1
    made = BidFile(f"{kind}-{number}", kind, str(path), tuple(dict(one) for one in places))
    project.change(files=(*others, made))
    return made


def remove(project: Project, file: str) -> None:
    """Leave a file out of the bid; the file itself stays where it is. Raises FileUnfit."""
    left = tuple(one for one in project.state.files if one.id != file)
    if len(left) == len(project.state.files):
        raise FileUnfit("unknown", name=file, why="没有这个编号的文件")
    project.change(files=left)
    (project.folder / "sealed" / f"{file}.pdf").unlink(missing_ok=True)


def say(project: Project, lines: Sequence[str]) -> None:
    """唱标信息: lines ``名称=内容``, in the place of those before. Raises StatementInvalid."""
    items = []
    for line in lines:
        label, sign, value = (part.strip() for part in line.replace("＝", "=").partition("="))
        if not sign or not 1 <= len(label) <= _LABEL or not 1 <= len(value) <= _VALUE:
            raise StatementInvalid(line)
        if not (label + value).isprintable():
            raise StatementInvalid("control characters")
        items.append({"label": label, "value": value})
    if not 1 <= len(items) <= _MOST_ITEMS or len({one["label"] for one in items}) != len(items):
        raise StatementInvalid(f"{len(items)} items")
    project.change(statement=tuple(items))


def check(path: Path, *, is_sealed: bool) -> None:
    """Whether a file can be part of a bid. Raises FileUnfit."""
    try:
        size = path.stat().st_size if path.is_file() else -1
        with path.open("rb") as file:
            begin = file.read(5)
    except OSError as error:
        raise FileUnfit(type(error).__name__, name=path.name, why="无法读取") from error
    why = ""
    if size < 0:
        why = "不是普通文件"
    elif size == 0:
        why = "文件是空的"
    elif size > _MOST_BYTES:
        why = "大于 8 GB"
    elif is_sealed and (begin != b"%PDF-" or size > _MOST_SEALED):
        why = "签章文件应为不超过 64 MB 的 PDF"
    if why:
        raise FileUnfit(str(size), name=path.name, why=why)


def marked_sealed(file: BidFile, sha256: str) -> BidFile:
    """The same file, sealed as it was with this digest."""
    return replace(file, sealed_from=sha256)
