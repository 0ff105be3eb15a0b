"""证书续期 and 证书失效 (seed, sections 十一 and 十二): eight weeks of one enterprise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.founding import found
from tests.api.people import COMPANY, PIN, a_picture, an_id_number, code_of
from tests.api.running import Server
from tests.journeys.app import App, good
from tests.journeys.clocks import library, set_ahead
from tests.journeys.conftest import founded, opened, staffed
from tests.journeys.judges import Public
from tests.journeys.papers import bid_letter

NEW_PIN = "Renewed-2027"

pytestmark = pytest.mark.skipif(library() is None, reason="no libfaketime")


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own: its clock goes ahead, and never back."""
    quick = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    yield from opened(tmp_path_factory.mktemp("later"), found, **quick)


def test_renewal_expiry_and_a_new_application(server: Server, tmp_path: Path) -> None:
    enterprise = founded(staffed(server))
    boss, old = enterprise.boss, enterprise.serial
    (fresh,) = boss.listed("active")
    assert (fresh["days_left"], fresh["expiring"]) == (30, False)

    _days_pass(server, boss, 24)
    new = renewed(server, boss, old)
    public = Public(boss.http, tmp_path, timedelta(days=24))
    public.check_sealed(good(boss.stamp(old, bid_letter())).content, COMPANY)
    public.check_sealed(good(boss.stamp(new["serial"], bid_letter(), NEW_PIN)).content, COMPANY)
    public.verify(new)
    (former,), (following,) = _seals(boss, old), _seals(boss, new["serial"])
    assert (former["status"], following["status"]) == ("made", "made")
    assert former["replaced_by"] == following["id"]

    _days_pass(server, boss, 31)
    public = Public(boss.http, tmp_path, timedelta(days=31))
    assert [one["serial"] for one in boss.listed("active")] == [new["serial"]]
    assert _ended(boss, old)["status"] == "replaced"
    (ended,) = boss.listed("expired")
    assert (ended["serial"], ended["state"], ended["apply_again"]) == (old, "expired", None)
    assert code_of(boss.stamp(old, bid_letter())) == (409, "certificate_invalid")
    public.check_sealed(good(boss.stamp(new["serial"], bid_letter(), NEW_PIN)).content, COMPANY)

    _days_pass(server, boss, 56)
    assert boss.listed("active") == []
    assert boss.linked("证书已过期") == new["serial"]
    again = next(one["apply_again"] for one in boss.listed("expired") if one["serial"] == new["serial"])
    given = applied_again(server, boss, again)
    public = Public(boss.http, tmp_path, timedelta(days=56))
    public.verify(given)
    public.check_sealed(good(boss.stamp(given["serial"], bid_letter())).content, COMPANY)
    assert [one["serial"] for one in boss.listed("active")] == [given["serial"]]


def _seals(app: App, serial: str) -> list[dict[str, Any]]:
    return list(good(app.http.get(f"/v1/certificates/{serial}/seals")).json())


def _ended(app: App, serial: str) -> dict[str, Any]:
    """The seal of a certificate that has ended, once the sweep has seen it."""
    deadline = time.monotonic() + 20
    while True:
        (one,) = _seals(app, serial)
        if one["status"] != "made" or time.monotonic() > deadline:
            return one
        time.sleep(0.2)


def _days_pass(server: Server, app: App, days: int) -> None:
    """Counted from the beginning. Sessions have ended meanwhile; the password opens another."""
    set_ahead(server, timedelta(days=days))
    app.enter_by_password()


def renewed(server: Server, boss: App, old: str) -> dict[str, Any]:
    """【生效中】, 即将过期 → 续期 with the PIN; the new certificate."""
    (badged,) = boss.listed("active")
    assert (badged["serial"], badged["days_left"], badged["expiring"]) == (old, 6, True)
    reminder = boss.message("证书即将过期")
    assert reminder["link"] == {"type": "certificate", "id": old}
    assert "6 天" in reminder["text"]
    application = boss.apply_for(**badged["renew"])
    assert code_of(boss.act(application, "seal", pin="Wrong-Pin")) == (403, "pin_wrong")
    good(boss.act(application, "seal", pin=PIN))
    if boss.submit(application) == "submitted":
        staffed(server).approve(application)
    assert boss.linked("证书续期，请下载证书") == application
    given = boss.download(application, NEW_PIN)
    shown = boss.certificate(old)
    assert (shown["replaced_by"], shown["expiring"], shown["renew"]) == (given["serial"], False, None)
    return given


def applied_again(server: Server, boss: App, again: dict[str, Any]) -> dict[str, Any]:
    """【已失效】 → 重新申请: what the certificate knows is filled in, the rest is asked for."""
    assert (again["kind"], again["enterprise_name"]) == ("claim", COMPANY)
    enterprise = {"name": again["enterprise_name"], "credit_code": again["credit_code"]}
    enterprise |= {"legal_person": "王建国", "legal_person_id": an_id_number()}
    application = boss.apply_for(again["kind"], enterprise=enterprise, product=again["product"])
    good(boss.put_licence(application, a_picture()))
    good(boss.put_paper(application, a_picture()))
    boss.submit(application)
    staffed(server).approve(application)
    return boss.download(application)
