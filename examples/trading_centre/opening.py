"""不见面开标 and 评标: bids are opened by a scan, each envelope with its own result."""

from __future__ import annotations

import json
import sqlite3
import time
from http import HTTPStatus
from itertools import groupby
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from examples.trading_centre.bids import (
    LayerName,
    Room,
    Sealed,
    as_json,
    evaluated_file,
    open_layers,
    openable,
    parts_of,
    read_statement,
)
from examples.trading_centre.manifest import STATEMENT
from examples.trading_centre.showing import show
from examples.trading_centre.site import Refusal, Site, TheSite, TheVisitor, page
from examples.trading_centre.store import BIDS
from examples.trading_centre.verifying import Verified
from examples.trading_centre.windows import current, window_of
from mobile_bridge.envelopes import EnvelopeError
from mobile_bridge.sdk import NotVerified, OpeningSession

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
    told = [
        (bid, json.loads(bid["statement"] or "null"), json.loads(bid["opened"] or "null")) for bid in bids
    ]
    return page("opening.html", site, visitor, tender=_tender(site, tender), bids=told)


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
    envelopes = [one.asked for one in openable(site, me, found)]
    if not envelopes:
        raise Refusal("没有可由您解密的投标文件", HTTPStatus.CONFLICT)
    session = OpeningSession.new()
    title = "开标解密" if me["role"] == "bidder" else "评标解密"
    tender_told = window_of(found) or found["title"]
    started = site.client.decrypt(tender_told, found["number"], session.public_key, envelopes, title=title)
    facts = {"项目": found["title"], "待解密": f"{len(envelopes)} 个文件"}
    again = f"/tenders/{tender}/decrypt"
    return show(site, visitor, started, title, again, subject=tender, facts=facts, opening=session)


def open_bids(
    site: Site, me: sqlite3.Row, tender: int, session: OpeningSession, answer: Verified
) -> list[tuple[str, str]]:
    """Open here what the phone's approval gave the keys of; what became of each, for people."""
    vouched = {one["id"]: one["status"] for one in answer.statement["envelopes"]}
    asked = [one for one in openable(site, me, _tender(site, tender)) if one.asked.id in vouched]
    results = []
    for _, layers in groupby(asked, lambda one: (one.bid["id"], one.part.id)):
        results.extend(_opened(site, me, list(layers), vouched, session, answer))
    return results


def _opened(
    site: Site,
    me: sqlite3.Row,
    layers: list[Sealed],
    vouched: dict[str, str],
    session: OpeningSession,
    answer: Verified,
) -> list[tuple[str, str]]:
    """The layers of one envelope."""
    told = {str(one["id"]): one for one in answer.answer["envelopes"]}
    title, bid, part = layers[0].asked.title, layers[0].bid, layers[0].part
    keys: dict[LayerName, bytes] = {}
    for one in layers:
        name, status = one.asked.id, vouched[one.asked.id]
        if status != "opened":
            return [(title, f"未解密：{_RESULTS.get(status, status)}（{status}）")]
        try:
            keys[one.layer] = session.open_sealed_key(answer.started.id, name, told[name]["sealed_key"])
        except (NotVerified, KeyError) as refused:
            reason = refused.message if isinstance(refused, NotVerified) else "应答不完整"
            return [(title, f"未解密：{reason}")]
    try:
        room: Room = "hall" if bid["bidder"] == me["id"] else "evaluation"
        result = open_layers(site, bid, part, keys, room)
        _note(site, me, bid, part.kind == STATEMENT)
    except EnvelopeError as error:
        return [(title, f"未解密：{error.message}（{error.code}）")]
    return [(title, result)]


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
