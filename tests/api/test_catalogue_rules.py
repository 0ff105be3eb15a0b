"""What products say and when they can be had, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.catalogue.checking import check_profiles
from api.catalogue.rules import (
    Attachment,
    CertificateKind,
    Occasion,
    approvals_for,
    check_attachments,
    check_window,
    is_offered,
    term_text,
)
from api.catalogue.schemas import ProductEdit
from api.catalogue.seed import packaged
from ca.profiles import shipped_profiles
from hsm.errors import SealBridgeError

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("days", "fen", "said"),
    [
        (30, 0, "免费一个月"),
        (31, 0, "免费一个月"),
        (365, 20000, "一年，200 元"),
        (366, 19950, "一年，199.50 元"),
        (730, 5, "两年，0.05 元"),
        (1827, 100000, "五年，1000 元"),
        (92, 0, "免费三个月"),
        (45, 100, "45 天，1 元"),
        (7, 0, "免费7 天"),
        (400, 0, "免费400 天"),
    ],
)
def test_validity_and_fee_read_as_forms_say_them(days: int, fen: int, said: str) -> None:
    assert term_text(days, fen) == said


@pytest.mark.parametrize(
    ("on_offer", "begins", "ends", "offered"),
    [
        (True, None, None, True),
        (False, None, None, False),
        (True, NOW, None, True),
        (True, LATER, None, False),
        (True, None, NOW, False),
        (True, None, LATER, True),
    ],
)
def test_a_sale_has_a_first_and_a_last_moment(
    on_offer: bool, begins: datetime | None, ends: datetime | None, offered: bool
) -> None:
    assert is_offered(on_offer, begins, ends, NOW) is offered


def test_a_sale_that_ends_before_it_begins_is_refused() -> None:
    check_window(NOW, LATER)
    with pytest.raises(SealBridgeError) as refused:
        check_window(NOW, NOW)
    assert refused.value.code == "sale_window_refused"


def test_two_operators_reset_a_pin_whatever_the_product_says() -> None:
    assert [approvals_for(one, 0, 1) for one in Occasion] == [0, 1, 2]


def test_an_attachment_is_asked_for_once() -> None:
    with pytest.raises(SealBridgeError) as refused:
        check_attachments([Attachment("id", "身份证"), Attachment("id", "身份证复印件")])
    assert refused.value.code == "attachment_repeated"


FIT: dict[str, Any] = {
    "kind": CertificateKind.ENTERPRISE,
    "profile": "enterprise-signing",
    "encryption_profile": None,
    "key_kind": "p-256",
    "validity_days": 365,
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"profile": "nobody"}, "product_profile_unknown"),
        ({"encryption_profile": "nobody"}, "product_profile_unknown"),
        ({"profile": "enterprise-encryption"}, "profile_does_not_sign"),
        ({"encryption_profile": "enterprise-signing"}, "encryption_profile_without_escrow"),
        ({"encryption_profile": "enterprise-encryption", "key_kind": "ed25519"}, "key_kind_not_in_profile"),
        ({"key_kind": "rsa-1024"}, "key_kind_not_in_profile"),
        ({"validity_days": 1828}, "validity_not_in_profile"),
        ({"profile": "clerk-signing"}, "profile_not_for_kind"),
        ({"profile": "time-stamping"}, "profile_not_for_kind"),
        ({"profile": "platform"}, "profile_not_for_kind"),
        ({"kind": CertificateKind.CLERK}, "profile_not_for_kind"),
        ({"kind": CertificateKind.PERSONAL}, "profile_not_for_kind"),
        ({"kind": CertificateKind.PERSONAL, "profile": "clerk-signing"}, "profile_not_for_kind"),
        ({"kind": CertificateKind.LEGAL_PERSON, "profile": "personal"}, "profile_not_for_kind"),
    ],
)
def test_what_the_ca_could_not_issue_is_no_product(changes: dict[str, Any], code: str) -> None:
    check_profiles(shipped_profiles(), **FIT)
    with pytest.raises(SealBridgeError) as refused:
        check_profiles(shipped_profiles(), **FIT | changes)
    assert refused.value.code == code
    assert "{" not in refused.value.message


def test_what_comes_with_the_software_passes_its_own_checks() -> None:
    products = [
        ProductEdit(**value).terms() for subject, _, value in packaged("某 CA") if subject == "product"
    ]
    for one in products:
        check_profiles(
            shipped_profiles(),
            one.kind,
            one.profile,
            one.encryption_profile,
            one.key_kind,
            one.validity_days,
        )
    assert {one.kind for one in products} == set(CertificateKind)
    assert any(one.fee_fen for one in products)
    assert any(one.encryption_profile for one in products)
