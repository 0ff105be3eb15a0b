"""Bids stay readable: envelopes to certificates that were renewed, expired, revoked, or have other PINs."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.api.locks import LockCa
from tests.api.people import PIN, Desk, Phone
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, founded
from tests.api.test_downloads import NEW_PIN, download, renewed
from tests.api.test_scans import encrypted, encryption_pem

HALL = X25519PrivateKey.generate()
TENDER = {"title": "道路工程", "number": "LY-1"}


@pytest.fixture(scope="module")
def centre(server: Server, desk: Desk) -> Centre:
    return Centre.opened(server, desk)


def pin_status(phone: Phone, serial: str) -> int:
    return int(phone.http.get(f"/v1/certificates/{serial}/pin").json()["tries_left"])


def opened(centre: Centre, holder: Holder, recipients: list[str], former: str, **said: Any) -> list[str]:
    """The results of envelopes, in their order."""
    key = base64.b64encode(HALL.public_key().public_bytes_raw()).decode()
    envelopes = [
        {"id": str(number), "title": "投标文件", "recipient": one} for number, one in enumerate(recipients)
    ]
    asked = centre.asked("decrypt", tender=TENDER, session_key=key, envelopes=envelopes)
    shown = holder.claimed(centre, asked)["recipients"]
    assert sum(one["envelopes"] for one in shown) == len(recipients)
    # The newest first: with two of them the former signing half has the PIN of the former encryption half.
    assert [one["signing"] for one in shown] == [holder.serial, former]
    return [one["status"] for one in holder.done(centre, asked, **said)["envelopes"]]


def test_a_retired_key_goes_on_opening_and_is_never_locked_by_another_pin(
    server: Server, desk: Desk, lock_ca: LockCa, centre: Centre, tmp_path: Path
) -> None:
    holder = founded(server, desk, lock_ca)
    holder.bound(centre)
    old, _ = encrypted(tmp_path, encryption_pem(holder), b"sealed before the renewal")
    items = holder.http.get("/v1/certificates").json()["items"]
    retired = next(one["serial"] for one in items if one["purpose"] == "encryption")
    former = holder.serial
    given = download(holder.phone, renewed(holder.phone, holder.serial, desk), NEW_PIN)
    holder.serial = str(given["serial"])
    new, _ = encrypted(tmp_path, encryption_pem(holder), b"sealed after it")

    opening = partial(opened, centre, holder, former=former)

    # One try of the new PIN on the old key, however many envelopes there are.
    assert opening([old, new, old], pin=NEW_PIN) == ["pin_wrong", "opened", "pin_wrong"]
    assert pin_status(holder.phone, retired) == 4
    assert opening([old, new], pin=NEW_PIN, pins={retired: PIN}) == ["opened", "opened"]
    assert pin_status(holder.phone, retired) == 5
    results = [opening([old, new], pin=NEW_PIN) for _ in range(5)]
    assert results == [["pin_wrong", "opened"]] * 3 + [["other_pin_needed", "opened"]] * 2
    assert pin_status(holder.phone, retired) == 2

    # Revoked because it was replaced, it still opens; revoked because others may have the key, it does not.
    revoke(desk, retired, "superseded")
    assert opening([old, new], pin=NEW_PIN, pins={retired: PIN}) == ["opened", "opened"]
    revoke(desk, str(given["encryption"]["serial"]), "key_compromise")
    results = opening([old, new], pin=NEW_PIN, pins={retired: PIN})
    assert results == ["opened", "certificate_invalid"]


def revoke(desk: Desk, serial: str, reason: str) -> None:
    path = f"/v1/operator/certificates/{serial}/revoke"
    done = desk.http.post(path, json={"reason": reason})
    assert done.status_code == 200, done.text
