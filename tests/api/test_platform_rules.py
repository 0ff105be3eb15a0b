"""What a platform may be registered with."""

from __future__ import annotations

import pytest

from api.platforms.errors import TermsRefused
from api.platforms.rules import check_addresses, check_name

DOMAIN = "trade.example.cn"
ORIGIN = "https://trade.example.cn"


@pytest.mark.parametrize("origin", [ORIGIN, "https://bid.trade.example.cn", "https://trade.example.cn:8443"])
def test_origins_are_at_the_domain_or_below(origin: str) -> None:
    check_addresses(DOMAIN, [origin], None, on_this_machine=False)


@pytest.mark.parametrize(
    "origin",
    [
        "http://trade.example.cn",
        "https://trade.example.cn/",
        "https://trade.example.cn:443",
        "https://trade.example.cn:0",
        "https://trade.example.cn:99999",
        "https://trade.example.cn:",
        "https://Trade.example.cn",
        "https://user@trade.example.cn",
        "https://trade.example.cn?a",
        "https://trade.example.cn#a",
        "https://trade.example.cn\n",
        "https://trade.example.cn.evil.cn",
        "https://eviltrade.example.cn",
        "https://例子.trade.example.cn",
        "javascript:alert(1)",
        "null",
        "",
        "https://",
        "https://[::1]",
        "https://[",
        "https://127.0.0.1",
        "http://127.0.0.1:8100",
    ],
)
def test_anything_else_is_no_origin(origin: str) -> None:
    with pytest.raises(TermsRefused):
        check_addresses(DOMAIN, [origin], None, on_this_machine=False)


@pytest.mark.parametrize("origins", [[], [ORIGIN] * 2, [f"https://{n}.{DOMAIN}" for n in range(11)]])
def test_origins_are_one_to_ten(origins: list[str]) -> None:
    with pytest.raises(TermsRefused):
        check_addresses(DOMAIN, origins, None, on_this_machine=False)


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/hook", "https://api.example.com:8443/hook?from=ca", "https://api.example.com"],
)
def test_a_callback_may_be_anywhere(url: str) -> None:
    check_addresses(DOMAIN, [ORIGIN], url, on_this_machine=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/hook",
        "https://api.example.com/hook#a",
        "https://api.example.com/ho ok",
        "https://a:b@api.example.com/hook",
        "https://10.0.0.1/hook",
        "https://2130706433/hook",
        "https://0x7f.1/hook",
        "https://localhost/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://api.example.com/" + "a" * 400,
        "https://api.example.com\\@evil.cn/",
        "ftp://api.example.com/hook",
    ],
)
def test_a_callback_is_https_to_a_name(url: str) -> None:
    with pytest.raises(TermsRefused):
        check_addresses(DOMAIN, [ORIGIN], url, on_this_machine=False)


def test_this_machine_may_be_named_in_development_alone() -> None:
    here = ("127.0.0.1", ["http://127.0.0.1:8100"], "http://127.0.0.1:8100/hook")
    check_addresses(*here, on_this_machine=True)
    with pytest.raises(TermsRefused):
        check_addresses(*here, on_this_machine=False)
    with pytest.raises(TermsRefused):  # only this machine, and only itself
        check_addresses("10.0.0.1", ["http://10.0.0.1"], None, on_this_machine=True)


@pytest.mark.parametrize(
    "domain", ["", "cn", "Trade.example.cn", "a..cn", "-a.cn", "a.cn.", "1.2.3.4", "a_b.cn"]
)
def test_a_domain_is_a_name_in_lower_case(domain: str) -> None:
    with pytest.raises(TermsRefused):
        check_addresses(domain, [f"https://{domain}"], None, on_this_machine=False)


def test_names_are_plain_text() -> None:
    check_name("临沂交易中心 (Test) A·B")
    for wrong in ("a\nb", "a\u202eb", "a\u200bb", "a\u3000b", "a\x00b", "a\ud800b"):
        with pytest.raises(TermsRefused):
            check_name(wrong)
