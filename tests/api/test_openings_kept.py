"""What must not keep a bid closed: a renewal, a suspension, a forgotten PIN, a token that is away."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from mobile_bridge.sdk import verify_evidence
from tests.api.locks import LockCa
from tests.api.openings import Hall, Tender, deposited, sealed_bid, trust_of
from tests.api.people import PIN, Desk, Phone, code_of
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, founded
from tests.api.test_downloads import NEW_PIN, asked, download, renewed
from tests.support import faulty_lock, softhsm
from tests.support.faulty_lock import FaultyLock

LASTING = 300.0


@dataclass(frozen=True)
class Opening:
    """An installation whose token can be taken away, and a bidder."""

    server: Server
    token: FaultyLock
    centre: Centre
    holder: Holder


@pytest.fixture(scope="module")
def second(hire: Callable[..., Desk]) -> Desk:
    return hire()


@pytest.fixture(scope="module")
def centre(server: Server, desk: Desk) -> Centre:
    return Centre.opened(server, desk)


@pytest.fixture
def holder(server: Server, desk: Desk, lock_ca: LockCa, centre: Centre) -> Holder:
    made = founded(server, desk, lock_ca)
    made.bound(centre)
    return made


def statuses(answer: dict[str, Any]) -> list[str]:
    return [one["status"] for one in answer["envelopes"]]


def listed(phone: Phone, serial: str) -> dict[str, Any]:
    return dict(phone.http.get(f"/v1/certificates/{serial}").json())


def tries_left(phone: Phone, serial: str) -> int:
    return int(phone.http.get(f"/v1/certificates/{serial}/pin").json()["tries_left"])


def test_a_renewal_warns_of_unopened_bids_and_the_old_key_opens_them(
    desk: Desk, centre: Centre, holder: Holder, tmp_path: Path
) -> None:
    bid, hall = sealed_bid(holder, tmp_path), Hall(centre)
    tender = Tender.soon(6, LASTING)
    deposited(centre, holder, tender, bid)
    old = centre.call("GET", f"openings/{tender.number}").json()["deposits"][0]["serial"]
    for serial in (old, holder.serial):
        told = listed(holder.phone, serial)["unopened_bids"]
        assert (told["count"], told["number"]) == (1, tender.number)

    given = download(holder.phone, renewed(holder.phone, holder.serial, desk), NEW_PIN)
    assert given["unopened_bids"]["number"] == tender.number
    assert listed(holder.phone, given["serial"])["unopened_bids"] is None
    messages = holder.http.get("/v1/messages").json()["items"]
    (warning,) = [one for one in messages if one["kind"] == "unopened-bids"]
    assert "1 份" in warning["text"]
    assert tender.number in warning["text"]

    holder.serial = str(given["serial"])
    tender.begins()
    assert statuses(holder.done(centre, hall.asked(tender, bid), pin=NEW_PIN)) == ["pin_wrong"]
    answer = holder.done(centre, hall.asked(tender, bid), pin=NEW_PIN, pins={old: PIN})
    assert statuses(answer) == ["opened"]
    assert listed(holder.phone, old)["unopened_bids"] is None


def test_a_suspended_certificate_opens_nothing_until_it_is_released(
    desk: Desk, centre: Centre, holder: Holder, tmp_path: Path
) -> None:
    bid, hall = sealed_bid(holder, tmp_path), Hall(centre)
    tender = Tender.soon(6, LASTING)
    deposited(centre, holder, tender, bid)
    tender.begins()
    request = hall.asked(tender, bid)
    holder.claimed(centre, request)
    path = f"/v1/operator/certificates/{holder.serial}"
    assert desk.http.post(f"{path}/suspend", json={}).status_code == 200
    assert code_of(holder.approve(request)) == (409, "certificate_invalid")
    assert centre.hint(request) == "certificate_invalid"
    assert desk.http.post(f"{path}/release", json={}).status_code == 200
    assert statuses(holder.done(centre, request)) == ["opened"]


def test_a_pin_that_is_locked_in_an_opening_is_reset_in_time(
    server: Server, desk: Desk, second: Desk, centre: Centre, holder: Holder, tmp_path: Path
) -> None:
    bid, hall = sealed_bid(holder, tmp_path), Hall(centre)
    tender = Tender.soon(6, LASTING)
    deposited(centre, holder, tender, bid)
    encryption = centre.call("GET", f"openings/{tender.number}").json()["deposits"][0]["serial"]
    tender.begins()
    request = hall.asked(tender, bid)
    holder.claimed(centre, request)
    said = [code_of(holder.approve(request, pin="Wr0ng-Pin")) for _ in range(5)]
    assert said == [(403, "pin_wrong")] * 4 + [(403, "pin_locked")]
    assert centre.hint(request) == "pin_locked"
    # The encryption half has its own tries: nobody has spent one of them.
    assert tries_left(holder.phone, encryption) == 5

    application = asked(holder.phone, "pin-reset", serial=holder.serial, grounds="开标中忘记 PIN 码")
    assert holder.phone.act(application, "submit").status_code == 200
    urgent = desk.http.get("/v1/operator/recoveries/urgent").json()
    (mine,) = [one for one in urgent if one["application"] == application]
    assert (mine["serial"], mine["bids"]["number"]) == (encryption, tender.number)
    assert 0 < mine["bids"]["seconds_left"] <= LASTING
    assert desk.judge(application, "approve").json()["status"] == "endorsed"
    assert second.judge(application, "approve").json()["status"] == "approved"
    given = download(holder.phone, application, NEW_PIN)
    assert (given["encryption"]["serial"], given["unopened_bids"]) == (encryption, None)

    holder.serial = str(given["serial"])
    assert statuses(holder.done(centre, hall.asked(tender, bid), pin=NEW_PIN)) == ["opened"]
    file = centre.call("GET", f"openings/{tender.number}/evidence").json()
    events = verify_evidence(file, trust_of(server)).events
    codes = [one.get("code") for one in events if one["what"] == "approval-ended"]
    assert codes == ["pin_wrong"] * 4 + ["pin_locked"]
    assert all(
        one["bids"]["number"] != tender.number
        for one in desk.http.get("/v1/operator/recoveries/urgent").json()
    )


def test_a_recovery_for_an_opening_comes_first(
    server: Server, desk: Desk, second: Desk, lock_ca: LockCa, centre: Centre, tmp_path: Path
) -> None:
    """The signing half's PIN is known; that of a former encryption key, to which the bid is, is not."""
    people = [founded(server, desk, lock_ca) for _ in range(3)]
    serials, tenders, bids = [], [], []
    for number, one in enumerate(people):
        one.bound(centre)
        bid = sealed_bid(one, tmp_path, f"bid-{number}")
        tender = Tender.soon(8, LASTING - 100 * number)
        deposited(centre, one, tender, bid)
        serials.append(centre.call("GET", f"openings/{tender.number}").json()["deposits"][0]["serial"])
        tenders.append(tender)
        bids.append(bid)
    recoveries = {}
    for serial in serials:
        body = {"serial": serial, "reason": "持有人忘记 PIN 码，已当面核验身份证件"}
        made = desk.http.post("/v1/operator/recoveries", json=body)
        assert made.status_code == 201, made.text
        recoveries[serial] = str(made.json()["id"])
    shown = desk.http.get("/v1/operator/recoveries").json()
    ours = [one["serial"] for one in shown if one["serial"] in serials]
    assert ours == [one["serial"] for one in shown][:3] == serials[::-1]
    assert shown[0]["bids"]["seconds_left"] < shown[1]["bids"]["seconds_left"]

    one, serial = people[0], serials[0]
    path = f"/v1/operator/recoveries/{recoveries[serial]}/approve"
    assert code_of(desk.http.post(path)) == (403, "second_operator_needed")
    assert second.http.post(path).json()["status"] == "approved"
    kinds = [message["kind"] for message in one.http.get("/v1/messages").json()["items"]]
    assert "recovery-approved" in kinds
    assert one.http.post(f"/v1/certificates/{serial}/recovery", json={"pin": NEW_PIN}).status_code == 200
    tenders[0].begins()
    answer = one.done(centre, Hall(centre).asked(tenders[0], bids[0]), pins={serial: NEW_PIN})
    assert statuses(answer) == ["opened"]


# A server of its own: its token is taken away, and it is killed.


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    if reason := faulty_lock.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("opening")
    token = faulty_lock.build(folder, softhsm.module())
    extra = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    extra |= {"SEALBRIDGE_PKCS11_MODULE": str(token.module), "SEALBRIDGE_FAULTS": str(token.faults)}
    extra |= {"SEALBRIDGE_FAULTY_LOCK": str(softhsm.module())}
    server = Server(folder / "var", extra=extra)
    server.set_up()
    server.start()
    lock_ca, desk = LockCa(), Desk(server)
    lock_ca.publish(server.data / "lock-cas", "old")
    centre = Centre.opened(server, desk)
    holder = founded(server, desk, lock_ca)
    holder.bound(centre)
    yield Opening(server, token, centre, holder)
    server.close()


def test_a_token_that_is_away_for_a_while_costs_no_try_and_no_bid(own: Opening, tmp_path: Path) -> None:
    server, centre, holder = own.server, own.centre, own.holder
    bid, hall = sealed_bid(holder, tmp_path), Hall(centre)
    tender = Tender.soon(5, LASTING)
    deposited(centre, holder, tender, bid)
    tender.begins()
    request = hall.asked(tender, bid)
    holder.claimed(centre, request)
    own.token.now("pulled")
    for _ in range(6):  # more than a PIN has tries
        refused = holder.approve(request)
        assert refused.status_code == 503, refused.text
        assert centre.hint(request) == "token_unavailable"
        time.sleep(0.3)
    own.token.now("")
    assert tries_left(holder.phone, holder.serial) == 5
    assert statuses(holder.done(centre, request)) == ["opened"]
    file = centre.call("GET", f"openings/{tender.number}/evidence").json()
    events = verify_evidence(file, trust_of(server)).events
    codes = [one.get("code") for one in events if one["what"] == "approval-ended"]
    assert codes == ["token_unavailable"] * 6


@pytest.mark.parametrize("moments", [0.05, 0.2])
def test_a_service_that_is_killed_in_an_opening_loses_nothing(
    own: Opening, tmp_path: Path, moments: float
) -> None:
    server, centre, holder = own.server, own.centre, own.holder
    bid, hall = sealed_bid(holder, tmp_path), Hall(centre)
    tender = Tender.soon(5, LASTING)
    deposited(centre, holder, tender, bid)
    tender.begins()
    request = hall.asked(tender, bid)
    holder.claimed(centre, request)

    def approve() -> None:
        with suppress(httpx.TransportError):
            holder.approve(request)

    approving = threading.Thread(target=approve)
    approving.start()
    time.sleep(moments)
    server.stop(signal.SIGKILL)
    approving.join()
    server.start()
    if centre.state(request)["status"] == "complete":
        answer = centre.state(request)["answer"]
    else:  # the turn that was lost runs out; the hall asks anew meanwhile
        answer = holder.done(centre, hall.asked(tender, bid))
    assert statuses(answer) == ["opened"]
    file = centre.call("GET", f"openings/{tender.number}/evidence").json()
    assert "completed" in [one["what"] for one in verify_evidence(file, trust_of(server)).events]
    assert not holder.http.get(f"/v1/certificates/{holder.serial}/pin").json()["locked"]
