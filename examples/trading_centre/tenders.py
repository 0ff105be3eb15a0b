"""招标项目: the tender file is uploaded, sealed, generated; then bids come in."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import Response

from examples.trading_centre.showing import show
from examples.trading_centre.site import HERE, Refusal, Site, TheSite, TheVisitor, go, page
from examples.trading_centre.store import BIDS
from examples.trading_centre.windows import CHINA, current, now, read_window
from mobile_bridge.sdk import AtKeyword, Place, Placement, Seam, ToSeal

router = APIRouter(prefix="/tenders")
_MAX_PDF: Final = 20 * 1024 * 1024
Text = Annotated[str, Form(min_length=1, max_length=60)]
Moment = Annotated[str, Form(max_length=40)]
Keyword = Annotated[str, Query(max_length=60)]


@router.get("/new")
def new_page(site: TheSite, visitor: TheVisitor) -> Response:
    """新建项目."""
    visitor.as_role("tenderer", "agency")
    agencies = site.store.all("SELECT * FROM enterprise WHERE role = 'agency' AND encryption IS NOT NULL")
    opens = now().astimezone(CHINA).replace(second=0, microsecond=0, tzinfo=None) + timedelta(hours=1)
    times: dict[str, Any] = {
        "opens_at": opens.isoformat(),
        "closes_at": (opens + timedelta(hours=2)).isoformat(),
    }
    return page("tender_new.html", site, visitor, agencies=agencies, **times)


@router.post("/new")
def new(
    site: TheSite,
    visitor: TheVisitor,
    title: Text,
    number: Text,
    file: Annotated[UploadFile | None, File()] = None,
    agency: Annotated[str, Form(pattern="^[0-9]{0,9}$")] = "",
    opens_at: Moment = "",
    closes_at: Moment = "",
    joint: Annotated[bool, Form()] = False,
) -> Response:
    """A project with its tender file, a PDF; without one the sample is taken."""
    me = visitor.as_role("tenderer", "agency")
    sent = b"" if file is None else file.file.read(_MAX_PDF + 1)
    pdf = sent or (HERE / "assets" / "sample.pdf").read_bytes()
    if len(pdf) > _MAX_PDF or not pdf.startswith(b"%PDF-"):
        raise Refusal("请上传不超过 20 MB 的 PDF 文件")
    by = me["id"] if me["role"] == "agency" else (int(agency) if agency else None)
    if joint and (by is None or by == me["id"]):
        raise Refusal("联合解密需要招标人委托招标代理")
    window = read_window(opens_at, closes_at)
    query = """INSERT INTO tender (owner, agency, number, title, state, pdf, opens_at, closes_at, joint)
        VALUES (?, ?, ?, ?, 'draft', ?, ?, ?, ?)"""
    try:
        made = site.store.add(query, me["id"], by, number.strip(), title.strip(), pdf, *window, joint)
    except sqlite3.IntegrityError:
        raise Refusal("项目编号已存在") from None
    return go(f"/tenders/{made}")


@router.get("/{tender}")
def one(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """A project and what can be done with it now."""
    found = tender_of(site, tender)
    bids = site.store.all(BIDS, tender)
    me = visitor.enterprise
    mine = next((bid for bid in bids if me is not None and bid["bidder"] == me["id"]), None)
    owned = me is not None and found["owner"] == me["id"]
    return page("tender.html", site, visitor, tender=found, bids=bids, mine=mine, owned=owned)


@router.get("/{tender}/file")
def file(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """招标文件: for its owner at once, for everybody once it is published."""
    found = tender_of(site, tender)
    owned = visitor.enterprise is not None and visitor.enterprise["id"] == found["owner"]
    if found["state"] not in ("published", "opening") and not owned:
        raise Refusal("招标文件尚未发布", HTTPStatus.FORBIDDEN)
    name = {"Content-Disposition": f'attachment; filename="tender-{tender}.pdf"'}
    return Response(found["sealed"] or found["pdf"], media_type="application/pdf", headers=name)


@router.get("/{tender}/seal")
def seal(
    tender: int,
    site: TheSite,
    visitor: TheVisitor,
    page_number: int = 1,
    x_mm: float = 150,
    y_mm: float = 230,
    keyword: Keyword = "",
    seam: bool = False,
) -> Response:
    """扫码签章: at a place that the person chose, or at words of the document; across its edges as well."""
    found = _owned(site, visitor.as_role("tenderer", "agency"), tender, "draft")
    sent = site.client.upload(found["pdf"])
    words = keyword.strip()
    places: list[Placement] = [AtKeyword(words) if words else Place(page_number - 1, x_mm, y_mm)]
    where = f"关键字“{words}”" if words else f"第 {page_number} 页，左起 {x_mm:g} 毫米，上起 {y_mm:g} 毫米"
    if seam:
        places.append(Seam())
        where += "，并加盖骑缝章"
    started = site.client.sign(
        "签署招标文件", [ToSeal(sent.sha256, "招标文件", tuple(places))], title=found["title"]
    )
    asked = {"page_number": page_number, "x_mm": f"{x_mm:g}", "y_mm": f"{y_mm:g}"}
    asked |= {"keyword": words, "seam": str(seam).lower()}
    again = f"/tenders/{tender}/seal?{urlencode(asked)}"
    facts = {"文件": "招标文件", "签章位置": where}
    return show(site, visitor, started, "招标文件签章", again, subject=tender, facts=facts)


@router.get("/{tender}/generate")
def generate(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """扫码生成招标文件: the file itself does not leave the centre."""
    found = _owned(site, visitor.as_role("tenderer", "agency"), tender, "sealed")
    facts = {"项目编号": found["number"], "签章单位": found["sealed_by"]}
    digest = hashlib.sha256(found["sealed"]).hexdigest()
    started = site.client.generate(
        f"{found['title']}招标文件", digest, len(found["sealed"]), facts, title=found["title"]
    )
    shown = facts | {"文件摘要": f"{digest[:16]}…"}
    return show(
        site, visitor, started, "生成招标文件", f"/tenders/{tender}/generate", subject=tender, facts=shown
    )


@router.post("/{tender}/open")
def open_hall(tender: int, site: TheSite, visitor: TheVisitor) -> Response:
    """投标截止，开标: no more bids from now on, and not one was opened before."""
    found = _owned(site, visitor.as_role("tenderer", "agency"), tender, "published")
    if found["opens_at"] is not None:
        raise Refusal("已公布开标时间，到时自动开标", HTTPStatus.CONFLICT)
    site.store.change("UPDATE tender SET state = 'opening' WHERE id = ? AND state = 'published'", tender)
    return go(f"/tenders/{tender}/opening")


def tender_of(site: Site, tender: int) -> sqlite3.Row:
    """Raises Refusal."""
    found = site.store.one("SELECT * FROM tender WHERE id = ?", tender)
    if found is None:
        raise Refusal("没有找到该项目", HTTPStatus.NOT_FOUND)
    return current(site.store, found)


def _owned(site: Site, me: sqlite3.Row, tender: int, state: str) -> sqlite3.Row:
    found = tender_of(site, tender)
    if found["owner"] != me["id"] or found["state"] != state:
        raise Refusal("该项目当前不能进行此操作", HTTPStatus.CONFLICT)
    return found
