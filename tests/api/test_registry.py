"""What operators do to issued certificates, over HTTP and on the command line."""

from __future__ import annotations

import pytest

from tests.api.locks import LockCa
from tests.api.people import COMPANY, Desk, Pc, Phone, a_credit_code, a_picture, code_of
from tests.api.running import Server

PATH = "/v1/operator/certificates"


def act(desk: Desk, serial: str, verb: str, **body: str) -> str:
    answer = desk.http.post(f"{PATH}/{serial}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["standing"])


def test_an_operator_finds_a_certificate_by_serial_and_by_enterprise(
    desk: Desk, phone: Phone, serial: str
) -> None:
    found = desk.http.get(f"{PATH}/{serial}").json()
    assert COMPANY in found["subject"]
    assert (found["standing"], found["profile"]) == ("good", "enterprise-signing")
    with_colons = ":".join(serial.zfill(40)[at : at + 2] for at in range(0, 40, 2))
    assert desk.http.get(f"{PATH}/{with_colons.upper()}").json() == found
    code = phone.http.get(f"/v1/certificates/{serial}").json()["credit_code"]
    listed = desk.http.get(PATH, params={"credit_code": code}).json()["items"]
    assert [one["serial"] for one in listed] == [serial]


def test_a_suspended_certificate_cannot_be_used_until_it_is_released(
    desk: Desk, phone: Phone, serial: str, a_pdf: bytes
) -> None:
    assert act(desk, serial, "suspend") == "suspended"
    assert phone.http.get(f"/v1/certificates/{serial}").json()["state"] == "suspended"
    assert code_of(phone.stamp(serial, a_pdf)) == (409, "certificate_invalid")
    assert act(desk, serial, "release") == "good"
    assert phone.stamp(serial, a_pdf).status_code == 200


def test_a_revoked_certificate_stays_revoked(desk: Desk, phone: Phone, serial: str, a_pdf: bytes) -> None:
    since = "2026-11-01T00:00:00Z"
    assert act(desk, serial, "revoke", reason="key_compromise", invalidity_date=since) == "revoked"
    assert code_of(phone.stamp(serial, a_pdf)) == (409, "certificate_invalid")
    found = desk.http.get(f"{PATH}/{serial}").json()
    assert (found["reason"], found["invalidity_date"]) == ("key_compromise", since)
    for verb in ("suspend", "release"):
        assert code_of(desk.http.post(f"{PATH}/{serial}/{verb}")) == (409, "certificate_already_revoked")


def test_the_holder_is_told_what_an_operator_did(desk: Desk, phone: Phone, serial: str) -> None:
    act(desk, serial, "suspend")
    act(desk, serial, "release")
    act(desk, serial, "revoke", reason="key_compromise")
    link = {"type": "certificate", "id": serial}
    told = [one for one in phone.http.get("/v1/messages").json()["items"] if one["link"] == link]
    assert [one["title"] for one in told] == ["证书已吊销", "证书已解冻", "证书已冻结"]
    assert "密钥可能已泄露" in told[0]["text"]
    assert COMPANY in told[0]["text"]


@pytest.mark.parametrize(
    ("serial", "status"), [("12345", 404), ("xyz", 404), ("0" * 41, 404), ("%2e%2e", 404)]
)
def test_an_unknown_certificate_is_not_found(desk: Desk, serial: str, status: int) -> None:
    assert desk.http.get(f"{PATH}/{serial}").status_code == status


@pytest.mark.parametrize("reason", ["certificate_hold", "boredom", "remove_from_crl"])
def test_a_reason_that_is_none_is_refused(desk: Desk, serial: str, reason: str) -> None:
    refused = desk.http.post(f"{PATH}/{serial}/revoke", json={"reason": reason})
    assert code_of(refused) == (422, "request_invalid")


def test_nobody_but_an_operator_may(phone: Phone, serial: str) -> None:
    assert phone.http.post(f"{PATH}/{serial}/suspend").status_code == 401
    assert phone.http.get(PATH, params={"credit_code": "9" * 18}).status_code == 401


def test_the_command_line_can_suspend_and_revoke(server: Server, phone: Phone, serial: str) -> None:
    for command, standing in ((["suspend"], "suspended"), (["release"], "good")):
        done = server.command("certificate", *command, serial)
        assert done.returncode == 0, done.stderr
        assert f"状态   {standing}" in done.stdout
    done = server.command("certificate", "revoke", serial, "--reason", "superseded")
    assert "revoked" in done.stdout
    again = server.command("certificate", "revoke", serial, "--reason", "superseded")
    assert again.returncode == 1
    assert "certificate_already_revoked" in again.stderr


def test_a_product_can_demand_two_operators(
    server: Server, desk: Desk, phone: Phone, pc: Pc, lock_ca: LockCa
) -> None:
    credit_code = a_credit_code()
    product = desk.product("two-operators", approvals=2)
    submitted = str(phone.apply(credit_code=credit_code, product=product).json()["id"])
    phone.put_licence(submitted, a_picture())
    pc.sign(phone, submitted, lock_ca.lock(COMPANY, credit_code))
    phone.act(submitted, "submit")
    first = desk.judge(submitted, "approve").json()
    assert first["status"] == "endorsed"
    assert code_of(desk.judge(submitted, "approve")) == (403, "second_operator_needed")
    assert phone.act(submitted, "download", pin="8642-Seal").status_code == 409
    name = f"second-{submitted[:6]}"
    added = server.command("operator", "add", name, "--password-file", "-", said="An0ther-Operator\n")
    assert added.returncode == 0, added.stderr
    second = Desk(server, name, "An0ther-Operator")
    desk.http.delete(f"/v1/review/applications/{submitted}/claim")
    assert second.judge(submitted, "approve").json()["status"] == "approved"
