"""A bid from its deposit to its opening: receipt, window, evidence, over HTTP."""

from __future__ import annotations

import base64
import copy
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mobile_bridge.envelopes import open_file
from mobile_bridge.sdk import NotVerified, OpeningSession, Trust, verify_evidence, verify_receipt
from tests.api.locks import LockCa
from tests.api.openings import Bid, Hall, Tender, deposited, sealed_bid, sealed_for_two, trust_of
from tests.api.people import Desk, Phone, code_of
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, claims_of, founded

STATEMENT = "sealbridge-statement+jwt"


@pytest.fixture(scope="module")
def centre(server: Server, desk: Desk) -> Centre:
    return Centre.opened(server, desk)


@pytest.fixture(scope="module")
def holder(server: Server, desk: Desk, lock_ca: LockCa, centre: Centre) -> Holder:
    made = founded(server, desk, lock_ca)
    made.bound(centre)
    return made


@pytest.fixture(scope="module")
def trust(server: Server) -> Trust:
    return trust_of(server)


@pytest.fixture
def bid(holder: Holder, tmp_path: Path) -> Bid:
    return sealed_bid(holder, tmp_path)


def evidence_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_deposit_proves_that_the_bid_opens_and_gives_no_key(
    server: Server, centre: Centre, holder: Holder, bid: Bid, trust: Trust, tmp_path: Path
) -> None:
    tender, other = Tender.soon(600), sealed_bid(holder, tmp_path, "bid-2")
    mistaken = other.to_deposit(check=bid.to_deposit()["check"])
    envelopes = [bid.to_deposit(), mistaken, bid.to_deposit(id="broken", recipient="MIIB")]
    asked = centre.asked("deposit", tender=tender.told, envelopes=envelopes)
    shown = holder.claimed(centre, asked)
    assert {"label": "项目编号", "value": tender.number} in shown["facts"]
    assert [one["sha256"] for one in shown["documents"][:2]] == [bid.sha256, other.sha256]
    answer = holder.done(centre, asked)
    results = {one["id"]: one["status"] for one in answer["envelopes"]}
    assert results == {"bid-1": "deposited", "bid-2": "check_wrong", "broken": "recipient_malformed"}
    told = json.dumps(answer)
    assert "sealed_key" not in told
    assert bid.content_key.hex() not in told

    receipt = verify_receipt(answer, None, trust)
    assert abs(receipt.stamped_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [one.is_deposited for one in receipt.envelopes] == [True, False, False]
    assert not receipt.is_complete
    statement, _ = claims_of(answer["statement"], STATEMENT, trust.roots[0])
    assert statement["deposit"] == answer["deposit"]
    forged = copy.deepcopy(answer)
    forged["deposit"]["envelopes"][1]["status"] = "deposited"
    with pytest.raises(NotVerified) as refusal:
        verify_receipt(forged, None, trust)
    assert refusal.value.code == "signature_invalid"

    listed = centre.call("GET", f"openings/{tender.number}").json()
    assert [(one["sha256"], one["opened_at"]) for one in listed["deposits"]] == [(bid.sha256, None)]
    # The same again, for whom the answer was lost; and nobody else's tender gets it.
    assert deposited(centre, holder, tender, bid)["envelopes"] == [{"id": "bid-1", "status": "deposited"}]
    stranger = Tender.soon(600)
    refused = centre.ask("deposit", tender=stranger.told, envelopes=[bid.to_deposit()])
    assert code_of(refused) == (409, "envelope_of_other_tender")
    assert refused.json()["envelope"] == "bid-1"


def test_an_opening_from_its_announcement_to_its_end(
    server: Server, centre: Centre, holder: Holder, bid: Bid, trust: Trust, tmp_path: Path
) -> None:
    tender, hall = Tender.soon(5, lasting=30), Hall(centre)
    deposited(centre, holder, tender, bid)

    def ask(told: dict[str, str], *bids: Bid) -> tuple[int, str]:
        return code_of(centre.ask("decrypt", **hall.body(told, *bids)))

    # Before it begins, and whatever else is asked for.
    assert ask(tender.told, bid) == (409, "opening_not_begun")
    assert ask(tender.moved(-3).told, bid) == (409, "opening_brought_forward")
    assert ask(tender.moved(closes=-1).told, bid) == (409, "opening_brought_forward")
    assert ask({"title": "道路工程", "number": tender.number}, bid) == (422, "opening_window_needed")
    open_now = Tender.soon(-60)
    assert ask(open_now.told, bid) == (409, "envelope_of_other_tender")
    assert ask(tender.told | {"closes_at": tender.told["opens_at"]}, bid) == (422, "opening_window_invalid")
    assert ask({"title": "道路工程", "number": "x", "opens_at": tender.told["opens_at"]}, bid)[0] == 422

    # A postponed begin counts from then on.
    later = tender.moved(1, 1)
    announced = centre.call("PUT", f"openings/{tender.number}", later.told | {"number": None})
    assert announced.status_code == 422, announced.text
    told = {name: value for name, value in later.told.items() if name != "number"}
    announced = centre.call("PUT", f"openings/{tender.number}", told)
    assert announced.status_code == 200, announced.text
    assert ask(tender.told, bid) == (409, "opening_brought_forward")

    later.begins()
    assert code_of(centre.ask("deposit", tender=later.told, envelopes=[bid.to_deposit()])) == (
        409,
        "deposit_too_late",
    )
    assert ask(later.moved(1).told, bid) == (409, "opening_begun")
    asked = hall.asked(later, bid)
    holder.claimed(centre, asked)
    assert code_of(holder.approve(asked, pin="Wr0ng-Pin")) == (403, "pin_wrong")
    answer = holder.done(centre, asked)
    (opened,) = answer["envelopes"]
    assert opened["status"] == "opened"
    key = OpeningSession(hall.key).open_sealed_key(asked["id"], "bid-1", opened["sealed_key"])
    open_file(bid.file, key, tmp_path / "opened.pdf")
    assert (tmp_path / "opened.pdf").read_bytes() == bid.plain
    kept = [*server.kept().values(), server.log.read_bytes()]
    for form in (key, key.hex().encode(), base64.b64encode(key)):
        assert not any(form in one for one in kept)
    # Again inside the window, as often as one likes.
    assert holder.done(centre, hall.asked(later, bid))["envelopes"][0]["status"] == "opened"
    listed = centre.call("GET", f"openings/{tender.number}").json()
    assert listed["deposits"][0]["opened_at"] is not None

    # What happened is in the log, and what anybody changes in it is seen.
    file = evidence_of(centre.call("GET", f"openings/{tender.number}/evidence"))
    evidence = verify_evidence(file, trust)
    happened = [one["what"] for one in evidence.events]
    assert happened[:2] == ["announced", "requested"]
    assert {"postponed", "request-refused", "code-shown", "claimed", "approval-ended", "completed"} < set(
        happened
    )
    assert [one["code"] for one in evidence.events if one["what"] == "approval-ended"] == ["pin_wrong"]
    done = [one for one in evidence.events if one["what"] == "completed"]
    assert [one["envelopes"][0]["status"] for one in done] == ["deposited", "opened", "opened"]
    assert len({one["envelopes"][0]["key"] for one in done}) == 1
    refused = [one["code"] for one in evidence.events if one["what"] == "request-refused"]
    assert refused[0] == "opening_not_begun"
    assert refused[-1] == "opening_begun"
    assert opened["sealed_key"] not in json.dumps(file)


def test_an_opening_that_is_over_opens_nothing(
    server: Server, centre: Centre, holder: Holder, bid: Bid, trust: Trust
) -> None:
    tender, hall = Tender.soon(4, lasting=3), Hall(centre)
    deposited(centre, holder, tender, bid)
    tender.begins()
    asked = hall.asked(tender, bid)
    holder.claimed(centre, asked)
    tender.moved(3).begins()  # the end
    assert code_of(holder.approve(asked)) == (410, "opening_over")
    state = centre.state(asked)
    assert (state["status"], state["failure"], state["answer"]) == ("failed", "opening_over", None)
    assert code_of(centre.ask("decrypt", **hall.body(tender.told, bid))) == (410, "opening_over")
    longer = tender.moved(closes=60).told
    assert code_of(centre.ask("decrypt", **hall.body(longer, bid))) == (410, "opening_over")
    file = evidence_of(centre.call("GET", f"openings/{tender.number}/evidence"))
    assert [one["code"] for one in verify_evidence(file, trust).events if one["what"] == "failed"] == [
        "opening_over"
    ]


def test_the_part_of_an_envelopes_other_recipient_opens_no_sooner(
    centre: Centre, holder: Holder, tmp_path: Path
) -> None:
    """An agency is a recipient as well: what was deposited is known by its content key too."""
    bidders, agencys = sealed_for_two(holder, tmp_path)
    deposited(centre, holder, Tender.soon(600), bidders)
    hall = Hall(centre)
    unheard_of = {"title": "道路工程", "number": Tender.soon(0).number}
    answer = holder.done(centre, centre.asked("decrypt", **hall.body(unheard_of, agencys)))
    assert answer["envelopes"] == [{"id": agencys.id, "status": "envelope_of_other_tender"}]
    # Nor under a tender of its own, deposited anew.
    own = Tender.soon(600)
    asked = centre.asked("deposit", tender=own.told, envelopes=[agencys.to_deposit()])
    holder.claimed(centre, asked)
    assert code_of(holder.approve(asked)) == (409, "envelope_of_other_tender")


@pytest.fixture(scope="module")
def two_bidders(
    server: Server,
    desk: Desk,
    lock_ca: LockCa,
    centre: Centre,
    holder: Holder,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Tender, Holder]:
    """An opening with the bids of two; the other bidder."""
    folder = tmp_path_factory.mktemp("bids")
    tender, other = Tender.soon(600), founded(server, desk, lock_ca)
    other.bound(centre)
    for one, name in ((holder, "bid-a"), (other, "bid-b")):
        deposited(centre, one, tender, sealed_bid(one, folder, name))
    return tender, other


def test_a_bidder_sees_its_own_part_of_the_whole(
    server: Server, centre: Centre, two_bidders: tuple[Tender, Holder], trust: Trust
) -> None:
    tender, other = two_bidders
    listed = other.http.get("/v1/openings").json()["items"]
    mine = next(one for one in listed if one["number"] == tender.number)
    assert [one["id"] for one in mine["deposits"]] == ["bid-b"]
    file = evidence_of(other.http.get(f"/v1/openings/{mine['id']}/evidence"))
    evidence = verify_evidence(file, trust)
    assert evidence.hidden > 0
    assert [one["envelopes"][0]["id"] for one in evidence.events if one["what"] == "completed"] == ["bid-b"]
    assert "bid-a" not in json.dumps(file)
    # The deposit of the first bidder announced the opening; what it deposited is in that call.
    bodies = [base64.b64decode(one["body"]) for one in file["calls"].values()]
    assert bodies
    assert not any(b"bid-a" in one for one in bodies)
    assert file["withheld"] == [evidence.events[0]["call"]]
    assert next(one["what"] for one in evidence.events) == "announced"
    stranger = Phone(server).sign_in()
    assert code_of(stranger.http.get(f"/v1/openings/{mine['id']}/evidence")) == (404, "opening_unknown")
    assert stranger.http.get("/v1/openings").json()["items"] == []


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def of(file: dict[str, Any]) -> dict[str, Any]:
        made = copy.deepcopy(file)
        change(made)
        return made

    return of


TAMPERED = {
    "an event changed": (lambda f: f["events"][3].update(at=f["events"][2]["at"]), "chain_broken"),
    "an event left out": (lambda f: f["events"].pop(4), "chain_broken"),
    "the last one left out": (lambda f: f["events"].pop(), "chain_broken"),
    "two events swapped": (lambda f: f["events"].insert(2, f["events"].pop(3)), "chain_broken"),
    "an event twice": (lambda f: f["events"].append(f["events"][-1]), "chain_broken"),
    "another window": (lambda f: f["events"][0].update(opens_at=f["opening"]["closes_at"]), "chain_broken"),
    "a call left out": (lambda f: f["calls"].pop(next(iter(f["calls"]))), "call_invalid"),
    "a call changed": (lambda f: next(iter(f["calls"].values())).update(method="PATCH"), "call_invalid"),
    "another key": (lambda f: f["keys"].update(dict.fromkeys(f["keys"], OTHER_KEY)), "call_invalid"),
    "another statement": (
        lambda f: f.update(statement=f["statement"][:-8] + "AAAAAAAA"),
        "signature_invalid",
    ),
    "no time stamp": (lambda f: f.update(time_stamp="AAAA"), "malformed"),
    "another format": (lambda f: f.update(format="x"), "malformed"),
    "no events": (lambda f: f.pop("events"), "malformed"),
}
OTHER_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


@pytest.mark.parametrize("what", TAMPERED)
def test_evidence_that_was_tampered_with_is_seen_through(
    centre: Centre, two_bidders: tuple[Tender, Holder], trust: Trust, what: str
) -> None:
    change, code = TAMPERED[what]
    file = evidence_of(centre.call("GET", f"openings/{two_bidders[0].number}/evidence"))
    with pytest.raises(NotVerified) as refusal:
        verify_evidence(changed(change)(file), trust)
    assert refusal.value.code == code


def test_the_command_verifies_and_prints(
    server: Server, desk: Desk, centre: Centre, two_bidders: tuple[Tender, Holder], tmp_path: Path
) -> None:
    number = two_bidders[0].number
    listed = desk.http.get("/v1/operator/openings", params={"limit": 100}).json()["items"]
    known = next(one for one in listed if one["number"] == number)
    file, root = tmp_path / "evidence.json", server.data / "pki" / "root.pem"
    file.write_bytes(desk.http.get(f"/v1/operator/openings/{known['id']}/evidence").content)
    done = server.command("evidence", "verify", file, "--root", root)
    assert (done.returncode, "核验通过" in done.stdout, number in done.stdout) == (0, True, True), done.stderr
    report = server.command("evidence", "report", file, tmp_path / "report.pdf")
    assert report.returncode == 0, report.stderr
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    for expected in ("开标过程证据", number, "手机扫码", "bid-a：", "PIN 码正确"):
        assert expected in text, text
    answered = centre.call("GET", f"openings/{number}/evidence.pdf")
    assert (answered.status_code, answered.content[:5]) == (200, b"%PDF-")
    file.write_text(file.read_text().replace("bid-a", "bid-x"))
    failed = server.command("evidence", "verify", file)
    assert (failed.returncode, "chain_broken" in failed.stderr) == (1, True), failed.stdout
