"""Everybody who can stand in front of the server, around one enterprise and what belongs to it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import httpx

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code
from tests.api.remote import Software
from tests.api.running import Server

PASSWORD = "An0ther-Operator"
PERSONS = ("unverified", "verified", "owner", "clerk", "stranger")
OPERATORS = ("reviewer", "manager", "auditor")
ROLES = ("nobody", *PERSONS, *OPERATORS)
"""``owner``: applied for the enterprise, administers it, holds its certificate;
``clerk``: of that enterprise; ``stranger``: administrator of another one."""


@dataclass(frozen=True)
class Cast:
    """``clients`` by role; ``things``: values of path parameters and fields that belong to ``owner``."""

    clients: dict[str, httpx.Client]
    things: dict[str, str | int]
    asking: str
    """The application of somebody who asks the owner's consent to join."""
    clerks_serial: str
    owners_membership: int
    software: dict[str, httpx.Client]
    """Signing software of each person, logged in; for all paths."""


def assemble(server: Server, lock_ca: LockCa) -> Cast:
    """Let the story happen."""
    desk = Desk(server)
    owner, stranger, clerk, joiner, verified = (Phone(server).sign_in() for _ in range(5))
    unverified = Phone(server).enter()
    application, code, serial = _enterprise(server, desk, owner, lock_ca)
    _enterprise(server, desk, stranger, lock_ca)
    joined = _join(owner, clerk, code, serial)
    _approve(desk, joined)
    downloaded = clerk.act(joined, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    clerks_serial = str(downloaded.json()["serial"])
    member = _member(owner, code, clerk)
    clients = {
        "nobody": server.client(),
        "unverified": unverified.http,
        "verified": verified.http,
        "owner": owner.http,
        "clerk": clerk.http,
        "stranger": stranger.http,
    }
    clients |= {role: _operator(server, role).http for role in OPERATORS}
    things = _things(owner, code) | {"application_id": application, "serial": serial, "credit_code": code}
    offer = {"member": member, "serial": serial, "pin": PIN}
    offered = owner.http.post(f"/v1/enterprises/{code}/handovers", json=offer)
    assert offered.status_code == 201, offered.text
    things |= {"member": member, "handover": offered.json()["id"]}
    things["seal"] = owner.http.get(f"/v1/certificates/{serial}/seals").json()[0]["id"]
    phones = {"unverified": unverified, "verified": verified, "owner": owner, "clerk": clerk}
    phones["stranger"] = stranger
    return Cast(
        clients,
        things,
        _ask_to_join(joiner, code),
        clerks_serial,
        _member(owner, code, owner),
        {role: _software(server, phone) for role, phone in phones.items()},
    )


def _enterprise(server: Server, desk: Desk, phone: Phone, lock_ca: LockCa) -> tuple[str, str, str]:
    """Application, credit code and serial of the certificate of an enterprise that ``phone`` administers."""
    code = a_credit_code()
    application = phone.applied(code)
    Pc(server).sign(phone, application, lock_ca.lock(COMPANY, code))
    assert phone.act(application, "submit").status_code == 200
    _approve(desk, application)
    downloaded = phone.act(application, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    return application, code, str(downloaded.json()["serial"])


def _ask_to_join(phone: Phone, code: str) -> str:
    body = {"kind": "join", "enterprise_name": COMPANY, "credit_code": code, "permissions": ["login"]}
    made = phone.http.post("/v1/applications", json=body | {"product": "linyi-clerk-month"})
    assert made.status_code == 201, made.text
    application = str(made.json()["id"])
    assert phone.act(application, "submit").json()["status"] == "consent"
    return application


def _join(owner: Phone, clerk: Phone, code: str, serial: str) -> str:
    application = _ask_to_join(clerk, code)
    agreed = owner.http.post(f"/v1/consents/{application}/consent", json={"serial": serial, "pin": PIN})
    assert agreed.status_code == 200, agreed.text
    return application


def _approve(desk: Desk, application: str) -> None:
    approved = desk.judge(application, "approve")
    assert approved.status_code == 200, approved.text


def _member(owner: Phone, code: str, who: Phone) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        members = owner.http.get(f"/v1/enterprises/{code}/members").json()["items"]
        for one in members:
            if one["phone"][-4:] == who.number[-4:]:
                return int(one["id"])
        time.sleep(0.1)
    raise AssertionError("the clerk is no member")


def _operator(server: Server, role: str) -> Desk:
    name = f"{role}-{secrets.token_hex(4)}"
    added = server.command(
        "operator", "add", name, "--role", role, "--password-file", "-", said=f"{PASSWORD}\n"
    )
    assert added.returncode == 0, added.stderr
    return Desk(server, name, PASSWORD)


def _things(owner: Phone, code: str) -> dict[str, str | int]:
    """What else the owner has."""
    (session,) = owner.http.get("/v1/sessions").json()
    message = owner.http.get("/v1/messages").json()["items"][0]
    started = owner.start_check(**owner.holder)
    check = started.json()["id"] if started.status_code == 201 else "none"
    return {"session_id": session["id"], "message_id": message["id"], "check_id": check}


def _software(server: Server, phone: Phone) -> httpx.Client:
    client = server.client()
    client.headers["Authorization"] = Software.of(server, phone).http.headers["Authorization"]
    return client
