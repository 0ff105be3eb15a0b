"""Who may do what for an enterprise, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.enterprises.errors import LookupsUsedUp, NotPermitted
from api.enterprises.rules import (
    LOOKUPS_A_DAY,
    LOOKUPS_AN_HOUR,
    PERMISSION_NAMES,
    Permission,
    Role,
    check_lookups,
    check_permitted,
    compared_name,
    is_permitted,
    permission_text,
    sorted_permissions,
)
from api.realname.rules import mask_name

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("asked", Permission)
def test_an_administrator_may_do_everything_a_clerk_what_was_granted(asked: Permission) -> None:
    assert is_permitted(Role.ADMINISTRATOR, [], asked)
    for granted in Permission:
        assert is_permitted(Role.CLERK, [granted], asked) is (granted is asked)
    with pytest.raises(NotPermitted) as refused:
        check_permitted(None, list(Permission), asked)
    assert PERMISSION_NAMES[asked] in refused.value.message


def test_permissions_are_kept_once_in_their_order() -> None:
    granted = sorted_permissions([Permission.RECORD, Permission.LOGIN, Permission.RECORD])
    assert granted == ["login", "record"]
    assert permission_text(granted) == "登录交易平台、同步诚信库"
    assert permission_text([]) == "无"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王建国", "王*国"),
        ("王国", "王*"),
        ("欧阳建国", "欧**国"),
        ("王", "王"),
        ("", ""),
        ("买买提·艾力", "买****力"),
    ],
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_names_are_compared_without_spaces_and_widths() -> None:
    assert compared_name(" 阳光（临沂）有限 公司") == compared_name("阳光(临沂)有限公司")
    assert compared_name("阳光有限公司") != compared_name("阳光有限责任公司")


def test_lookups_come_back_one_by_one() -> None:
    an_hour = [NOW - timedelta(minutes=5 * one) for one in range(LOOKUPS_AN_HOUR)]
    check_lookups(an_hour[:-1], NOW)
    with pytest.raises(LookupsUsedUp) as refused:
        check_lookups(an_hour, NOW)
    wait = refused.value.facts["wait_seconds"]
    assert isinstance(wait, int)
    assert wait == (60 - 5 * (LOOKUPS_AN_HOUR - 1)) * 60 + 1
    check_lookups(an_hour, NOW + timedelta(seconds=wait))


def test_a_day_has_a_limit_of_its_own() -> None:
    spread = [NOW - timedelta(minutes=40 * one + 1) for one in range(LOOKUPS_A_DAY)]
    with pytest.raises(LookupsUsedUp):
        check_lookups(spread, NOW)
    check_lookups(spread, NOW + timedelta(hours=4, minutes=40))
