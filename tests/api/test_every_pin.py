"""Whichever way a PIN comes, a wrong one costs one try of the same five; no way is forgotten here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from tests.api.locks import LockCa
from tests.api.people import PIN, Desk, Phone
from tests.api.remote import Software, hash_of, switch_on
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, founded
from tests.api.test_kinds import CLERK, asked
from tests.ca.ofd.packages import files, packed

WRONG: Final = "Wrong-Pin-1"
NO_TRY: Final = {
    "recovery_finish": "sets the PIN of a key that two operators brought back",
}
ENDS_RIGHT: Final = ("certificates_release", "seals_life_release")
"""Ways that try the right PIN afterwards, which gives all tries back."""
Way = Callable[[], httpx.Response]


@pytest.fixture(scope="module")
def boss(server: Server, desk: Desk, lock_ca: LockCa) -> Holder:
    return founded(server, desk, lock_ca)


def _joining(server: Server, boss: Holder) -> tuple[Phone, str]:
    """Somebody who waits for the administrator's consent, and the application."""
    clerk = Phone(server).sign_in()
    named = {"enterprise_name": "临沂阳光建设有限公司", "credit_code": boss.credit_code, "product": CLERK}
    application = asked(clerk, "join", **named, department="经营部", permissions=["login"])
    assert clerk.act(application, "submit").json()["status"] == "consent"
    return clerk, application


def _clerk(server: Server, desk: Desk, boss: Holder) -> int:
    """The number of a clerk who has joined, as handing over needs one."""
    clerk, application = _joining(server, boss)
    agreed = {"serial": boss.serial, "pin": PIN}
    assert boss.http.post(f"/v1/consents/{application}/consent", json=agreed).status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    assert clerk.act(application, "download", pin=PIN).status_code == 200
    members = boss.http.get(f"/v1/enterprises/{boss.credit_code}/members").json()["items"]
    return next(int(one["id"]) for one in members if one["role"] == "clerk")


@pytest.fixture(scope="module")
def ways(server: Server, desk: Desk, boss: Holder, a_pdf: bytes) -> dict[str, Way]:
    """A call with a wrong PIN, by the name of its operation."""
    http, mine = boss.http, f"/v1/certificates/{boss.serial}"
    assert switch_on(boss.phone, boss.serial).status_code == 204
    old, new = (Software.of(server, boss.phone, version) for version in (1, 2))
    centre = Centre.opened(server, desk)
    scan = centre.asked("bind", user="zhang", user_name="李晓明")
    boss.claimed(centre, scan)
    (_, joining), member = _joining(server, boss), _clerk(server, desk, boss)
    renewal = asked(boss.phone, "renewal", serial=boss.serial)
    pin: dict[str, Any] = {"pin": WRONG}

    def post(path: str, **more: Any) -> Way:
        return lambda: http.post(path, json=pin | more)

    def release() -> httpx.Response:
        assert http.post(f"{mine}/suspend").status_code == 204
        answer = http.post(f"{mine}/release", json=pin)
        assert http.post(f"{mine}/release", json={"pin": PIN}).status_code == 204
        return answer

    def sent(path: str, file: bytes, **more: Any) -> Way:
        return lambda: http.post(f"{mine}/{path}", data=pin | more, files={"file": ("a.ofd", file)})

    seal = http.get(f"{mine}/seals").json()[0]["id"]
    contract = {"kind": "contract", "pin": WRONG, "reason": "签订电子合同"}

    def release_seal() -> httpx.Response:
        assert http.post(f"/v1/seals/{seal}/suspend", json={"reason": "暂不使用"}).status_code == 200
        answer = http.post(f"/v1/seals/{seal}/release", json=pin)
        assert http.post(f"/v1/seals/{seal}/release", json={"pin": PIN}).status_code == 200
        return answer

    return {
        "applications_consent_consent": post(f"/v1/consents/{joining}/consent", serial=boss.serial),
        "applications_seal": post(f"/v1/applications/{renewal}/seal"),
        "certificates_change_pin": post(f"{mine}/pin", new_pin="Remembered-7"),
        "certificates_download": post(f"/v1/applications/{boss.application}/download"),
        "certificates_release": release,
        "csc_app_turn_on": lambda: switch_on(boss.phone, boss.serial, WRONG),
        "csc_first_authorize": lambda: old.authorize(boss.serial, hash_of("a"), pin=WRONG),
        "csc_second_authorize": lambda: new.authorize(boss.serial, hash_of("a"), pin=WRONG),
        "enterprises_handover_offer": post(
            f"/v1/enterprises/{boss.credit_code}/handovers", member=member, serial=boss.serial
        ),
        "scanning_phone_approve": lambda: boss.approve(scan, WRONG),
        "seals_file_seal_ofd": sent("ofd-seals", packed(files()), x_mm=100, y_mm=200),
        "seals_file_sign": sent("file-signatures", b"a file"),
        "seals_file_sign_digest": post(f"{mine}/digest-signatures", sha256="00" * 32),
        "seals_life_apply": lambda: http.post(f"{mine}/seal-applications", data=contract),
        "seals_life_destroy": post(f"/v1/seals/{seal}/destroy", reason="不再使用"),
        "seals_life_release": release_seal,
        "seals_stamp": lambda: boss.phone.stamp(boss.serial, a_pdf, WRONG),
        "seals_stamp_many": lambda: boss.phone.stamp_many(boss.serial, [a_pdf], WRONG),
    }


def _told(answer: httpx.Response) -> str:
    told = answer.json()
    return str(told.get("code") or told["error"])


def test_a_wrong_pin_costs_one_try_whichever_way_it_comes(ways: dict[str, Way], boss: Holder) -> None:
    def left() -> int:
        return int(boss.http.get(f"/v1/certificates/{boss.serial}/pin").json()["tries_left"])

    wrong = {}
    for name, way in ways.items():
        assert switch_on(boss.phone, boss.serial).status_code == 204  # a right one gives all back
        answer, expected = way(), 5 if name in ENDS_RIGHT else 4
        wrong[name] = (_told(answer), answer.json().get("tries_left"), left() - expected)
    assert set(wrong.values()) <= {
        ("pin_wrong", 4, 0),
        ("invalid_pin", 4, 0),
        ("invalid_authentication_data", 4, 0),
    }, wrong


def test_the_tries_of_all_ways_are_the_same_five(ways: dict[str, Way], boss: Holder) -> None:
    assert switch_on(boss.phone, boss.serial).status_code == 204
    several = ("seals_stamp", "csc_first_authorize", "scanning_phone_approve", "certificates_change_pin")
    told = [_told(ways[name]()) for name in several]
    assert told == ["pin_wrong", "invalid_pin", "pin_wrong", "pin_wrong"]
    assert _told(ways["csc_app_turn_on"]()) == "pin_locked"
    assert _told(switch_on(boss.phone, boss.serial)) == "pin_locked"


def test_every_operation_that_takes_a_pin_is_here(server: Server, ways: dict[str, Way]) -> None:
    described = server.client().get("/openapi.json").json()
    components = described["components"]["schemas"]
    taking = {
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if {"pin", "PIN", "authData"} & set(_fields(content.get("schema", {}), components))
    }
    assert taking == set(ways) | set(NO_TRY)


def _fields(schema: dict[str, Any], components: dict[str, Any]) -> Iterator[str]:
    """Names of fields at any depth; no body of ours contains itself."""
    if "$ref" in schema:
        yield from _fields(components[schema["$ref"].rpartition("/")[2]], components)
    for name, one in schema.get("properties", {}).items():
        yield name
        yield from _fields(one, components)
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _fields(one, components)
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], components)
