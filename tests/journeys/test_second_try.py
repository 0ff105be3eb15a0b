"""认领企业重新申请 (seed, section 五): rejected, corrected, approved; the reviewer sees both versions."""

from __future__ import annotations

from tests.api.people import COMPANY, PIN, a_credit_code, a_picture, an_id_number, code_of
from tests.journeys.app import App, good
from tests.journeys.conftest import Office

RIGHT = "临沂阳光集团有限公司"


def test_a_rejected_claim_is_corrected_and_approved(office: Office) -> None:
    app = App(office.server).join_in()
    enterprise = {"name": COMPANY, "credit_code": a_credit_code()}
    enterprise |= {"legal_person": "王建国", "legal_person_id": an_id_number()}
    claim = {"enterprise": enterprise, "product": "linyi-enterprise-month"}
    application = app.apply_for("claim", **claim)
    good(app.put_licence(application, a_picture()))
    good(app.put_paper(application, a_picture()))
    app.submit(application)

    desk = office.first.http
    templates = good(desk.get("/v1/operator/review-reasons")).json()
    template = next(one for one in templates if one["verdict"] == "reject")
    words = {"reasons": [template["code"]], "reason": "营业执照上的名称是临沂阳光集团有限公司"}
    rejected = good(office.first.judge(application, "reject", **words)).json()
    assert rejected["status"] == "rejected"

    # 【证书申请失败】 → 【重新申请】
    message = app.message("证书申请失败")
    assert message["link"] == {"type": "application", "id": application}
    assert template["text"] in message["text"]
    assert words["reason"] in message["text"]
    assert code_of(app.act(application, "download", pin=PIN)) == (409, "application_state")
    shown = app.get(f"/v1/applications/{application}")
    assert words["reason"] in shown["reason"]
    corrected = {"kind": "claim", **claim, "enterprise": enterprise | {"name": RIGHT}}
    path = f"/v1/applications/{application}"
    assert good(app.http.post(f"{path}/revise", json={"application": corrected})).json()["status"] == "draft"
    assert code_of(app.act(application, "submit")) == (409, "form_not_signed")  # another form, another seal
    good(app.put_paper(application, a_picture()))
    assert app.submit(application) == "submitted"

    # Both versions, side by side.
    case = good(desk.get(f"/v1/review/applications/{application}")).json()
    assert [one["revision"] for one in case["versions"]] == [1, 2]
    (name,) = [one for one in case["differences"] if one["field"] == "enterprise_name"]
    assert (name["before"], name["after"]) == (COMPANY, RIGHT)
    first, second = (
        good(desk.get(f"/v1/review/applications/{application}/versions/{number}/evidence/form")).content
        for number in (1, 2)
    )
    assert first != second
    office.approve(application)
    app.download(application)
    assert [one["name"] for one in app.get("/v1/enterprises")] == [RIGHT]
    assert [one["action"] for one in app.get(path)["events"]].count("submit") == 2
