"""What an app developer can do with the description alone: from the first code to a sealed document."""

from __future__ import annotations

import pytest

from tests.api.people import COMPANY, PIN, Browser, a_credit_code, a_phone, a_picture, an_id_number
from tests.api.running import Server
from tests.journeys.generated import Client, Refused, client_for
from tests.journeys.papers import bid_letter


def signed_in(server: Server, phone: str) -> Client:
    client = client_for(server)
    client.accounts_send_code(phone=phone)
    inbox = server.client().get("/dev/inbox", params={"format": "json"}).json()
    code = next(one["code"] for one in inbox if one["phone"] == phone)
    return client.as_(client.accounts_sign_in(phone=phone, code=code).token)


def test_an_enterprise_from_nothing_to_a_sealed_document(on_sqlite: Server) -> None:
    server, phone = on_sqlite, a_phone()
    person = signed_in(server, phone)
    assert person.accounts_account().phone == f"{phone[:3]}****{phone[-4:]}"

    with pytest.raises(Refused, match="403 real_name_required: 尚未实名认证，无法操作"):
        person.applications_list_own()
    check = person.realname_start(method="alipay-face", name="李晓明", id_number=an_id_number())
    Browser(server.client()).choose(str(check.page), "pass")
    assert person.realname_show(check_id=check.id).status == "passed"

    claimed = person.models.ClaimedEnterprise(
        name=COMPANY, credit_code=a_credit_code(), legal_person="王建国", legal_person_id=an_id_number()
    )
    claim = person.models.NewClaim(enterprise=claimed, product="linyi-enterprise-month")
    made = person.applications_apply(claim, idempotency_key="claim-1")
    assert person.applications_apply(claim, idempotency_key="claim-1").id == made.id  # the answer was lost
    person.applications_put_licence(application_id=made.id, content=a_picture())
    assert person.applications_form(application_id=made.id).startswith(b"%PDF-")
    person.applications_put_paper_form(application_id=made.id, content=a_picture())
    assert person.applications_submit(application_id=made.id).status == "submitted"

    nobody = client_for(server)
    opened = nobody.accounts_operator_sign_in(name="operator", password=server.operator_password())
    operator = nobody.as_(opened.token)
    operator.review_claim(application_id=made.id)
    assert operator.review_approve(application_id=made.id).status == "approved"

    serial = person.certificates_download(application_id=made.id, pin=PIN).serial
    assert person.certificates_show(serial=serial).serial == serial
    place = {"page": 0, "x_mm": 100, "y_mm": 200, "reason": "投标"}
    with pytest.raises(Refused) as wrong:
        person.seals_stamp(serial=serial, file=bid_letter(), pin="Wrong-1234", **place)
    assert (wrong.value.code, wrong.value.facts["tries_left"]) == ("pin_wrong", 4)
    sealed = person.seals_stamp(serial=serial, file=bid_letter(), pin=PIN, **place)
    assert sealed.startswith(b"%PDF-")
