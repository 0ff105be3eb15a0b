"""What follows when an enterprise gets another name, and when an account becomes another person's."""

from __future__ import annotations

from typing import Any

from tests.api.people import PIN, Desk, Phone, a_picture, an_id_number, code_of, later
from tests.api.running import Server
from tests.api.test_kinds import Company, ask, asked, clerk, company, eventually, joining

__all__ = ["clerk", "company"]


def test_a_clerk_renews_under_the_enterprises_new_name(company: Company, clerk: Phone, desk: Desk) -> None:
    application = asked(clerk, "join", **joining(company))
    clerk.act(application, "submit")
    answer = {"serial": company.serial, "pin": PIN}
    boss = company.administrator
    assert boss.http.post(f"/v1/consents/{application}/consent", json=answer).status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    former = clerk.act(application, "download", pin=PIN).json()["serial"]
    changed = boss.claim(credit_code=company.credit_code)["enterprise"] | {"name": "临沂阳光集团有限公司"}
    change = asked(boss, "change", enterprise=changed, serial=company.serial)
    boss.put_licence(change, a_picture())
    boss.act(change, "seal", pin=PIN)
    boss.act(change, "submit")
    assert desk.judge(change, "approve").status_code == 200

    def told() -> list[dict[str, Any]]:
        params = {"kind": "enterprise-renamed"}
        found: list[dict[str, Any]] = clerk.http.get("/v1/messages", params=params).json()["items"]
        return found

    assert eventually(lambda: len(told()) == 1)
    assert told()[0]["link"] == {"type": "certificate", "id": former}
    renewal = asked(clerk, "renewal", serial=former)
    assert clerk.act(renewal, "seal", pin=PIN).status_code == 200
    if clerk.act(renewal, "submit").json()["status"] == "submitted":
        assert desk.judge(renewal, "approve").status_code == 200
    renewed = clerk.act(renewal, "download", pin=PIN).json()["serial"]
    shown = clerk.http.get(f"/v1/certificates/{renewed}").json()
    assert shown["enterprise_name"] == "临沂阳光集团有限公司"
    path = f"/v1/operator/certificates/{former}"
    assert eventually(lambda: desk.http.get(path).json()["reason"] == "superseded")


def test_an_account_that_became_anothers_does_not_go_on_with_its_certificates(
    server: Server, company: Company, clerk: Phone, desk: Desk
) -> None:
    phone = company.administrator
    waiting = asked(clerk, "join", **joining(company))
    assert clerk.act(waiting, "submit").json()["status"] == "consent"
    released = {"phone": phone.number, "reason": "号码已转让"}
    assert desk.http.post("/v1/operator/realname/releases", json=released).status_code < 300
    assert code_of(phone.http.get("/v1/account")) == (401, "not_signed_in")
    later(server)
    phone.enter().verified(name="赵后来", id_number=an_id_number())
    # The enterprise has no administrator now: nobody is asked, and whoever claims it next administers it.
    assert phone.http.get("/v1/enterprises").json() == []
    assert phone.http.get("/v1/consents").json()["items"] == []
    assert code_of(ask(clerk, "join", **joining(company))) == (404, "enterprise_not_found")
    path = f"/v1/operator/certificates/{company.serial}"
    assert eventually(lambda: desk.http.get(path).json()["reason"] == "affiliation_changed")
    for asked_for in ({"kind": "renewal"}, {"kind": "pin-reset", "grounds": "忘记 PIN 码"}):
        assert code_of(ask(phone, serial=company.serial, **asked_for)) == (409, "holder_differs")
