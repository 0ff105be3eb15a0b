"""投标文件上传: a manifest first, then each envelope in pieces, from wherever the last call ended.

An upload survives whatever happens to tool, line or centre: the size of a file on the disk is how much of it
has come. It becomes the bid at its end, and takes the place of an earlier one, when every digest is right.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from examples.trading_centre.bids import folder_of
from examples.trading_centre.manifest import BidEnvelope, Manifest, check_for
from examples.trading_centre.site import Refusal, Site, TheSite, site_of
from examples.trading_centre.tool.access import TheBidder
from examples.trading_centre.tool.scans import body
from examples.trading_centre.tool.tenders import bid_told, named
from examples.trading_centre.windows import now, require_bidding
from mobile_bridge.envelopes import EnvelopeError, check_envelope

router = APIRouter()
PIECE: Final = 8 * 1024 * 1024
"""Most bytes of one call."""

_COPY: Final = 1 << 20


@router.post("/tenders/{number}/uploads", status_code=HTTPStatus.CREATED)
def begin(number: str, manifest: Manifest, site: TheSite, me: TheBidder) -> Any:
    """An upload for this bid: the one that was begun before, if it was."""
    tender = named(site, number)
    require_bidding(tender)
    check_for(manifest, tender, me)
    told = manifest.model_dump(mode="json", exclude_none=True, by_alias=True)
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    query = "SELECT * FROM upload WHERE tender = ? AND bidder = ? AND manifest = ? ORDER BY made_at DESC"
    found = site.store.one(query, tender["id"], me["id"], text)
    if found is None:
        upload = secrets.token_hex(16)
        query = "INSERT INTO upload (id, tender, bidder, manifest, made_at) VALUES (?, ?, ?, ?, ?)"
        site.store.add(query, upload, tender["id"], me["id"], text, now().isoformat())
        found = _upload_of(site, upload, me)
    folder_of(site, found["id"]).mkdir(parents=True, exist_ok=True)
    return _standing(site, found)


@router.put("/uploads/{upload}/{envelope}")
async def piece(upload: str, envelope: str, offset: int, request: Request, me: TheBidder) -> Any:
    """The bytes of one envelope from ``offset`` on, which is how many have come."""
    site = site_of(request)
    data = await body(request, PIECE)
    return await run_in_threadpool(_append, site, upload, envelope, offset, data, me)


@router.get("/uploads/{upload}")
def standing(upload: str, site: TheSite, me: TheBidder) -> Any:
    """How much has come."""
    return _standing(site, _upload_of(site, upload, me))


@router.post("/uploads/{upload}/finish")
def finish(upload: str, site: TheSite, me: TheBidder) -> Any:
    """递交: it is the bid from now on, if every envelope is what the manifest says."""
    found = _upload_of(site, upload, me)
    tender = site.store.one("SELECT number FROM tender WHERE id = ?", found["tender"])
    assert tender is not None  # noqa: S101 - the upload refers to it
    query = "SELECT * FROM bid WHERE upload = ?"
    done = site.store.one(query, upload)
    if done is None:
        require_bidding(named(site, tender["number"]))
        for one in _manifest(found).envelopes:
            _check(folder_of(site, upload) / one.id, one)
        require_bidding(named(site, tender["number"]))  # hashing takes its time
        _hand_in(site, found)
        done = site.store.one(query, upload)
    if done is None:
        raise Refusal("已有更新的投标文件", HTTPStatus.CONFLICT, "bid_replaced")
    return bid_told(done)


def _append(site: Site, upload: str, envelope: str, offset: int, data: bytes, me: sqlite3.Row) -> Any:
    found = _upload_of(site, upload, me)
    told = next((one for one in _manifest(found).envelopes if one.id == envelope), None)
    if told is None or site.store.one("SELECT 1 FROM bid WHERE upload = ?", upload):
        raise Refusal("没有找到该上传任务", HTTPStatus.NOT_FOUND, "upload_unknown")
    descriptor = os.open(folder_of(site, upload) / envelope, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        received = file.seek(0, os.SEEK_END)
        if offset != received or received + len(data) > told.size:
            raise Refusal("上传位置不符，请从已接收的位置继续", HTTPStatus.CONFLICT, "offset_wrong")
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return {"received": received + len(data)}


def _check(path: Path, told: BidEnvelope) -> None:
    """Raises Refusal; what is wrong is removed, so that it can be sent anew."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while data := file.read(_COPY):
                digest.update(data)
            whole = file.tell() == told.size
            if whole and digest.hexdigest() == told.sha256:
                file.seek(0)
                held = check_envelope(file)
                if sorted(held.recipients_base64()) == sorted(told.recipients):
                    return
    except FileNotFoundError:
        whole = False
    except EnvelopeError as error:
        path.unlink()
        raise Refusal(f"“{told.title}”不是完整的加密文件", HTTPStatus.CONFLICT, error.code) from error
    if not whole:
        raise Refusal(f"“{told.title}”尚未传完", HTTPStatus.CONFLICT, "upload_incomplete")
    path.unlink()
    raise Refusal(f"“{told.title}”与清单不符，请重新上传", HTTPStatus.CONFLICT, "digest_wrong")


def _hand_in(site: Site, upload: sqlite3.Row) -> None:
    """What was handed in before, and what was begun and never finished, makes room."""
    query = """INSERT INTO bid (tender, bidder, upload, manifest, handed_in_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (tender, bidder) DO UPDATE SET upload = excluded.upload, manifest = excluded.manifest,
        handed_in_at = excluded.handed_in_at, receipt = NULL"""
    whose = (upload["tender"], upload["bidder"])
    site.store.change(query, *whose, upload["id"], upload["manifest"], now().isoformat())
    others = "FROM upload WHERE tender = ? AND bidder = ? AND id <> ?"
    for one in site.store.all(f"SELECT id {others}", *whose, upload["id"]):
        shutil.rmtree(folder_of(site, one["id"]), ignore_errors=True)
        site.store.change("DELETE FROM upload WHERE id = ?", one["id"])


def _upload_of(site: Site, upload: str, me: sqlite3.Row) -> sqlite3.Row:
    found = site.store.one("SELECT * FROM upload WHERE id = ? AND bidder = ?", upload, me["id"])
    if found is None:
        raise Refusal("没有找到该上传任务", HTTPStatus.NOT_FOUND, "upload_unknown")
    return found


def _standing(site: Site, upload: sqlite3.Row) -> dict[str, Any]:
    folder = folder_of(site, upload["id"])
    parts = [
        {"id": one.id, "bytes": one.size, "received": _received(folder / one.id)}
        for one in _manifest(upload).envelopes
    ]
    return {"id": upload["id"], "piece_bytes": PIECE, "envelopes": parts}


def _received(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _manifest(upload: sqlite3.Row) -> Manifest:
    return Manifest.model_validate_json(upload["manifest"])
