"""扫码递交: right after the upload the bidder's phone tries the key of every envelope, and gets a receipt.

A bidder whose token cannot open the bid learns it here, days before the opening, and can still replace it.
"""

from __future__ import annotations

import base64
import sqlite3
from http import HTTPStatus
from typing import Any

from cryptography import x509
from fastapi import APIRouter

from examples.trading_centre.bids import as_json, layers_of, parts_of
from examples.trading_centre.site import Refusal, Site, TheSite, Visitor
from examples.trading_centre.store import BIDS
from examples.trading_centre.tool.access import TheTool
from examples.trading_centre.tool.scans import begun, not_held
from examples.trading_centre.tool.tenders import named
from examples.trading_centre.verifying import Verified
from examples.trading_centre.windows import require_bidding, window_of
from mobile_bridge.sdk import NotVerified, ToDeposit, verify_receipt

router = APIRouter(prefix="/tenders")


@router.post("/{number}/deposits", status_code=HTTPStatus.CREATED)
def deposit(number: str, site: TheSite, tool: TheTool) -> Any:
    """The scan for the bid that was handed in."""
    me, tender = tool.as_role("bidder"), named(site, number)
    require_bidding(tender)
    window = window_of(tender)
    if window is None:
        raise Refusal("本项目未公布开标时间，无需扫码递交", HTTPStatus.CONFLICT, "no_window")
    bid = next((one for one in site.store.all(BIDS, tender["id"]) if one["bidder"] == me["id"]), None)
    if bid is None:
        raise Refusal("请先上传投标文件", HTTPStatus.CONFLICT, "no_bid")
    started = site.client.deposit(window, _envelopes(bid, me), title="投标文件递交")
    return begun(site, tool, started, bid["id"])


def deposited(site: Site, tool: Visitor, row: sqlite3.Row, answer: Verified) -> dict[str, Any]:
    """Keep the receipt with the bid it is of: another may have taken its place meanwhile."""
    try:
        stamped = verify_receipt(answer.answer, answer.statement, site.trust)
    except NotVerified as refused:
        raise not_held(refused) from refused
    told = answer.statement["deposit"]
    receipt = {name: answer.answer[name] for name in ("deposit", "receipt", "statement")}
    receipt["started"] = answer.started.as_dict()
    bid = site.store.one("SELECT * FROM bid WHERE id = ?", row["subject"])
    digests = {layer.sha256 for part in parts_of(bid) for _, layer in layers_of(part)} if bid else set()
    all_open = all(one["status"] == "deposited" for one in told["envelopes"])
    if all_open and digests == {one["sha256"] for one in told["envelopes"]}:
        kept = {"at": stamped.stamped_at.isoformat(), **receipt}
        site.store.change("UPDATE bid SET receipt = ? WHERE id = ?", as_json(kept), row["subject"])
    return {"envelopes": told["envelopes"], "all_open": all_open, "receipt": receipt}


def _envelopes(bid: sqlite3.Row, me: sqlite3.Row) -> list[ToDeposit]:
    own = x509.load_pem_x509_certificate(me["encryption"].encode())
    found = []
    for part in parts_of(bid):
        for name, layer in layers_of(part):
            recipient = layer.recipient_for(own)
            if recipient is None:  # the certificate was renewed after the upload
                raise Refusal("加密证书已更换，请重新生成投标文件", HTTPStatus.CONFLICT, "recipient_missing")
            title = part.title + ("（内层）" if name == "inner" else "")
            check = base64.b64decode(layer.check)
            found.append(
                ToDeposit(f"{bid['id']}-{part.id}-{name}", title, layer.sha256, layer.size, recipient, check)
            )
    return found
