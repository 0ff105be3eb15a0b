"""Comparing what was read with what was typed, as forgiving as the reading is unsure.

A field that reads as another valid value differs; one that reads as nothing valid is unreadable. Nobody is
refused here: a reviewer looks at the picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final
from unicodedata import normalize

_IN_CODES: Final = str.maketrans("OIZSV", "0125U")
"""GB 32100-2015 leaves I, O, Z, S and V out because they are read as 1, 0, 2, 5 and U."""
_ALIKE: Final = str.maketrans("己巳曰末入OoIl丨|〇", "已已日未人0011110")
"""Characters that OCR takes for each other, and that names hardly differ in."""
_CODE: Final = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
_NAME: Final = re.compile(r"^(?:企业|单位|机构)?名称[:：]?(.*)$")
_PERSON: Final = re.compile(r"(?:法定代表人|负责人|经营者|投资人|执行事务合伙人)[:：]?(.*)$")
_LABELS: Final = re.compile(
    r"^(?:统一社会信用代码|名称|类型|住所|法定代表人|负责人|经营者|注册资本|成立日期|营业期限|经营范围|登记机关|营业执照)"
)


def plain(text: str) -> str:
    """Full-width forms, spaces and Chinese brackets made one."""
    return re.sub(r"\s+", "", normalize("NFKC", text))


def same(read: str, typed: str) -> bool:
    """Equal but for width, spaces and characters that OCR confuses."""
    return plain(read).translate(_ALIKE) == plain(typed).translate(_ALIKE)


def code_in(lines: Sequence[str], valid: Callable[[str], bool]) -> str | None:
    """The credit code in ``lines``: one whose check digits are right, or else anything of its shape."""
    found = [
        code.translate(_IN_CODES)
        for line in lines
        for code in _CODE.findall(re.sub(r"[^0-9A-Z]+", " ", plain(line).upper()))
    ]
    return next(filter(valid, found), found[0] if found else None)


def name_in(lines: Sequence[str]) -> str | None:
    """What stands after “名称”, on its line or the next."""
    return _after(lines, _NAME)


def person_in(lines: Sequence[str]) -> str | None:
    """What stands after “法定代表人” or what other kinds of businesses call theirs."""
    return _after(lines, _PERSON)


def _after(lines: Sequence[str], label: re.Pattern[str]) -> str | None:
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if found := label.search(plain(line)):
            if found[1]:
                return found[1]
            return plain(following) if following and not _LABELS.match(plain(following)) else None
    return None
