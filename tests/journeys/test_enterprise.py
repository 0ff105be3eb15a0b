"""An enterprise from nothing to a sealed document (seed, sections 二 to 六), by paper and paid for."""

from __future__ import annotations

from pathlib import Path

from cryptography.x509.oid import NameOID

from tests.api.people import COMPANY, PIN, a_credit_code, an_id_number, code_of
from tests.api.running import Server
from tests.journeys import papers
from tests.journeys.app import PASSWORD, App, good, until
from tests.journeys.conftest import Office, staffed
from tests.journeys.judges import Public

LEGAL_PERSON = "张建国"


def test_an_enterprise_from_nothing_to_a_sealed_document(each_server: Server, tmp_path: Path) -> None:
    app, office = App(each_server), staffed(each_server)

    # 二、登录 app 设置账号密码
    app.enter()
    good(app.http.put("/v1/account/password", json={"password": PASSWORD}))
    app.enter_by_password()
    assert app.get("/v1/account")["has_password"]

    # 三、实名认证: 【证书管理】 without it
    early = app.http.get("/v1/certificates")
    assert code_of(early) == (403, "real_name_required")
    assert early.json()["message"] == "尚未实名认证，无法操作"
    app.verified()
    assert app.get("/v1/realname")["verified"]
    assert "实名认证通过" in app.message("实名认证通过")["title"]

    # 四、认领企业: licence, particulars, 证书申领, 申请书 on paper
    credit_code, product = a_credit_code(), chosen_product(app)
    enterprise = {"name": COMPANY, "credit_code": credit_code}
    enterprise |= {"legal_person": LEGAL_PERSON, "legal_person_id": an_id_number()}
    application = app.apply_for("claim", enterprise=enterprise, product=product)
    licence = papers.licence_photo(COMPANY, credit_code, LEGAL_PERSON)
    good(app.put_licence(application, licence))
    sheet = papers.stamped(papers.printed(app.form(application)), COMPANY)
    good(app.put_paper(application, papers.photo_of(sheet)))
    missing = app.act(application, "submit")
    assert code_of(missing) == (409, "attachment_missing")
    assert "法人身份证复印件" in missing.json()["message"]
    good(app.attach(application, "legal-person-id", papers.identity_card_copy()))
    assert app.submit(application) == "submitted"
    assert [one["application_id"] for one in app.listed("pending")] == [application]
    assert app.listed("active") == []

    reviewed(office, application, app)

    # 六、下载企业证书: the message, 支付, 下载
    assert app.linked("认领企业，请下载证书") == application
    unpaid = app.act(application, "download", pin=PIN)
    assert code_of(unpaid) == (409, "payment_needed")
    assert app.pay(application) == "paid"
    assert "200.00 元" in app.message("支付成功")["text"]
    given = app.download(application)
    assert app.download(application) == given  # a lost answer is asked for again
    (own,) = app.get("/v1/enterprises")
    assert (own["name"], own["role_name"]) == (COMPANY, "管理员")
    assert {one["purpose"] for one in app.listed("active")} == {"signing", "encryption"}

    # The seal, and what OpenSSL, Poppler and pyHanko think of it.
    public = Public(app.http, tmp_path)
    certificate = public.verify(given)
    (named,) = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert named.value == COMPANY
    assert public.responder(given["serial"]) == "good"
    assert code_of(app.stamp(given["serial"], papers.bid_letter(), "Wrong-Pin")) == (403, "pin_wrong")
    once = good(app.stamp(given["serial"], papers.bid_letter())).content
    twice = good(app.stamp(given["serial"], once, y_mm=120)).content
    public.check_sealed(once, COMPANY)
    public.check_sealed(twice, COMPANY, seals=2)


def chosen_product(app: App) -> str:
    """选择省份、交易平台、CA 机构、证书有效期&费用, as the screen offers them one after the other."""
    offered = app.get("/v1/catalogue")
    province = next(one for one in offered["provinces"] if one["name"] == "山东省")
    named = "临沂市公共资源交易中心"
    of_province = [one for one in offered["platforms"] if one["province"] == province["code"]]
    platform = next(one for one in of_province if one["name"] == named)
    fitting = [
        one
        for one in offered["products"]
        if one["platform"] == platform["code"] and one["kind"] == "enterprise"
    ]
    year = next(one for one in fitting if one["fee_fen"] == 20000)
    assert "200" in year["term"]
    return str(year["code"])


def reviewed(office: Office, application: str, app: App) -> None:
    """The CA's side: the queue, what the machine found, the pictures, and the word of an operator."""
    desk, path = office.first.http, f"/v1/review/applications/{application}"
    queue = desk.get("/v1/review/search", params={"number": application}).json()["items"]
    assert [(one["id"], one["status"]) for one in queue] == [(application, "submitted")]
    good(desk.post(f"{path}/claim"))
    checks = until(lambda: desk.get(path).json()["checks"], "the machine's checks", 120)
    found = {one["code"]: one["outcome"] for one in checks["results"]}
    for passed in ("credit_code", "holder_id", "legal_person_id", "real_name", "licence", "red_seal"):
        assert found[passed] == "passed", checks
    for picture in ("licence", "paper-form", "form"):
        assert len(good(desk.get(f"{path}/{picture}")).content) > 1000
    assert app.number not in desk.get(path).text
    assert good(desk.post(f"{path}/approve")).json()["status"] == "approved"
