"""Platforms as operators register them and as they call, over HTTP."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.api.cast import PASSWORD
from tests.api.people import Desk
from tests.api.platform_calls import PlatformServer, Signer, id_of, new_key, pem_of, register
from tests.api.running import Server


@pytest.fixture
def platform(server: Server, desk: Desk) -> PlatformServer:
    return register(server, desk)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("kind", ["ed25519", "p-256"])
def test_a_registered_platform_is_known_by_its_signature(server: Server, desk: Desk, kind: str) -> None:
    platform = register(server, desk, new_key(kind), scopes=["login"])
    own = platform.call("GET", "/platform/v1/platform")
    assert own.status_code == 200, own.text
    assert (own.json()["id"], own.json()["scopes"]) == (platform.id, ["login"])
    (key,) = platform.call("GET", "/platform/v1/keys?").json()
    assert key["id"] == id_of(platform.key)
    assert key["used_at"] is not None


def test_a_call_is_taken_once(platform: PlatformServer) -> None:
    signed = Signer(platform.key).sign("GET", f"{platform.url}/platform/v1/keys")
    assert platform.send("GET", "/platform/v1/keys", b"", signed).status_code == 200
    again = platform.send("GET", "/platform/v1/keys", b"", signed)
    assert code(again) == (401, "signature_replayed")
    assert again.headers["www-authenticate"].startswith("Signature")


def test_a_nonce_is_a_platform_s_own(server: Server, desk: Desk, platform: PlatformServer) -> None:
    nonce = secrets.token_urlsafe(16)
    for one in (platform, register(server, desk)):
        mine = Signer(one.key, said={"nonce": nonce})
        assert one.call("GET", "/platform/v1/keys", signer=mine).status_code == 200


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"created": -301}, "signature_stale"),
        ({"created": 301}, "signature_stale"),
        ({"created": -86400 * 365 * 60}, "signature_stale"),
        ({"created": 10**12}, "signature_stale"),
        ({"expires": -1}, "signature_stale"),
        ({"created": -290}, ""),
        ({"created": 290, "expires": 400}, ""),
    ],
)
def test_a_call_has_its_time(platform: PlatformServer, said: dict[str, int], answer: str) -> None:
    moved = {name: int(time.time()) + by for name, by in said.items()}
    signer = Signer(platform.key, said=moved)
    called = platform.call("GET", "/platform/v1/keys", signer=signer)
    assert (called.json()["code"] if answer else "") == answer
    assert called.status_code == (401 if answer else 200)


@pytest.mark.parametrize("nonce", [None, "", "short", "n" * 129])
def test_a_call_has_a_nonce(platform: PlatformServer, nonce: str | None) -> None:
    signer = Signer(platform.key, said={"nonce": nonce})
    assert code(platform.call("GET", "/platform/v1/keys", signer=signer)) == (401, "signature_invalid")


def test_strangers_are_nobody(server: Server, desk: Desk, platform: PlatformServer) -> None:
    path, key = "/platform/v1/platform", new_key()
    unsigned = platform.send("GET", path, b"", {})
    assert code(unsigned) == (401, "call_unsigned")
    unknown = platform.call("GET", path, signer=Signer(key))
    assert code(unknown) == (401, "signature_invalid")
    as_other = Signer(key, said={"keyid": id_of(platform.key)})
    assert code(platform.call("GET", path, signer=as_other)) == (401, "signature_invalid")
    theirs = Signer(register(server, desk).key, said={"keyid": id_of(platform.key)})
    assert code(platform.call("GET", path, signer=theirs)) == (401, "signature_invalid")


def test_a_call_on_another_way_is_another(platform: PlatformServer) -> None:
    body = f'{{"pem": "{pem_of(new_key())}"}}'.replace("\n", "\\n").encode()
    url = f"{platform.url}/platform/v1/keys"
    elsewhere = Signer(platform.key).sign("POST", url.replace("127.0.0.1", "ca.example.cn"), body)
    query = Signer(platform.key).sign("POST", f"{url}?a=1", body)
    method = Signer(platform.key).sign("PUT", url, body)
    other_body = Signer(platform.key).sign("POST", url, body)
    for signed, sent in ((elsewhere, body), (query, body), (method, body), (other_body, body + b" ")):
        answer = platform.send("POST", "/platform/v1/keys", sent, signed)
        assert code(answer) == (401, "signature_invalid")
    uncovered = Signer(platform.key).sign("POST", url)
    assert code(platform.send("POST", "/platform/v1/keys", body, uncovered)) == (401, "signature_invalid")
    assert len(platform.call("GET", "/platform/v1/keys").json()) == 1


def test_the_host_a_proxy_writes_does_not_matter(platform: PlatformServer) -> None:
    signed = Signer(platform.key).sign("GET", f"{platform.url}/platform/v1/keys")
    inner = platform.send("GET", "/platform/v1/keys", b"", signed | {"Host": "backend.internal"})
    assert inner.status_code == 200


def test_keys_change_without_a_pause(desk: Desk, platform: PlatformServer) -> None:
    old, new = Signer(platform.key), Signer(new_key("p-256"))
    body = f'{{"label": "2027", "pem": {_json(pem_of(new.key))}}}'.encode()
    added = platform.call("POST", "/platform/v1/keys", body)
    assert added.status_code == 201, added.text
    assert (added.json()["id"], added.json()["added_by"]) == (id_of(new.key), f"key:{id_of(old.key)}")
    assert platform.call("GET", "/platform/v1/keys", signer=old).status_code == 200
    retired = platform.call("DELETE", f"/platform/v1/keys/{id_of(old.key)}", signer=new)
    assert retired.status_code == 200, retired.text
    assert code(platform.call("GET", "/platform/v1/keys", signer=old)) == (401, "signature_invalid")
    last = platform.call("DELETE", f"/platform/v1/keys/{id_of(new.key)}", signer=new)
    assert code(last) == (409, "public_key_last")
    back = platform.call("POST", "/platform/v1/keys", f'{{"pem": {_json(pem_of(old.key))}}}'.encode(), new)
    assert code(back) == (409, "public_key_known")
    acts = [one["act"] for one in desk.http.get(f"{_path(platform)}/history").json()["items"]]
    assert acts == ["key_retired", "key_added", "key_added", "registered"]


def test_a_key_of_another_platform_is_out_of_reach(
    server: Server, desk: Desk, platform: PlatformServer
) -> None:
    other = register(server, desk)
    theirs = platform.call("DELETE", f"/platform/v1/keys/{id_of(other.key)}")
    assert code(theirs) == (404, "not_found")
    taken = platform.call("POST", "/platform/v1/keys", f'{{"pem": {_json(pem_of(other.key))}}}'.encode())
    assert code(taken) == (409, "public_key_known")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}, "public_key_invalid"),
        ({"jwk": {"kty": "OKP", "crv": "P-256", "x": "A" * 43}}, "public_key_invalid"),
        ({"jwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}}, "public_key_invalid"),
        ({"jwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43}}, "public_key_invalid"),
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}}, "key_weak"),  # a point of small order
        ({"pem": "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----"}, "public_key_invalid"),
        ({"pem": "nothing"}, "public_key_invalid"),
        ({}, "request_invalid"),
        ({"pem": "a", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A"}}, "request_invalid"),
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A", "d": "secret"}}, "request_invalid"),
    ],
)
def test_what_is_no_key_is_refused(
    desk: Desk, platform: PlatformServer, sent: dict[str, Any], answer: str
) -> None:
    refused = desk.http.post(f"{_path(platform)}/keys", json=sent)
    assert code(refused) == (422, answer)
    assert "secret" not in refused.text


def test_a_jwk_is_the_same_key(desk: Desk, platform: PlatformServer) -> None:
    (known,) = desk.http.get(_path(platform)).json()["keys"]
    again = desk.http.post(f"{_path(platform)}/keys", json={"jwk": known["jwk"]})
    assert code(again) == (409, "public_key_known")


def test_a_platform_has_ten_valid_keys_at_most(desk: Desk, platform: PlatformServer) -> None:
    for number in range(9):
        added = desk.http.post(
            f"{_path(platform)}/keys", json={"label": str(number), "pem": pem_of(new_key())}
        )
        assert added.status_code == 201
    assert code(desk.http.post(f"{_path(platform)}/keys", json={"pem": pem_of(new_key())})) == (
        409,
        "public_key_limit",
    )
    # Whoever stole a key is out at once, also when it was the last.
    for one in desk.http.get(_path(platform)).json()["keys"]:
        assert desk.http.delete(f"{_path(platform)}/keys/{one['id']}").status_code == 200
    assert code(platform.call("GET", "/platform/v1/keys")) == (401, "signature_invalid")


def test_a_suspended_platform_is_refused_until_it_is_resumed(desk: Desk, platform: PlatformServer) -> None:
    assert desk.http.post(f"{_path(platform)}/suspend", json={"reason": "投诉"}).status_code == 200
    assert code(platform.call("GET", "/platform/v1/keys")) == (403, "platform_suspended")
    assert desk.http.post(f"{_path(platform)}/suspend", json={"reason": "再次"}).status_code == 200
    assert desk.http.post(f"{_path(platform)}/resume", json={"reason": "已处理"}).status_code == 200
    assert platform.call("GET", "/platform/v1/keys").status_code == 200
    told = desk.http.get(f"{_path(platform)}/history").json()["items"][:2]
    assert [(one["act"], one["detail"]) for one in told] == [
        ("resumed", {"reason": "已处理"}),
        ("suspended", {"reason": "投诉"}),
    ]


def test_a_document_is_taken_by_its_digest(platform: PlatformServer, a_pdf: bytes) -> None:
    digest = hashlib.sha256(a_pdf).hexdigest()
    sent = platform.call(
        "POST", f"/platform/v1/documents?sha256={digest}", a_pdf, media_type="application/pdf"
    )
    assert sent.status_code == 201, sent.text
    assert (sent.json()["sha256"], sent.json()["pages"], sent.json()["bytes"]) == (digest, 2, len(a_pdf))
    again = platform.call("POST", "/platform/v1/documents", a_pdf, media_type="application/pdf")
    assert again.json()["expires_at"] >= sent.json()["expires_at"]


def test_a_document_that_cannot_be_sealed_is_refused(platform: PlatformServer, a_pdf: bytes) -> None:
    path = "/platform/v1/documents"
    mismatch = platform.call("POST", f"{path}?sha256={'0' * 64}", a_pdf, media_type="application/pdf")
    assert code(mismatch) == (422, "digest_mismatch")
    for wrong in (b"", b"no pdf", a_pdf[:400]):
        refused = platform.call("POST", path, wrong, media_type="application/pdf")
        assert code(refused) == (422, "pdf_damaged")


def test_a_document_needs_the_scope(server: Server, desk: Desk, a_pdf: bytes) -> None:
    platform = register(server, desk, scopes=["login"])
    refused = platform.call("POST", "/platform/v1/documents", a_pdf, media_type="application/pdf")
    assert code(refused) == (403, "scope_missing")


def test_terms_are_changed_from_the_version_that_was_seen(desk: Desk, platform: PlatformServer) -> None:
    shown = desk.http.get(_path(platform)).json()
    terms = {name: shown[name] for name in ("domain", "origins", "callback_url", "catalogue_code")}
    terms |= {"name": f"新{shown['name']}", "scopes": ["login"], "replaces": 1}
    changed = desk.http.put(_path(platform), json=terms)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert code(desk.http.put(_path(platform), json=terms)) == (409, "platform_changed")
    assert platform.call("GET", "/platform/v1/platform").json()["scopes"] == ["login"]


def test_names_and_codes_are_checked(server: Server, desk: Desk, platform: PlatformServer) -> None:
    shown = desk.http.get(_path(platform)).json()
    terms = {name: shown[name] for name in ("domain", "origins", "scopes")}

    def asked(**more: Any) -> Any:
        return desk.http.post("/v1/operator/platforms", json=terms | {"name": secrets.token_hex(6)} | more)

    assert code(asked(name=shown["name"])) == (409, "platform_name_taken")
    assert code(asked(catalogue_code="nowhere")) == (422, "platform_code_unknown")
    assert asked(catalogue_code="linyi").status_code == 201
    assert code(asked(name="临沂\u202e心中易交")) == (422, "platform_terms_refused")
    assert code(asked(origins=["https://elsewhere.example"])) == (422, "platform_terms_refused")


def test_scripts_register_platforms(server: Server, desk: Desk, tmp_path: Any) -> None:
    key, name = new_key(), secrets.token_hex(6)
    (tmp_path / "key.pem").write_text(pem_of(key))
    where = ["--domain", f"{name}.example.cn", "--origin", f"https://{name}.example.cn"]
    made = server.command("platform", "add", name, *where, "--scope", "login", "--key", tmp_path / "key.pem")
    assert made.returncode == 0, made.stderr
    platform_id, key_id = made.stdout.split()
    assert key_id == id_of(key)
    platform = PlatformServer(server, platform_id, key)
    assert platform.call("GET", "/platform/v1/platform").json()["scopes"] == ["login"]
    assert f"{platform_id}\t{name}" in server.command("platform", "list").stdout
    assert key_id in server.command("platform", "key", "list", platform_id).stdout
    assert server.command("platform", "key", "retire", platform_id, key_id).returncode == 0
    assert code(platform.call("GET", "/platform/v1/keys")) == (401, "signature_invalid")


def test_setup_registers_the_sample_trading_centre(server: Server, desk: Desk) -> None:
    file = server.data / "trading-centre" / "platform.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key: Any = load_pem_private_key(file.read_bytes(), None)
    own = PlatformServer(server, "", key).call("GET", "/platform/v1/platform").json()
    assert (own["name"], own["is_sandbox"]) == ("演示交易中心", True)
    assert own["origins"] == ["http://127.0.0.1:8100"]
    server.set_up()  # again: nothing is made twice
    listed = desk.http.get("/v1/operator/platforms", params={"limit": 100}).json()["items"]
    assert [one["id"] for one in listed if one["is_sandbox"]] == [own["id"]]


def test_what_was_done_is_in_the_journal(server: Server, platform: PlatformServer, tmp_path: Any) -> None:
    out = tmp_path / "journal.jsonl"
    assert server.command("audit", "export", out).returncode == 0
    about = [line for line in out.read_text().splitlines() if platform.id in line]
    assert any("platform.changed" in line and "registered" in line for line in about)
    assert any("key_added" in line and id_of(platform.key) in line for line in about)


def test_a_reviewer_registers_nobody(server: Server) -> None:
    name = f"reviewer-{secrets.token_hex(4)}"
    server.command("operator", "add", name, "--password-file", "-", said=f"{PASSWORD}\n")
    desk = Desk(server, name, PASSWORD)
    assert desk.http.get("/v1/operator/platforms").status_code == 200
    terms = {"name": "甲", "domain": "a.cn", "origins": ["https://a.cn"], "scopes": []}
    assert code(desk.http.post("/v1/operator/platforms", json=terms)) == (403, "role_missing")


def _path(platform: PlatformServer) -> str:
    return f"/v1/operator/platforms/{platform.id}"


def _json(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


def test_the_call_of_the_guide_is_taken(server: Server, desk: Desk, tmp_path: Path) -> None:
    """What docs/platform.md shows for a shell, typed as it is there, against this server."""
    text = (Path(__file__).parents[2] / "docs" / "platform.md").read_text(encoding="utf-8")
    keys, call = (one for one in re.findall(r"```sh\n(.*?)```", text, re.S) if "platform.key" in one)
    subprocess.run(["bash", "-euc", keys], cwd=tmp_path, check=True, capture_output=True)
    private: Any = load_pem_private_key((tmp_path / "platform.key").read_bytes(), None)
    register(server, desk, private)
    call = call.replace("https://ca.example.cn", server.url).replace(
        "ca.example.cn", f"127.0.0.1:{server.port}"
    )
    done = subprocess.run(["bash", "-euc", call], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["wait_token"], done.stdout
