"""不见面开标 and 评标: bids are opened by a scan, each envelope with its own result."""

from __future__ import annotations

import json
import sqlite3
import time
from http import HTTPStatus
from typing import Final

from cryptography import x509
from fastapi import APIRouter
from fastapi.responses import Response

from examples.trading_centre.envelopes import recipient_for
from examples.trading_centre.showing import show
from examples.trading_centre.site import Refusal, Site, TheSite, TheVisitor, page
from examples.trading_centre.store import BIDS
from examples.trading_centre.verifying import Verified
from mobile_bridge.sdk import Envelope, NotVerified, OpeningSession, open_envelope

router = APIRouter(prefix="/tenders/{tender}")
_RESULTS: Final = {
    "recipient_not_ours": "不是加密给本证书的",
    "certificate_unknown": "加密所用证书不是本 CA 签发",
    "recipient_malformed": "文件已损坏",
    "envelope_not_opened": "无法解密，文件可能已损坏",
}


@router.get("/opening")
def hall(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """不见面开标大厅."""
    bids = site.store.all(BIDS, tender)
    told = [(bid, json.loads(bid["summary"] or "null"), json.loads(bid["opened"] or "null")) for bid in bids]
    return page("opening.html", site, visitor, tender=_tender(site, tender), bids=told)


@router.get("/evaluation")
def room(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """评标室."""
    me, found = visitor.as_role("agency"), _tender(site, tender)
    if found["agency"] != me["id"]:
        raise Refusal("本项目由其他代理机构组织评标", HTTPStatus.FORBIDDEN)
    bids = [(bid, json.loads(bid["evaluated"] or "null")) for bid in site.store.all(BIDS, tender)]
    return page("evaluation.html", site, visitor, tender=found, bids=bids)


@router.get("/bids/{bid}/file")
def file(tender: int, bid: int, site: TheSite, visitor: TheVisitor) -> Response:
    """An opened bid, for the agency that evaluates."""
    me, found = visitor.as_role("agency"), _tender(site, tender)
    kept = site.store.one("SELECT * FROM bid WHERE id = ? AND tender = ?", bid, tender)
    if found["agency"] != me["id"] or kept is None or kept["file"] is None:
        raise Refusal("投标文件尚未解密", HTTPStatus.NOT_FOUND)
    name = {"Content-Disposition": f'attachment; filename="bid-{bid}"'}
    return Response(kept["file"], media_type="application/octet-stream", headers=name)


@router.get("/decrypt")
def decrypt(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """扫码解密: a bidder's own envelopes, or every bid for the agency."""
    me, found = visitor.as_role("bidder", "agency"), _tender(site, tender)
    if found["state"] != "opening":
        raise Refusal("投标尚未截止，由招标单位宣布开标后方可解密", HTTPStatus.CONFLICT)
    envelopes = _envelopes(site, me, tender)
    if not envelopes:
        raise Refusal("没有可由您解密的投标文件", HTTPStatus.CONFLICT)
    session = OpeningSession.new()
    title = "评标解密" if me["role"] == "agency" else "开标解密"
    started = site.client.decrypt(found["title"], found["number"], session.public_key, envelopes, title=title)
    facts = {"项目": found["title"], "待解密": f"{len(envelopes)} 个文件"}
    again = f"/tenders/{tender}/decrypt"
    return show(site, visitor, started, title, again, subject=tender, facts=facts, opening=session)


def open_bids(
    site: Site, me: sqlite3.Row, tender: int, session: OpeningSession, answer: Verified
) -> list[tuple[str, str]]:
    """Open here what the phone's approval gave the keys of; what became of each, for people."""
    vouched = {one["id"]: one["status"] for one in answer.statement["envelopes"]}
    told = {str(one["id"]): one for one in answer.answer["envelopes"]}
    return [
        (envelope.title, _opened(site, me, envelope, vouched, told, session, answer))
        for envelope in _envelopes(site, me, tender)
        if envelope.id in vouched
    ]


def _opened(
    site: Site,
    me: sqlite3.Row,
    envelope: Envelope,
    vouched: dict[str, str],
    told: dict[str, dict[str, str]],
    session: OpeningSession,
    answer: Verified,
) -> str:
    part, _, bid = envelope.id.partition("-")
    kept = site.store.one("SELECT * FROM bid WHERE id = ?", int(bid))
    status = vouched[envelope.id]
    if kept is None or status != "opened":
        return f"未解密：{_RESULTS.get(status, status)}（{status}）"
    try:
        key = session.open_sealed_key(answer.started.id, envelope.id, told[envelope.id]["sealed_key"])
        plain = open_envelope(kept[f"{part}_cms"], key)
    except (NotVerified, KeyError) as refused:
        return f"未解密：{refused.message if isinstance(refused, NotVerified) else '应答不完整'}"
    column = "evaluated" if me["role"] == "agency" else "opened"
    note = json.dumps({"at": time.strftime("%Y-%m-%d %H:%M:%S"), "by": me["name"]}, ensure_ascii=False)
    # The bidder's own PC wrote it: what is no text is shown as far as it is.
    value = plain.decode(errors="replace") if part == "summary" else plain
    # Names of columns are ours: ``part`` is one of two, ``column`` too.
    query = f"UPDATE bid SET {part} = ?, {column} = ? WHERE id = ?"  # noqa: S608
    site.store.change(query, value, note, kept["id"])
    return f"已解密，{len(plain)} 字节"


def _envelopes(site: Site, me: sqlite3.Row, tender: int) -> list[Envelope]:
    """What is encrypted to the enterprise's certificate, in the order of the bids."""
    if me["encryption"] is None:
        raise Refusal("请先在“我的账号”申请手机证书")
    certificate = x509.load_pem_x509_certificate(me["encryption"].encode())
    parts = {"summary": "唱标信息", "file": "投标文件"} if me["role"] == "bidder" else {"file": "投标文件"}
    found = []
    for bid in site.store.all(BIDS, tender):
        if me["role"] == "bidder" and bid["bidder"] != me["id"]:
            continue
        for part, title in parts.items():
            recipient = recipient_for(bid[f"{part}_cms"], certificate)
            if recipient is not None:
                found.append(Envelope(f"{part}-{bid['id']}", f"{bid['bidder_name']} {title}", recipient))
    return found


def _tender(site: Site, tender: int) -> sqlite3.Row:
    found = site.store.one("SELECT * FROM tender WHERE id = ?", tender)
    if found is None:
        raise Refusal("没有找到该项目", HTTPStatus.NOT_FOUND)
    return found
