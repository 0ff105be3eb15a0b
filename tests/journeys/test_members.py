"""A clerk joins, works and is dismissed; the administrator is handed over (seed, sections 七 to 九)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.people import COMPANY, PIN, a_picture, code_of
from tests.api.running import Server
from tests.journeys.app import App, good, until
from tests.journeys.conftest import Enterprise, Office, founded, staffed
from tests.journeys.judges import Public
from tests.journeys.papers import bid_letter

ME = "/v1/enterprises"
CLERK = "linyi-clerk-month"


@pytest.fixture
def enterprise(office: Office) -> Enterprise:
    return founded(office)


def joined(
    office: Office, enterprise: Enterprise, *permissions: str, name: str = "赵小敏"
) -> tuple[App, str]:
    """A clerk with these permissions; their app, and the serial number of their certificate."""
    clerk = App(office.server).join_in(name)
    application = asked_to_join(clerk, enterprise, *permissions)
    good(enterprise.boss.agree(application, enterprise.serial))
    office.approve(application)
    return clerk, str(clerk.download(application)["serial"])


def asked_to_join(clerk: App, enterprise: Enterprise, *permissions: str) -> str:
    named = {
        "enterprise_name": enterprise.name,
        "credit_code": enterprise.credit_code,
        "department": "经营部",
    }
    application = clerk.apply_for("join", **named, permissions=list(permissions), product=CLERK)
    assert clerk.submit(application) == "consent"
    return application


def member(enterprise: Enterprise, clerk: App) -> int:
    """As the administrator finds the clerk in 办事人员列表."""
    members = enterprise.boss.get(f"{ME}/{enterprise.credit_code}/members")["items"]
    return next(int(one["id"]) for one in members if one["phone"][-4:] == clerk.number[-4:])


def test_a_clerk_joins_and_signs_within_the_permissions(each_server: Server, tmp_path: Path) -> None:
    office = staffed(each_server)
    enterprise = founded(office)
    boss, clerk = enterprise.boss, App(each_server).join_in("赵小敏")

    # 七、查询 by name and code: nobody's numbers are shown whole
    named = {"name": enterprise.name, "credit_code": enterprise.credit_code}
    shown = good(clerk.http.post(f"{ME}/lookup", json=named)).json()
    assert (shown["administrator_name"], shown["legal_person"]) == ("王*国", "王*国")
    assert boss.number not in str(shown)
    wrong = clerk.http.post(f"{ME}/lookup", json=named | {"name": "临沂月光建设有限公司"})
    assert code_of(wrong) == (404, "enterprise_not_found")
    application = asked_to_join(clerk, enterprise, "login", "bid")
    assert [one["status_name"] for one in clerk.listed("pending")] == ["待管理员同意"]

    # 八、管理员同意: the message, 确认授权, 选择企业证书, PIN 码
    assert boss.linked("加入企业申请") == application
    asking = boss.get(f"/v1/consents/{application}")
    assert asking["applicant_name"] == "赵小敏"
    assert asking["permissions"] == ["login", "bid"]
    (selectable,) = boss.listed("active")
    assert code_of(boss.agree(application, selectable["serial"], "Wrong-Pin")) == (403, "pin_wrong")
    assert good(boss.agree(application, selectable["serial"])).json()["status"] == "submitted"
    public = Public(clerk.http, tmp_path)
    public.check_sealed(clerk.form(application), COMPANY)  # 授权书
    office.approve(application)

    # 九、办事人员下载证书
    assert clerk.linked("加入成功，请下载证书") == application
    given = clerk.download(application)
    public.verify(given)
    (own,) = clerk.get(ME)
    assert (own["role_name"], own["permissions"]) == ("办事人员", ["login", "bid"])

    # 授权权限: sealing was not among them, until the administrator adds it
    refused = clerk.stamp(given["serial"], bid_letter())
    assert code_of(refused) == (403, "not_permitted")
    path = f"{ME}/{enterprise.credit_code}/members/{member(enterprise, clerk)}/permissions"
    good(boss.http.put(path, json={"permissions": ["login", "bid", "seal"], "department": "经营部"}))
    assert "签章" in clerk.message("企业权限变更")["text"]
    public.check_sealed(good(clerk.stamp(given["serial"], bid_letter())).content, COMPANY)
    assert code_of(clerk.http.get(f"{ME}/{enterprise.credit_code}/members")) == (403, "administrator_needed")


def test_a_dismissed_clerk_loses_power_at_once(
    office: Office, enterprise: Enterprise, tmp_path: Path
) -> None:
    clerk, serial = joined(office, enterprise, "seal")
    public = Public(clerk.http, tmp_path)
    before = good(clerk.stamp(serial, bid_letter())).content
    assert public.responder(serial) == "good"

    path = f"{ME}/{enterprise.credit_code}/members/{member(enterprise, clerk)}/remove"
    good(enterprise.boss.http.post(path, json={"reason": "已离职"}))
    assert code_of(clerk.stamp(serial, bid_letter())) == (403, "not_permitted")  # not a second later
    assert clerk.get(ME) == []
    assert "已离职" in clerk.message("已移出企业")["text"]

    until(lambda: public.responder(serial) == "revoked" or None, "OCSP")
    until(lambda: public.is_listed(serial) or None, "the list of revoked certificates")
    assert [one["state"] for one in clerk.listed("expired")] == ["revoked"]
    assert "证书已吊销" in clerk.message("证书已吊销")["title"]
    assert code_of(clerk.http.post("/v1/applications", json={"kind": "renewal", "serial": serial}))[0] == 409
    assert "Signature is Valid." in public.pdfsig(before)  # what was sealed in time is not undone


def test_the_administrator_is_handed_over(office: Office, enterprise: Enterprise, tmp_path: Path) -> None:
    boss, (clerk, clerks) = enterprise.boss, joined(office, enterprise, "login")
    path = f"{ME}/{enterprise.credit_code}/handovers"
    offer = {"member": member(enterprise, clerk), "serial": enterprise.serial, "pin": PIN}
    offered = good(boss.http.post(path, json=offer)).json()["id"]

    assert clerk.linked("管理员移交，请确认") == enterprise.credit_code
    public = Public(clerk.http, tmp_path)
    public.check_sealed(good(clerk.http.get(f"{path}/{offered}/letter")).content, COMPANY)
    good(clerk.http.post(f"{path}/{offered}/accept"))

    assert [one["role_name"] for one in clerk.get(ME)] == ["管理员"]
    assert boss.get(ME) == []
    assert "赵小敏" not in boss.message("管理员移交完成")["text"]  # masked
    assert code_of(boss.stamp(enterprise.serial, bid_letter())) == (403, "not_permitted")
    until(lambda: public.responder(enterprise.serial) == "revoked" or None, "OCSP")

    # The new administrator applies for the enterprise's certificate, and seals with it.
    application = clerk.applied(enterprise.credit_code)
    good(clerk.put_paper(application, a_picture()))
    clerk.submit(application)
    office.approve(application)
    serial = clerk.download(application)["serial"]
    public.check_sealed(good(clerk.stamp(serial, bid_letter())).content, COMPANY)
    assert public.responder(clerks) == "good"
