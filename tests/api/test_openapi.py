"""The description of the API: valid, complete, and true where a test can tell."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api.openapi.errors_page import page
from api.openapi.examples import PLACEHOLDER
from api.openapi.flows import FLOWS
from api.openapi.prose import summary_and_description
from api.openapi.registry import answerable
from ca.identifiers import check_credit_code, check_id_number
from hsm.errors import SealBridgeError
from tests.api.conformity import check, codes
from tests.api.running import Server

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
OPERATION_ID = re.compile(r"[a-z]+(_[a-z]+)+")


@pytest.fixture(scope="module")
def described(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.client().get("/openapi.json").json()
    return found


@pytest.fixture
def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path, operation."""
    return [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi(described: dict[str, Any]) -> None:
    validate(described)


def test_every_operation_has_its_place_and_names(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    for method, path, operation in operations:
        assert set(operation["tags"]) <= set(FLOWS), (method, path)
        assert CHINESE.search(operation["summary"]), (method, path, operation["summary"])
        assert OPERATION_ID.fullmatch(operation["operationId"]), operation["operationId"]
    ids = Counter(operation["operationId"] for _, _, operation in operations)
    assert max(ids.values()) == 1, ids.most_common(3)
    used = {tag for _, _, operation in operations for tag in operation["tags"]}
    assert used == set(FLOWS)


def test_who_must_be_signed_in_is_told_so(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    for method, path, operation in operations:
        schemes = {name for one in operation.get("security", ()) for name in one}
        known = {"person", "operator", "task", "wait", "enrolment", "platform", "csc", "csc_login"}
        assert schemes <= known, (method, path)
        if schemes & {"person", "operator"}:
            assert "not_signed_in" in codes(operation)[401], (method, path)
        if "/operator/" in path and "/operator/sessions" not in path:
            assert schemes == {"operator"}, (method, path)


def test_idempotency_key_is_named_where_it_works(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    for method, path, operation in operations:
        schemes = {name for one in operation.get("security", ()) for name in one}
        works = method != "GET" and path.startswith("/v1/") and bool(schemes & {"person", "operator"})
        named = {one["name"] for one in operation.get("parameters", ())}
        assert ("Idempotency-Key" in named) is works, (method, path)
        assert ("idempotency_key_reused" in codes(operation).get(422, ())) is works


def test_lists_in_pages_take_limit_and_cursor(
    described: dict[str, Any], operations: list[tuple[str, str, dict[str, Any]]]
) -> None:
    paged = 0
    for method, path, operation in operations:
        schema = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if "Page_" in str(schema.get("schema", {}).get("$ref", "")):
            paged += 1
            assert {"limit", "cursor"} <= {one["name"] for one in operation["parameters"]}, (method, path)
            assert "cursor_invalid" in codes(operation)[422]
    assert paged >= 5


def test_answers_with_entity_tags_say_so(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    tagged = [one for _, _, one in operations if "304" in one["responses"]]
    assert {"catalogue_catalogue", "pki_complete_list"} <= {one["operationId"] for one in tagged}
    for one in tagged:
        assert "If-None-Match" in {parameter["name"] for parameter in one["parameters"]}
        assert "ETag" in one["responses"]["200"]["headers"]


def test_every_body_has_an_example_that_fits(
    described: dict[str, Any], operations: list[tuple[str, str, dict[str, Any]]]
) -> None:
    seen = 0
    for _, _, operation in operations:
        for where, content in _json(operation):
            for value in _examples(content):
                schema = content["schema"] | {"components": described["components"]}
                faults = [one.message for one in Draft202012Validator(schema).iter_errors(value)]
                assert not faults, (operation["operationId"], where, faults, value)
                seen += 1
    assert seen > len(operations)


def test_examples_of_requests_could_be_sent(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    for _, _, operation in operations:
        for where, content in _json(operation):
            told = json.dumps(_examples(content), ensure_ascii=False)
            for code in re.findall(r'"credit_code": "([^"]+)"', told):
                check_credit_code(code)
            for number in re.findall(r'"(?:legal_person_)?id(?:_number)?": "(\d{17}[\dX])"', told):
                check_id_number(number)
            assert where != "request" or PLACEHOLDER not in told, (operation["operationId"], told)


def test_the_check_of_answers_finds_codes_that_are_not_named(server: Server) -> None:
    def answer(code: str) -> httpx.Response:
        request = httpx.Request("GET", f"{server.url}/v1/account")
        kind = {"content-type": "application/problem+json"}
        return httpx.Response(401, headers=kind, json={"code": code}, request=request)

    check(answer("not_signed_in"))
    with pytest.raises(AssertionError, match=r"accounts_account may not answer 401 pin_wrong"):
        check(answer("pin_wrong"))


def _json(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    described = {"request": operation.get("requestBody", {})} | operation["responses"]
    for where, one in described.items():
        for media_type, content in one.get("content", {}).items():
            if media_type.endswith("json") and content:
                yield where, content


def _examples(content: dict[str, Any]) -> list[Any]:
    if "examples" in content:
        return [one["value"] for one in content["examples"].values()]
    return [content["example"]]


def test_the_page_of_error_codes_is_up_to_date() -> None:
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == page(), (
        "python -m api.openapi.errors_page > docs/errors.md"
    )


def test_a_code_means_one_thing() -> None:
    several = {code: kinds for code, kinds in answerable().items() if len(kinds) > 1}
    assert not several


def test_every_error_speaks_chinese() -> None:
    silent = [
        kinds[0].__name__
        for code, kinds in answerable().items()
        if kinds[0].zh is SealBridgeError.zh and code not in ("internal", "app_error")
    ]
    assert not silent


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("提交申请: to the authority.", ("提交申请", "To the authority.")),
        ("我的账号.", ("我的账号", "")),
        ("审核不通过, with the reason.", ("审核不通过", "With the reason.")),
        ("CA 证书 (RFC 7030, section 4.1).", ("CA 证书", "(RFC 7030, section 4.1).")),
        ("去认证: by bank card.\n\nAsk later.\n", ("去认证", "By bank card.\n\nAsk later.")),
    ],
)
def test_docstrings_as_prose(docstring: str, expected: tuple[str, str]) -> None:
    assert summary_and_description(docstring) == expected
