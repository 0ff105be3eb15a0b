"""What follows from each kind of answer, once it was verified."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from examples.trading_centre.accounts import renewed
from examples.trading_centre.opening import open_bids
from examples.trading_centre.site import Refusal, Site, Visitor
from examples.trading_centre.verifying import Verified
from mobile_bridge.sdk import verify_sealed_pdf


@dataclass(frozen=True)
class Done:
    """What a person is told. ``next``, ``to``: a button and where it leads. ``cookie``: of a new visit."""

    title: str
    lines: list[tuple[str, str]]
    next: str
    to: str
    cookie: str | None = None


def login(site: Site, visitor: Visitor, row: sqlite3.Row, answer: Verified) -> Done:
    """The account that the statement names, if it still is that enterprise's."""
    user, enterprise = answer.statement["user"], answer.statement["enterprise"] or {}
    found = site.store.one("SELECT * FROM enterprise WHERE user = ?", user)
    if found is None or found["binding"] != answer.statement["binding"]:
        raise Refusal("该手机用户没有与本站账号绑定，请先用密码登录并申请手机证书")
    answer.require(found["credit_code"] == enterprise.get("credit_code"), "another enterprise's")
    answer.note("登录账号", f"{user}　{found['name']}")
    return Done("登录成功", answer.lines, "进入我的账号", "/account", renewed(site, visitor, found["id"]))


def bind(site: Site, visitor: Visitor, row: sqlite3.Row, answer: Verified) -> Done:
    """The account is the person's who scanned; the certificates are kept."""
    me, binding = visitor.signed_in, answer.statement["binding"]
    answer.require(binding["user"] == me["user"], "another user was bound")
    answer.require(answer.approved().credit_code == me["credit_code"], "another enterprise's certificate")
    signing, encryption = _certificates(answer)
    query = "UPDATE enterprise SET binding = ?, person = ?, signing = ?, encryption = ? WHERE id = ?"
    person = json.dumps(binding["person"], ensure_ascii=False)
    site.store.change(query, binding["id"], person, signing, encryption, me["id"])
    answer.note("绑定账号", f"{me['user']}　{me['name']}")
    answer.note("取得证书", "签名证书、加密证书" if encryption else "签名证书")
    return Done("手机证书已绑定", answer.lines, "返回我的账号", "/account")


def record(site: Site, visitor: Visitor, row: sqlite3.Row, answer: Verified) -> Done:
    """The enterprise's record, as the service vouches for it."""
    me, told = visitor.signed_in, answer.statement["record"]
    answer.require((told["enterprise"] or {}).get("credit_code") == me["credit_code"], "another enterprise's")
    signing, encryption = _certificates(answer)
    query = "UPDATE enterprise SET record = ?, signing = ?, encryption = ? WHERE id = ?"
    site.store.change(query, json.dumps(told, ensure_ascii=False), signing, encryption, me["id"])
    answer.note("企业名称", str(told["enterprise"]["name"]))
    answer.note("法定代表人", str(told["legal_person"] or "—"))
    return Done("诚信库已同步", answer.lines, "返回我的账号", "/account")


def seal(site: Site, visitor: Visitor, row: sqlite3.Row, answer: Verified) -> Done:
    """The sealed tender file: the very file that was sent, and every seal in it holds."""
    me = visitor.signed_in
    tender = site.store.one("SELECT * FROM tender WHERE id = ? AND owner = ?", row["subject"], me["id"])
    if tender is None:
        raise Refusal("没有找到该项目")
    told = answer.statement["documents"][0]
    sealed = site.client.sealed(answer.started.id, 0)
    seals = verify_sealed_pdf(sealed, site.trust, sha256=told["sealed_sha256"], original=tender["pdf"])
    answer.require(seals[-1].credit_code == me["credit_code"], "another enterprise's seal")
    for one in seals:
        answer.note("文件上的电子签章", f"{one.enterprise}，签章后未被改动")
    answer.note("签章后文件", f"SHA-256 {told['sealed_sha256'][:16]}…")
    query = "UPDATE tender SET sealed = ?, sealed_by = ?, state = 'sealed' WHERE id = ? AND state = 'draft'"
    site.store.change(query, sealed, seals[-1].enterprise, tender["id"])
    return Done("招标文件已签章", answer.lines, "返回项目", f"/tenders/{tender['id']}")


def generate(site: Site, visitor: Visitor, row: sqlite3.Row, answer: Verified) -> Done:
    """The tender file is final once its digest was approved."""
    me, approval = visitor.signed_in, answer.approved()
    tender = site.store.one("SELECT * FROM tender WHERE id = ? AND owner = ?", row["subject"], me["id"])
    if tender is None:
        raise Refusal("没有找到该项目")
    answer.require(approval.shown.get("file") == answer.statement["file"], "another file was shown")
    answer.require(approval.credit_code == me["credit_code"], "another enterprise approved")
    answer.note(
        "招标文件", f"SHA-256 {answer.statement['file']['sha256'][:16]}…，由{approval.enterprise}确认"
    )
    query = "UPDATE tender SET generated_by = ?, state = 'published' WHERE id = ? AND state = 'sealed'"
    site.store.change(query, approval.enterprise, tender["id"])
    return Done("招标文件已生成并发布", answer.lines, "返回项目", f"/tenders/{tender['id']}")


def decrypt(site: Site, visitor: Visitor, row: sqlite3.Row, answer: Verified) -> Done:
    """Content keys come sealed to the hall's tool, which opens the bids."""
    me = visitor.signed_in
    tool = site.openings.pop(answer.started.id, None)
    if tool is None or not tool.is_waiting:
        raise Refusal("本次开标会话已结束，请重新获取二维码")
    results = open_bids(site, me, row["subject"], tool, answer)
    for title, result in results:
        answer.note(title, result)
    room = "evaluation" if me["role"] == "agency" else "opening"
    return Done("解密完成", answer.lines, "返回", f"/tenders/{row['subject']}/{room}")


def _certificates(answer: Verified) -> tuple[str | None, str | None]:
    found = answer.statement.certificates(answer.answer)
    pems = {use: one.public_bytes(Encoding.PEM).decode() for use, one in found.items()}
    return pems.get("signing"), pems.get("encryption")


ACTS: Final[dict[str, Callable[[Site, Visitor, sqlite3.Row, Verified], Any]]] = {
    "login": login,
    "bind": bind,
    "record": record,
    "sign": seal,
    "generate": generate,
    "decrypt": decrypt,
}
