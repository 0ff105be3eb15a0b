"""不见面开标 and 评标: bids are opened by a scan, each envelope with its own result."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from examples.trading_centre.bids import (
    Keys,
    Room,
    Sealed,
    as_json,
    evaluated_file,
    openable,
    order_for,
    parts_of,
    read_statement,
)
from examples.trading_centre.hall import HallTool, Order, Result, SealedKey
from examples.trading_centre.manifest import STATEMENT
from examples.trading_centre.showing import show
from examples.trading_centre.site import Refusal, Site, TheSite, TheVisitor, page
from examples.trading_centre.store import BIDS
from examples.trading_centre.verifying import Verified
from examples.trading_centre.windows import current, require_open, window_of
from mobile_bridge.envelopes import EnvelopeError
from mobile_bridge.sdk import verify_evidence

router = APIRouter(prefix="/tenders/{tender}")
_OPENED: Final = "opened"
_TIMES: Final = ("opens_at", "closes_at")
_RESULTS: Final = {
    "recipient_not_ours": "不是加密给本证书的",
    "certificate_unknown": "加密所用证书不是本 CA 签发",
    "recipient_malformed": "文件已损坏",
    "envelope_not_opened": "无法解密，文件可能已损坏",
    "envelope_of_other_tender": "属于其他项目",
    "pin_wrong": "PIN 码错误",
    "pin_locked": "PIN 码已锁定，请联系 CA 恢复密钥",
    "pin_of_other_certificate_needed": "请另输入该证书的 PIN 码",
    "certificate_invalid": "加密证书已挂失或因密钥泄露吊销",
    "token_unavailable": "密码设备暂不可用，请稍后重试",
}


@router.get("/opening")
def hall(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """不见面开标大厅: counts down, and shows what is read out as soon as it is opened."""
    found = _tender(site, tender)
    return page("opening.html", site, visitor, tender=found, hall=_state(site, found))


@router.get("/opening/state")
def state(tender: int, site: TheSite) -> Any:
    """The hall at this moment, for its page; times are seconds since 1970, by this machine's clock."""
    return _state(site, _tender(site, tender))


@router.get("/evidence")
def evidence(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """开标证据: the service's signed log of the opening, checked here before it is given out."""
    me, found = visitor.signed_in, _tender(site, tender)
    if me["id"] not in (found["owner"], found["agency"]):
        raise Refusal("仅招标人和招标代理可下载开标证据", HTTPStatus.FORBIDDEN)
    kept = site.client.opening_evidence(found["number"])
    verify_evidence(json.loads(kept), site.trust)
    name = {"Content-Disposition": f'attachment; filename="opening-{tender}.json"'}
    return Response(kept, media_type="application/json", headers=name)


@router.get("/evaluation")
def room(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """评标室: for the agency, and for the tenderer whose key is needed beside the agency's."""
    me, found = visitor.as_role("agency", "tenderer"), _tender(site, tender)
    _check_evaluates(me, found)
    bids = [
        (bid, [(part, evaluated_file(site, bid, part)) for part in parts_of(bid) if part.kind != STATEMENT])
        for bid in site.store.all(BIDS, tender)
    ]
    return page("evaluation.html", site, visitor, tender=found, bids=bids)


@router.get("/bids/{bid}/files/{part}")
def file(tender: int, bid: int, part: str, site: TheSite, visitor: TheVisitor) -> Response:
    """An opened file of a bid, for whoever evaluates."""
    me, found = visitor.as_role("agency", "tenderer"), _tender(site, tender)
    _check_evaluates(me, found)
    kept = site.store.one("SELECT * FROM bid WHERE id = ? AND tender = ?", bid, tender)
    told = next((one for one in parts_of(kept) if one.id == part), None) if kept else None
    path = evaluated_file(site, kept, told) if kept and told else None
    if told is None or path is None:
        raise Refusal("投标文件尚未解密", HTTPStatus.NOT_FOUND)
    return FileResponse(path, media_type="application/octet-stream", filename=told.file_name)


@router.get("/decrypt")
def decrypt(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """扫码解密: a bidder's own envelopes, or what the agency or the tenderer opens of every bid."""
    me, found = visitor.as_role("bidder", "agency", "tenderer"), _tender(site, tender)
    if found["state"] != "opening":
        raise Refusal("投标尚未截止，由招标单位宣布开标后方可解密", HTTPStatus.CONFLICT)
    require_open(found)
    envelopes = [one.asked for one in openable(site, me, found)]
    if not envelopes:
        raise Refusal("没有可由您解密的投标文件", HTTPStatus.CONFLICT)
    tool = _tool(site)
    title = "开标解密" if me["role"] == "bidder" else "评标解密"
    tender_told = window_of(found) or found["title"]
    started = site.client.decrypt(tender_told, found["number"], tool.public_key, envelopes, title=title)
    facts = {"项目": found["title"], "待解密": f"{len(envelopes)} 个文件"}
    again = f"/tenders/{tender}/decrypt"
    return show(site, visitor, started, title, again, subject=tender, facts=facts, opening=tool)


def _state(site: Site, tender: sqlite3.Row) -> dict[str, Any]:
    bids = [
        {
            "bidder": bid["bidder_name"],
            "items": [f"{label}：{value}" for label, value in json.loads(bid["statement"] or "{}").items()],
            "opened_at": json.loads(bid["opened"])["at"] if bid["opened"] else None,
            "receipt": bid["receipt"] is not None,
        }
        for bid in site.store.all(BIDS, tender["id"])
    ]
    times = {name: tender[name] and datetime.fromisoformat(tender[name]).timestamp() for name in _TIMES}
    return {"now": time.time(), "state": tender["state"], "bids": bids} | times


def open_bids(
    site: Site, me: sqlite3.Row, tender: int, tool: HallTool, answer: Verified
) -> list[tuple[str, str]]:
    """Have the hall's tool open what the phone gave the keys of; what became of each, for people."""
    vouched = {one["id"]: one["status"] for one in answer.statement["envelopes"]}
    asked = [one for one in openable(site, me, _tender(site, tender)) if one.asked.id in vouched]
    results, orders = [], {}
    for _, group in groupby(asked, lambda one: (one.bid["id"], one.part.id)):
        layers = list(group)
        order = _order(site, me, layers, answer)
        if order is None:
            status = next(vouched[one.asked.id] for one in layers if vouched[one.asked.id] != _OPENED)
            results.append((layers[0].asked.title, f"未解密：{_RESULTS.get(status, status)}（{status}）"))
        else:
            orders[order.name] = (order, layers[0])
    for result in tool.open(answer.started.id, [order for order, _ in orders.values()]):
        first = orders[result.name][1]
        results.append((result.name, _noted(site, me, first, result)))
    return results


def _tool(site: Site) -> HallTool:
    """A fresh one; those that ended without being told are forgotten."""
    for scan in [scan for scan, one in site.openings.items() if not one.is_waiting]:
        del site.openings[scan]
    return HallTool()


def _order(site: Site, me: sqlite3.Row, layers: list[Sealed], answer: Verified) -> Order | None:
    """None where a key of it did not come."""
    told = {str(one["id"]): one for one in answer.answer["envelopes"]}
    keys: Keys = {}
    for one in layers:
        sealed = told.get(one.asked.id, {}).get("sealed_key")
        if sealed is None:
            return None
        keys[one.layer] = SealedKey(one.asked.id, str(sealed))
    bid, part = layers[0].bid, layers[0].part
    room: Room = "hall" if bid["bidder"] == me["id"] else "evaluation"
    return order_for(site, bid, part, room, keys)


def _noted(site: Site, me: sqlite3.Row, one: Sealed, result: Result) -> str:
    """Write down what was opened; what is told of it."""
    if not result.opened:
        return result.told
    try:
        _note(site, me, one.bid, one.part.kind == STATEMENT)
    except EnvelopeError as error:
        return f"已解密，但内容无法读取（{error.code}）"
    return result.told


def _note(site: Site, me: sqlite3.Row, bid: sqlite3.Row, is_statement: bool) -> None:
    note = as_json({"at": time.strftime("%Y-%m-%d %H:%M:%S"), "by": me["name"]})
    if me["id"] != bid["bidder"]:
        site.store.change("UPDATE bid SET evaluated = ? WHERE id = ?", note, bid["id"])
    elif is_statement:
        told = as_json(read_statement(site, bid))
        site.store.change("UPDATE bid SET statement = ?, opened = ? WHERE id = ?", told, note, bid["id"])


def _check_evaluates(me: sqlite3.Row, tender: sqlite3.Row) -> None:
    if me["id"] != tender["agency"] and not (tender["joint"] and me["id"] == tender["owner"]):
        raise Refusal("本项目由其他代理机构组织评标", HTTPStatus.FORBIDDEN)


def _tender(site: Site, tender: int) -> sqlite3.Row:
    found = site.store.one("SELECT * FROM tender WHERE id = ?", tender)
    if found is None:
        raise Refusal("没有找到该项目", HTTPStatus.NOT_FOUND)
    return current(site.store, found)
