"""Managers change the catalogue, everybody else reads it; an application keeps its version."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from api import migrations
from api.catalogue.queries import changes, find_product
from api.db import Database
from api.paging import PageRequest
from tests.api.people import PRODUCT, Desk, Phone, code_of
from tests.api.running import Server
from tests.api.test_database import engine as engine

PATH = "/v1/operator/catalogue"


def a_product(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "enterprise",
        "name": "企业数字证书",
        "platform": "linyi",
        "authority": "sealbridge",
        "profile": "enterprise-signing",
        "key_kind": "p-256",
        "validity_days": 365,
        "fee_fen": 20000,
        "scope": "电子签章",
    } | changes


def a_code() -> str:
    return f"test-{secrets.token_hex(6)}"


def put(desk: Desk, path: str, **body: Any) -> httpx.Response:
    return desk.http.put(f"{PATH}/{path}", json=body)


def offered(phone: Phone, code: str) -> dict[str, Any] | None:
    found = phone.http.get("/v1/catalogue").json()["products"]
    return next((dict(one) for one in found if one["code"] == code), None)


def test_a_new_product_is_offered_with_everything_that_leads_to_it(desk: Desk, phone: Phone) -> None:
    province, platform, ca, code = f"{secrets.randbelow(10**6):06d}", a_code(), a_code(), a_code()
    assert put(desk, f"provinces/{province}", name="河南省").json() == {"code": province, "version": 1}
    assert (
        put(desk, f"platforms/{platform}", name="郑州市公共资源交易中心", province=province).status_code
        == 200
    )
    assert put(desk, f"authorities/{ca}", name="河南某某认证中心").status_code == 200
    before = phone.http.get("/v1/catalogue").json()
    assert platform not in {one["code"] for one in before["platforms"]}  # it leads nowhere yet
    attachment = {"code": "legal-person-id", "name": "法人身份证复印件", "note": "加盖公章"}
    body = a_product(platform=platform, authority=ca, attachments=[attachment])
    assert put(desk, f"products/{code}", **body).json() == {"code": code, "version": 1}
    found = offered(phone, code)
    assert found is not None
    assert (found["term"], found["kind"], found["dual"]) == ("一年，200 元", "enterprise", False)
    assert found["attachments"] == [attachment | {"required": True}]
    after = phone.http.get("/v1/catalogue").json()
    assert province in {one["code"] for one in after["provinces"]}
    assert ca in {one["code"] for one in after["authorities"]}
    put(desk, f"products/{code}", **body, replaces=1, on_offer=False)
    assert offered(phone, code) is None


def test_an_application_keeps_the_terms_it_was_made_under(desk: Desk, phone: Phone) -> None:
    code = a_code()
    put(desk, f"products/{code}", **a_product())
    assert put(desk, f"products/{code}", **a_product(fee_fen=0, replaces=1)).json()["version"] == 2
    first = desk.http.get(f"{PATH}/products/{code}", params={"version": 1}).json()
    now = desk.http.get(f"{PATH}/products/{code}").json()
    assert (first["version"], first["term"]) == (1, "一年，200 元")
    assert (now["version"], now["term"]) == (2, "免费一年")
    missing = desk.http.get(f"{PATH}/products/{code}", params={"version": 3})
    assert code_of(missing) == (404, "not_found")


def test_a_change_from_an_outdated_version_is_refused(desk: Desk) -> None:
    code = a_code()
    put(desk, f"products/{code}", **a_product())
    again = put(desk, f"products/{code}", **a_product())
    assert code_of(again) == (409, "catalogue_changed")
    assert again.json()["version"] == 1
    assert code_of(put(desk, f"products/{code}", **a_product(replaces=2))) == (409, "catalogue_changed")
    other_kind = a_product(kind="personal", profile="personal", replaces=1)
    assert code_of(put(desk, f"products/{code}", **other_kind)) == (409, "product_kind_fixed")
    assert code_of(put(desk, f"provinces/{code}", name="某省", replaces=7)) == (409, "catalogue_changed")


@pytest.mark.parametrize("replaces", [0, 1])
def test_of_many_who_change_at_once_one_is_first(desk: Desk, replaces: int) -> None:
    code = a_code()
    if replaces:
        put(desk, f"products/{code}", **a_product())
    with ThreadPoolExecutor(6) as threads:
        fees = range(100, 700, 100)
        answers = list(
            threads.map(
                lambda fee: put(desk, f"products/{code}", **a_product(fee_fen=fee, replaces=replaces)), fees
            )
        )
    won = [fee for fee, one in zip(fees, answers, strict=True) if one.status_code == 200]
    assert len(won) == 1
    assert {code_of(one) for one in answers if one.status_code != 200} == {(409, "catalogue_changed")}
    assert desk.http.get(f"{PATH}/products/{code}").json()["fee_fen"] == won[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"profile": "no-such-profile"}, "product_profile_unknown"),
        ({"validity_days": 3000}, "validity_not_in_profile"),
        ({"encryption_profile": "enterprise-signing"}, "encryption_profile_without_escrow"),
        ({"platform": "nowhere"}, "catalogue_reference_unknown"),
        ({"authority": "nobody"}, "catalogue_reference_unknown"),
        ({"name": "企业\ud83d\ude00"}, "glyphs_missing"),
        ({"attachments": [{"code": "a", "name": "甲"}, {"code": "a", "name": "乙"}]}, "attachment_repeated"),
        (
            {"offered_from": "2026-11-24T08:00:00Z", "offered_until": "2026-11-24T08:00:00+08:00"},
            "sale_window_refused",
        ),
        ({"offered_from": "2026-11-24T08:00:00"}, "request_invalid"),
        ({"approvals": 3}, "request_invalid"),
        ({"fee_fen": -1}, "request_invalid"),
        ({"kind": "robot"}, "request_invalid"),
        ({"replaces": 2**40}, "request_invalid"),
        ({"term": "永久"}, "request_invalid"),
    ],
)
def test_what_cannot_be_issued_or_printed_is_refused(desk: Desk, changes: dict[str, Any], code: str) -> None:
    content = json.dumps(a_product(**changes))
    refused = desk.http.put(
        f"{PATH}/products/{a_code()}", content=content, headers={"Content-Type": "application/json"}
    )
    assert code_of(refused) == (422, code)


def test_a_product_can_be_had_inside_its_window_alone(desk: Desk, phone: Phone) -> None:
    code, now = a_code(), datetime.now(UTC)
    body = a_product(offered_from=(now + timedelta(hours=1)).isoformat())
    put(desk, f"products/{code}", **body)
    assert offered(phone, code) is None
    assert code_of(phone.apply(product=code)) == (404, "not_found")
    put(
        desk,
        f"products/{code}",
        **a_product(replaces=1, offered_until=(now + timedelta(hours=1)).isoformat()),
    )
    assert offered(phone, code) is not None
    assert phone.apply(product=code).status_code == 201


def test_an_unchanged_catalogue_is_not_sent_again(desk: Desk, phone: Phone) -> None:
    code = a_code()
    first = phone.http.get("/v1/catalogue")
    tag = first.headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = phone.http.get("/v1/catalogue", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    put(desk, f"products/{code}", **a_product())
    changed = phone.http.get("/v1/catalogue", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_every_change_is_in_the_history_and_in_the_journal(server: Server, desk: Desk) -> None:
    code = a_code()
    put(desk, f"platforms/{code}", name="某某交易中心", province="370000")
    put(desk, f"platforms/{code}", name="某某公共资源交易中心", province="370000", replaces=1)
    told = desk.http.get(f"{PATH}/history", params={"subject": "platform", "code": code}).json()["items"]
    assert [(one["version"], one["value"]["name"], one["operator"]) for one in told] == [
        (2, "某某公共资源交易中心", "operator"),
        (1, "某某交易中心", "operator"),
    ]
    first = desk.http.get(f"{PATH}/history", params={"code": code, "limit": 1}).json()
    second = {"code": code, "limit": 1, "cursor": first["next"]}
    older = desk.http.get(f"{PATH}/history", params=second).json()
    assert [first["items"], older["items"], older["next"]] == [told[:1], told[1:], None]
    kept = server.command("audit", "export", server.data / "catalogue.jsonl")
    assert kept.returncode == 0, kept.stderr
    lines = (server.data / "catalogue.jsonl").read_text().splitlines()
    entries = [json.loads(one) for one in lines if f"platform/{code}" in one]
    assert [len(one) > 0 for one in entries] == [True, True]


def test_nobody_but_operators_sees_or_changes_what_is_behind(phone: Phone, server: Server) -> None:
    for path in ("", "/history", f"/products/{PRODUCT}"):
        assert code_of(phone.http.get(PATH + path)) == (401, "not_signed_in")
    for path in ("provinces/1", "platforms/a", "authorities/a", "products/a"):
        body = {"name": "某", "province": "370000"} if path.startswith("platforms") else {"name": "某"}
        answer = phone.http.put(f"{PATH}/{path}", json=a_product() if "products" in path else body)
        assert code_of(answer) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("role", "reads", "history", "changes"),
    [("reviewer", 200, 403, 403), ("auditor", 200, 200, 403), ("manager", 200, 200, 200)],
)
def test_managers_change_auditors_look_back(
    server: Server, role: str, reads: int, history: int, changes: int
) -> None:
    name = a_code()
    named = ("--role", role, "--password-file", "-")
    assert server.command("operator", "add", name, *named, said="An0ther-Operator\n").returncode == 0
    other = Desk(server, name, "An0ther-Operator")
    assert other.http.get(PATH).status_code == reads
    assert other.http.get(f"{PATH}/history").status_code == history
    changed = put(other, f"products/{a_code()}", **a_product())
    assert changed.status_code == changes
    if changes == 403:
        assert code_of(changed) == (403, "role_missing")


def test_what_was_there_becomes_the_first_version(engine: Engine) -> None:
    """An installation from before versions, with an application for its product."""
    migrations.upgrade(engine, "0013")
    with Database(engine).write() as tx:
        for statement in (
            "INSERT INTO catalogue_province (code, name) VALUES ('370000', '山东省')",
            "INSERT INTO catalogue_platform (code, province, name) VALUES ('linyi', '370000', '临沂')",
            "INSERT INTO catalogue_authority (code, name) VALUES ('ca', '某 CA')",
            "INSERT INTO catalogue_product (code, platform, authority, name, profile, custody, key_kind, "
            "validity_days, fee_fen, term, scope, on_offer, approvals) VALUES ('old', 'linyi', 'ca', '企业', "
            "'enterprise-signing', 'wrapped', 'rsa-2048', 30, 0, '免费一个月', '签章', true, 2)",
            "INSERT INTO account_person (id, phone, created_at) "
            "VALUES (1, '13800001234', '2026-11-23 08:00:00.000000')",
            "INSERT INTO application (id, person_id, product, status, enterprise_name, credit_code, "
            "legal_person, legal_person_id, administrator_name, administrator_id, administrator_phone, "
            "created_at, updated_at) VALUES ('20261123-1', 1, 'old', 'submitted', '企业', "
            "'91371300MA3XXXXXX0', '王建国', '', '李晓明', '', '13800001234', '2026-11-23 08:00:00.000000', "
            "'2026-11-23 08:00:00.000000')",
        ):
            tx.execute(text(statement))
    migrations.upgrade(engine, "0014")
    with Database(engine).read() as tx:
        kept = find_product(tx, "old")
        assert kept == find_product(tx, "old", 1)
        assert (kept.name, kept.approvals, kept.renewal_approvals, kept.term) == ("企业", 2, 2, "免费一个月")
        assert (kept.kind, kept.on_offer, kept.attachments) == ("enterprise", True, ())
        told = [(one.subject, one.version) for one in changes(tx, None, None, PageRequest()).rows]
        assert told == [("product", 1), ("authority", 1), ("platform", 1), ("province", 1)]
        assert tx.execute(text("SELECT product FROM application")).scalar_one() == "old"
