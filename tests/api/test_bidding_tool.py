"""``sealbridge-bid`` from the company's record to the receipt: real service and centre, a phone, kill -9."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from mobile_bridge.bidding.centre import Centre
from mobile_bridge.bidding.errors import CentreRefused, SignedOut
from mobile_bridge.bidding.project import Project
from mobile_bridge.sdk import Trust, verify_evidence
from tests.api.bidders import Member, Tool, ran
from tests.api.locks import LockCa
from tests.api.people import Desk
from tests.api.running import Server
from tests.api.scanning import founded
from tests.api.trading import TradingCentre, approve, scan, trading_centre
from tests.journeys.papers import bid_letter

MEGABYTE = 1 << 20
LAYER = ("sha256", "bytes", "recipients", "check")


@pytest.fixture(scope="module")
def centre(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingCentre]:
    with trading_centre(server, tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture(scope="module")
def parties(
    server: Server, desk: Desk, lock_ca: LockCa, centre: TradingCentre
) -> Iterator[dict[str, Member]]:
    roles = ("bidder", "tenderer", "agency")
    found = {role: Member(founded(server, desk, lock_ca), centre, role).joined() for role in roles}
    yield found
    for one in found.values():
        one.http.close()


def window(hours: float = 1) -> dict[str, str]:
    opens = datetime.now(UTC) + timedelta(hours=hours)
    return {"opens_at": opens.isoformat(), "closes_at": (opens + timedelta(hours=1)).isoformat()}


@pytest.fixture(scope="module")
def tender(parties: dict[str, Member], centre: TradingCentre) -> str:
    """The number of a tender that opens in an hour."""
    number = f"LY-{secrets.token_hex(4)}"
    agency = agency_number(centre)
    parties["tenderer"].tender(number, agency=agency, **window())
    return number


def agency_number(centre: TradingCentre) -> str:
    with closing(sqlite3.connect(centre.folder / "centre" / "centre.db", timeout=20)) as database:
        return str(database.execute("SELECT id FROM enterprise WHERE role = 'agency'").fetchone()[0])


def begun(folder: Path, centre: TradingCentre, tender: str) -> Path:
    ran(folder, "new", "bid", "--centre", centre.url, "--tender", tender).said()
    return folder / "bid"


@pytest.fixture(scope="module")
def signed_in(
    parties: dict[str, Member], centre: TradingCentre, tender: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project whose person was certified and whose record was fetched."""
    project = begun(tmp_path_factory.mktemp("tool"), centre, tender)
    holder = parties["bidder"].holder
    tool = Tool(project, "certify")
    assert "投标文件制作工具" in str(tool.approved_by(holder))
    assert "认证成功" in tool.done()
    tool = Tool(project, "record")
    tool.approved_by(holder)
    assert "诚信库已同步" in tool.done()
    return project


def test_a_bid_from_the_record_to_the_receipt(
    signed_in: Path, parties: dict[str, Member], tender: str
) -> None:
    holder = parties["bidder"].holder
    (signed_in / "技术标.pdf").write_bytes(bid_letter())
    (signed_in / "图纸.zip").write_bytes(secrets.token_bytes(3 * MEGABYTE))
    ran(signed_in, "add", "技术标.pdf", "--seal").said()
    ran(signed_in, "add", "图纸.zip", "--as", "commercial").said()
    ran(signed_in, "say", "投标报价=3,000,000元", "工期＝120天").said()
    assert ran(signed_in, "make").code == "seal_missing"
    tool = Tool(signed_in, "seal")
    shown = tool.approved_by(holder)
    assert [one["title"] for one in shown["documents"]] == ["技术文件 1"]
    tool.done()
    assert "已生成 3 个加密文件" in ran(signed_in, "make").said()
    assert "检查通过" in ran(signed_in, "check").said()
    assert ran(signed_in, "receipt").code == "not_handed_in"
    ran(signed_in, "upload").said()
    tool = Tool(signed_in, "receipt")
    shown = tool.approved_by(holder)
    assert shown["count"] == 3
    assert "试解密通过" in tool.done()
    told = json.loads((signed_in / "receipt.json").read_text())
    manifest = json.loads((signed_in / "envelopes" / "manifest.json").read_text())
    digests = {one["sha256"] for one in manifest["envelopes"]}
    assert {one["sha256"] for one in told["deposit"]["envelopes"]} == digests
    assert told["receipt"]
    assert "·" not in ran(signed_in, "status").said()
    assert "已扫码递交并取得回执" in parties["bidder"].http.get(f"/tenders/{_id(parties, tender)}").text


def _id(parties: dict[str, Member], tender: str) -> str:
    home = parties["bidder"].http.get("/").text
    found = re.search(rf'{tender}</td><td><a href="/tenders/(\d+)"', home)
    assert found, home
    return found[1]


def test_a_joint_bid_is_opened_by_agency_and_tenderer_together_alone(
    signed_in: Path, parties: dict[str, Member], centre: TradingCentre, tmp_path: Path
) -> None:
    number = f"LY-{secrets.token_hex(4)}"
    page = parties["tenderer"].tender(number, agency=agency_number(centre), joint="true")
    project = another_project(signed_in, tmp_path, centre, number)
    (tmp_path / "bid.zip").write_bytes(b"a bid" * MEGABYTE)
    ran(project, "add", tmp_path / "bid.zip").said()
    ran(project, "say", "投标报价=1元").said()
    ran(project, "make").said()
    ran(project, "check").said()
    ran(project, "upload").said()
    assert ran(project, "receipt").code == "no_window"  # without a time of opening there is nothing to prove
    parties["tenderer"].post(f"{page}/open")
    assert ran(project, "make").code == "bidding_closed"
    assert "没有可由您解密" in parties["tenderer"].http.get(f"{page}/decrypt").text
    assert "解密完成" in parties["bidder"].by_scan(f"{page}/decrypt")
    assert "投标报价：1元" in parties["bidder"].http.get(f"{page}/opening").text
    # The bidder alone opened it in the hall; that opens nothing to those who evaluate.
    assert "没有可由您解密" in parties["tenderer"].http.get(f"{page}/decrypt").text
    assert "待招标人解密内层" in parties["agency"].by_scan(f"{page}/decrypt")
    assert "/files/" not in parties["agency"].http.get(f"{page}/evaluation").text
    assert f"已解密，{5 * MEGABYTE} 字节" in parties["tenderer"].by_scan(f"{page}/decrypt")
    found = re.search(
        r'href="(/tenders/[^"]+/files/[^"]+)"', parties["agency"].http.get(f"{page}/evaluation").text
    )
    assert found
    assert parties["agency"].http.get(found[1]).content == b"a bid" * MEGABYTE
    assert parties["bidder"].http.get(found[1]).status_code == 403


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def another_project(signed_in: Path, folder: Path, centre: TradingCentre, tender: str) -> Path:
    """A project whose person and record are those of another."""
    ran(folder, "new", "bid", "--centre", centre.url, "--tender", tender).said()
    shutil.copy(signed_in / "session.json", folder / "bid")
    shutil.copy(signed_in / "root.pem", folder / "bid")
    project = Project.open(folder / "bid")
    project.change(record=Project.open(signed_in).state.record)
    return folder / "bid"


def test_a_tool_that_is_killed_goes_on_where_it_was(
    signed_in: Path, parties: dict[str, Member], centre: TradingCentre, tender: str, tmp_path: Path
) -> None:
    holder, project = parties["bidder"].holder, begun(tmp_path, centre, tender)
    tool = Tool(project, "certify")
    tool.code()
    tool.killed()
    tool = Tool(project, "certify")  # the code of the scan before is shown again
    tool.approved_by(holder)
    tool.done()
    # Killed before the phone scans; approved while nobody waits; taken up by the next start without a code.
    tool = Tool(project, "record")
    shown = tool.code()
    tool.killed()
    approve(holder, scan(holder, shown))
    tool = Tool(project, "record")
    assert "█" not in tool.done()
    # Killed between the approval of the seal and its arrival.
    (tmp_path / "letter.pdf").write_bytes(bid_letter())
    ran(project, "add", tmp_path / "letter.pdf", "--seal").said()
    tool = Tool(project, "seal")
    shown = tool.code()
    tool.killed()
    approve(holder, scan(holder, shown))
    assert "已签章" in Tool(project, "seal").done()
    # Killed while it encrypts: nothing is left that could be taken for a bid.
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(200 * MEGABYTE)
    ran(project, "add", tmp_path / "large.bin", "--as", "other").said()
    ran(project, "say", "投标报价=2元").said()
    tool = Tool(project, "make")
    tool.says("技术文件 1 100%")
    tool.killed()
    assert ran(project, "check").code == "bid_missing"
    assert not (project / "envelopes" / "other-1.p7m").exists()
    ran(project, "make").said()
    assert not (project / "work").exists()
    # Killed while it uploads: what has come is not sent again.
    tool = Tool(project, "upload")
    tool.says("上传 其他文件 1 10%")
    tool.killed()
    assert ran(project, "receipt").code == "not_handed_in"
    tool = Tool(project, "upload")
    assert "已递交到交易平台" in tool.done()
    begins = next(one for one in tool.lines if one.startswith("上传 其他文件 1"))
    assert begins != "上传 其他文件 1 0%"
    tool = Tool(project, "receipt")
    shown = tool.code()
    tool.killed()
    approve(holder, scan(holder, shown))
    assert "试解密通过" in Tool(project, "receipt").done()


def test_what_is_wrong_is_said_by_its_code(
    signed_in: Path, parties: dict[str, Member], centre: TradingCentre, tender: str, tmp_path: Path
) -> None:
    assert ran(tmp_path, "status").code == "no_project"
    for address in ("http://trade.example.cn", "trade.example.cn", "https://u@trade.example.cn", "ftp://x"):
        assert (
            ran(tmp_path, "new", "x", "--centre", address, "--tender", "1").code == "centre_address_invalid"
        )
    nobody = ran(tmp_path, "new", "x", "--centre", "http://127.0.0.1:9", "--tender", "1")
    assert nobody.code == "centre_unreachable"
    assert ran(tmp_path, "new", "x", "--centre", centre.url, "--tender", "none").code == "tender_unknown"
    project = begun(tmp_path, centre, tender)
    assert ran(tmp_path, "new", "bid", "--centre", centre.url, "--tender", tender).code == "project_exists"
    assert ran(project, "upload").code == "bid_missing"
    assert ran(project, "make").code == "statement_missing"
    for lines in (["工期"], ["=1"], ["a=1", "a=2"], ["a=" + "x" * 201], ["a=\x1b[31m"]):
        assert ran(project, "say", *lines).code == "statement_invalid"
    ran(project, "say", "投标报价=2元").said()
    assert ran(project, "make").code == "files_missing"
    (project / "empty").touch()
    (project / "a.bin").write_bytes(b"not a pdf")
    for arguments in (["empty"], ["missing"], ["a.bin", "--seal"], ["a.bin", "--as", "x"], ["."]):
        assert ran(project, "add", *arguments).code == "file_unfit"
    ran(project, "add", "a.bin").said()
    assert ran(project, "make").code == "record_missing"
    assert ran(project, "seal").code == "nothing_to_seal"
    with Project.open(project).lock():
        assert ran(project, "make").code == "project_busy"
    project = another_project(signed_in, made(tmp_path / "other"), centre, tender)
    ran(project, "say", "投标报价=2元").said()
    (project / "a.bin").write_bytes(secrets.token_bytes(MEGABYTE))
    ran(project, "add", "a.bin").said()
    ran(project, "make").said()
    ran(project, "check").said()
    envelope = project / "envelopes" / "technical-1.p7m"
    whole = envelope.read_bytes()
    for wrong in (whole[:-1], whole[:5000] + bytes((whole[5000] ^ 1,)) + whole[5001:], b""):
        envelope.write_bytes(wrong)
        assert ran(project, "upload").code == "bid_damaged"
    envelope.write_bytes(whole)
    ran(project, "check").said()
    (project / "envelopes" / "statement.p7m").write_bytes(whole)  # swapped
    assert ran(project, "check").code == "bid_damaged"
    ran(project, "make").said()
    ran(project, "say", "投标报价=1元").said()
    assert ran(project, "upload").code == "bid_outdated"
    project_state = Project.open(project)
    project_state.write("session.json", {"token": "nobody's"})
    ran(project, "make").said()
    assert ran(project, "upload").code == "signed_out"
    signing = Project.open(signed_in).state.record
    assert signing
    project_state.change(record=signing | {"encryption": signing["signing"]})
    assert ran(project, "make").code == "recipient_unfit"


def test_the_centre_takes_no_bid_that_is_not_what_it_says(
    signed_in: Path, parties: dict[str, Member], centre: TradingCentre, tender: str, tmp_path: Path
) -> None:
    project = another_project(signed_in, tmp_path, centre, tender)
    ran(project, "say", "投标报价=2元").said()
    (tmp_path / "a.bin").write_bytes(secrets.token_bytes(MEGABYTE))
    ran(project, "add", tmp_path / "a.bin").said()
    ran(project, "make").said()
    told = Project.open(project)
    manifest = told.read("envelopes/manifest.json")
    with Centre(centre.url, told.token) as site:

        def refusal(work: Callable[[], object]) -> str:
            with pytest.raises(CentreRefused) as caught:
                work()
            return caught.value.centre_code

        def begin(**changes: object) -> dict[str, Any]:
            return site.post("tenders", tender, "uploads", told=manifest | changes)

        envelopes = manifest["envelopes"]
        assert refusal(lambda: begin(tender="another")) == "bid_of_another"
        assert refusal(lambda: begin(bidder="91371300MA3C000000")) == "bid_of_another"
        assert refusal(lambda: begin(envelopes=envelopes[1:])) == "malformed"
        assert refusal(lambda: begin(envelopes=[*envelopes, envelopes[1]])) == "malformed"
        swapped = [envelopes[0], envelopes[1] | {"inner": {n: envelopes[0][n] for n in LAYER}}]
        assert refusal(lambda: begin(envelopes=swapped)) == "layers_wrong"
        others = [envelopes[0], envelopes[1] | {"recipients": ["MAA="]}]
        assert refusal(lambda: begin(envelopes=others)) == "recipient_missing"
        upload = begin()["id"]
        assert begin()["id"] == upload
        assert refusal(lambda: site.post("uploads", upload, "finish")) == "upload_incomplete"
        statement = told.envelope("statement").read_bytes()
        assert refusal(lambda: site.send_piece(upload, "statement", 1, b"x")) == "offset_wrong"
        assert refusal(lambda: site.send_piece(upload, "statement", 0, statement + b"x")) == "offset_wrong"
        assert refusal(lambda: site.send_piece(upload, "other-9", 0, b"x")) == "upload_unknown"
        assert refusal(lambda: site.send_piece("0" * 32, "statement", 0, b"x")) == "upload_unknown"
        site.send_piece(upload, "statement", 0, statement)
        site.send_piece(upload, "technical-1", 0, bytes(envelopes[1]["bytes"]))
        assert refusal(lambda: site.post("uploads", upload, "finish")) == "digest_wrong"
        site.send_piece(upload, "technical-1", 0, told.envelope("technical-1").read_bytes())
        done = site.post("uploads", upload, "finish")
        assert site.post("uploads", upload, "finish") == done
        site.token = ""
        with pytest.raises(SignedOut):
            site.post("uploads", upload, "finish")


def test_a_deposited_bid_is_opened_in_its_window_by_bidder_and_by_both_others_together(
    parties: dict[str, Member], centre: TradingCentre, signed_in: Path, tmp_path: Path
) -> None:
    """From the tool to the evaluation room, by the clocks of service and centre."""
    bidder, tenderer, agency = (parties[role] for role in ("bidder", "tenderer", "agency"))
    opens, number = datetime.now(UTC) + timedelta(seconds=75), f"LY-{secrets.token_hex(4)}"
    times = {"opens_at": opens.isoformat(), "closes_at": (opens + timedelta(hours=1)).isoformat()}
    path = tenderer.tender(number, agency=agency_number(centre), joint="true", **times)

    project = begun(tmp_path, centre, number)
    for step in ("certify", "record"):
        tool = Tool(project, step)
        tool.approved_by(bidder.holder)
        tool.done()
    content = secrets.token_bytes(MEGABYTE)
    (project / "图纸.zip").write_bytes(content)
    ran(project, "add", "图纸.zip").said()
    ran(project, "say", "投标报价=2,900,000元").said()
    ran(project, "make").said()
    ran(project, "upload").said()
    tool = Tool(project, "receipt")
    assert tool.approved_by(bidder.holder)["count"] == 3  # the statement, and both layers of the file
    assert "试解密通过" in tool.done()

    assert bidder.http.get(f"{path}/decrypt").status_code == 409  # nobody opens it before its time
    time.sleep(max(0.0, (opens - datetime.now(UTC)).total_seconds()) + 1)
    told = bidder.by_scan(f"{path}/decrypt")
    assert f"已解密，{MEGABYTE} 字节" in told, told
    (shown,) = bidder.http.get(f"{path}/opening/state").json()["bids"]
    assert shown["items"] == ["投标报价：2,900,000元"]
    assert shown["opened_at"]
    assert bidder.http.get(f"{path}/evidence").status_code == 403

    # In the evaluation room neither opens it alone.
    assert tenderer.http.get(f"{path}/decrypt").status_code == 409
    assert "待招标人解密内层" in agency.by_scan(f"{path}/decrypt")
    assert f"已解密，{MEGABYTE} 字节" in tenderer.by_scan(f"{path}/decrypt")
    room = agency.http.get(f"{path}/evaluation").text
    found = re.search(r'href="([^"]+/files/[^"]+)"', room)
    assert found, room
    assert agency.http.get(found[1]).content == content
    trust = Trust((x509.load_der_x509_certificate(bidder.holder.http.get("/pki/root.cer").content),))
    log = verify_evidence(agency.http.get(f"{path}/evidence").json(), trust)
    assert log.opening["number"] == number
