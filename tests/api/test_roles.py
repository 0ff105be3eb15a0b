"""What each kind of operator may do."""

from __future__ import annotations

import secrets

import pytest

from tests.api.people import Desk, code_of
from tests.api.running import Server

PASSWORD = "An0ther-Operator"
ACTS = {
    "read cases": ("GET", "/v1/review/applications", {"reviewer", "manager", "auditor"}),
    "claim cases": ("POST", "/v1/review/applications/none/claim", {"reviewer"}),
    "decide": ("POST", "/v1/review/applications/none/approve", {"reviewer"}),
    "read certificates": (
        "GET",
        "/v1/operator/certificates?credit_code=91371300MA3ABCDE1X",
        {"reviewer", "manager", "auditor"},
    ),
    "revoke": ("POST", "/v1/operator/certificates/00/suspend", {"reviewer"}),
    "recover": ("POST", "/v1/operator/recoveries/none/approve", {"reviewer"}),
    "read recoveries": ("GET", "/v1/operator/recoveries", {"reviewer", "manager", "auditor"}),
    "publish lists": ("POST", "/v1/operator/lists/publish", {"manager"}),
}


def an_operator(server: Server, *roles: str) -> str:
    """An operator of these roles; the name."""
    name = f"op-{secrets.token_hex(4)}"
    given = [part for role in roles for part in ("--role", role)]
    added = server.command("operator", "add", name, *given, "--password-file", "-", said=f"{PASSWORD}\n")
    assert added.returncode == 0, added.stderr
    return name


@pytest.mark.parametrize("role", ["reviewer", "manager", "auditor"])
def test_each_role_has_its_acts(server: Server, role: str) -> None:
    desk = Desk(server, an_operator(server, role), PASSWORD)
    for name, (method, path, allowed) in ACTS.items():
        answered = desk.http.request(method, path)
        refused = answered.status_code == 403 and code_of(answered) == (403, "role_missing")
        assert refused is (role not in allowed), (name, answered.text)


def test_roles_change_at_once_in_running_sessions(server: Server) -> None:
    name = an_operator(server, "reviewer")
    desk = Desk(server, name, PASSWORD)
    assert desk.http.get("/v1/review/applications").status_code == 200
    assert server.command("operator", "roles", name).returncode == 0
    assert code_of(desk.http.get("/v1/review/applications")) == (403, "role_missing")
    assert "无" in server.command("operator", "list").stdout.split(name)[1].splitlines()[0]
    unknown = server.command("operator", "roles", "nobody-at-all", "--role", "manager")
    assert (unknown.returncode, "operator_unknown" in unknown.stderr) == (1, True)
