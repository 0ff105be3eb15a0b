"""Schemathesis over the whole description: no 500, every answer as described, whatever is sent.

``scripts/fuzz`` looks deeper, with other seeds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from tests.api.cast import Cast, assemble
from tests.api.founding import found
from tests.api.locks import LockCa
from tests.api.people import Desk
from tests.api.platform_calls import Signer, register
from tests.api.running import Server
from tests.api.scanning import KINDS

EXAMPLES = int(os.environ.get("SEALBRIDGE_FUZZ_EXAMPLES", "12"))
SEED = int(os.environ.get("SEALBRIDGE_FUZZ_SEED", "1"))
CHECKED = ["not_a_server_error", "status_code_conformance", "content_type_conformance"]
CHECKED += ["response_schema_conformance", "response_headers_conformance"]
_PEOPLE = ("owner", "clerk", "verified", "unverified")
ROLES = {"person": _PEOPLE, "operator": ("all", "auditor"), "csc": _PEOPLE, "platform": ("platform",)}
# What ends a membership or a session is tried when the others have been.
ENDINGS = (
    *("registry_revoke", "enterprises_handover_accept", "enterprises_leave", "enterprises_remove"),
    *("realname_release", "accounts_sign_out_device", "accounts_sign_out"),
)


SIGNERS: dict[str, Signer] = {}  # of the platform at each server


@schemathesis.serializer("application/pkcs10", "application/pdf")
def as_text(_: Any, value: Any) -> bytes:
    return str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Cast]]:
    """A server of its own: what is sent changes its catalogue."""
    fast = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    server = Server(tmp_path_factory.mktemp("fuzzed") / "var", extra=fast)
    found(server)
    server.start()
    lock_ca = LockCa()
    lock_ca.publish(server.data / "lock-cas", "old")
    assembled = assemble(server, lock_ca)
    desk = Desk(server)
    assembled.clients["all"] = desk.http
    platform = register(server, desk, scopes=KINDS)
    assembled.clients["platform"] = platform.http
    assembled.things["key_id"] = platform.key_id
    SIGNERS[server.url] = Signer(platform.key)
    yield server.url, assembled
    server.close()


def test_whatever_is_sent_is_answered_as_described(cast: tuple[str, Cast]) -> None:
    url, people = cast
    load_all_checks()
    schema = schemathesis.openapi.from_dict(httpx.get(f"{url}/openapi.json", timeout=60).json())
    operations = [one.ok() for one in schema.get_all_operations()]
    operations.sort(key=lambda one: (_name(one) in ENDINGS, *(_name(one) == ending for ending in ENDINGS)))
    faults = [fault for operation in operations for fault in _faults(url, people, operation)]
    assert not faults, "\n\n".join(faults[:5])


def _signed(url: str, case: Any) -> dict[str, str]:
    """The fields that make a call a platform's."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=url)).prepare()
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    return SIGNERS[url].sign(str(sent.method), str(sent.url), body)


def _name(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def _faults(url: str, cast: Cast, operation: Any) -> list[str]:
    """What was wrong with answers of one operation, each kind of fault once."""
    schemes = {name for one in operation.definition.raw.get("security", ()) for name in one}
    roles = next((ROLES[one] for one in ROLES if one in schemes), ("nobody",))
    checks = CHECKS.get_by_names(CHECKED)
    found: dict[str, str] = {}

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), role=st.sampled_from(roles), is_real=st.booleans())
    def sends(case: Any, role: str, is_real: bool) -> None:
        if is_real:
            case.path_parameters |= {k: v for k, v in cast.things.items() if k in case.path_parameters}
        client = cast.software[role] if "csc" in schemes else cast.clients[role]
        authorization = client.headers.get("Authorization")
        headers = {"Authorization": authorization} if authorization else {}
        if role == "platform":
            headers = _signed(url, case)
        answer = case.call(base_url=url, headers=headers)
        try:
            case.validate_response(answer, checks=checks)
        except (Failure, FailureGroup) as fault:
            told = getattr(fault, "exceptions", [fault])
            found.setdefault(str(told[0].title), f"{_name(operation)} {role}: {told[0]}\n{answer.text[:400]}")

    sends()
    return list(found.values())
