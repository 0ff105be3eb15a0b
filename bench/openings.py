"""开标: two hundred bidders open their bids at the same moment, at one server over HTTP.

Every answer is a whole one: Argon2id for the PINs of the signing and of the encryption half, a content
key from the token, sealed to the hall, the person's approval, the service's statement, and the log. Beside
it: what the token alone unwraps in a second.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1

from bench.report import Line
from bench.setting import FOLDER, best, per_second
from hsm import KeyKind, KeyUse, Token, TokenKeys
from tests.api.locks import LockCa
from tests.api.openings import Bid, Hall, Tender, encryption_certificate, sealed_bid
from tests.api.people import Desk
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, founded

BIDDERS = 200
GOAL_MS = 10_000.0  # what people wait for without thinking that it hangs
_SETTING_UP = 3  # at a time


def run(token: Token, seconds: float) -> Iterator[Line]:
    """Sets up an installation with as many enterprises, and has them all open at once."""
    folder = FOLDER / "openings"
    folder.mkdir()
    # An empty LD_PRELOAD changes nothing, and has the server begin in a process of its own, as it does.
    server = Server(folder / "var", extra={"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "LD_PRELOAD": ""})
    server.set_up()
    server.start()
    try:
        yield from _opened(server, folder, token, seconds)
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def _opened(server: Server, folder: Path, token: Token, seconds: float) -> Iterator[Line]:
    lock_ca, desk = LockCa(), Desk(server)
    lock_ca.publish(server.data / "lock-cas", "old")
    centre = Centre.opened(server, desk)

    def bidder(number: int) -> tuple[Holder, Bid]:
        holder = founded(server, desk, lock_ca)
        holder.bound(centre)
        return holder, sealed_bid(holder, folder, f"bid-{number}")

    with ThreadPoolExecutor(_SETTING_UP) as threads:
        bidders = list(threads.map(bidder, range(BIDDERS)))
    hall, tender = Hall(centre), Tender.soon(0.5, lasting=86_400)
    tender.begins()
    body = partial(hall.body, tender.told)
    asked = [(holder, centre.asked("decrypt", lifetime_seconds=600, **body(bid))) for holder, bid in bidders]
    for holder, scan in asked:
        holder.claimed(centre, scan)
    took, whole = _at_once([partial(_answer, holder, scan) for holder, scan in asked])
    states = [centre.state(scan)["answer"]["envelopes"][0]["status"] for _, scan in asked]
    assert states == ["opened"] * BIDDERS
    public = encryption_certificate(bidders[0][0]).public_key()
    for name, part, goal in (("median", 0.5, None), ("p99", 0.99, 1.0)):
        what = f"{BIDDERS} bidders open at once, {name} of an answer, ms"
        yield Line(what, took[int(part * len(took))], GOAL_MS, goal, less_is_better=True)
    unwrapping = _unwrapping(token, public)
    raw = best([per_second(unwrapping, 2, seconds) for _ in range(2)])
    yield Line("bids opened, beside the token's unwrapping alone", BIDDERS / whole, raw, None)


def _answer(holder: Holder, scan: dict[str, Any]) -> None:
    approved = holder.approve(scan)
    assert approved.status_code == 200, approved.text


def _at_once(acts: list[Callable[[], None]]) -> tuple[list[float], float]:
    """How long each took, in milliseconds and in order; how long all of them, in seconds."""
    took = [0.0] * len(acts)
    gate = threading.Barrier(len(acts) + 1)

    def act(number: int) -> None:
        gate.wait()
        began = time.perf_counter()
        acts[number]()
        took[number] = 1000 * (time.perf_counter() - began)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for one in threads:
        one.start()
    gate.wait()
    began = time.perf_counter()
    for one in threads:
        one.join()
    return sorted(took), time.perf_counter() - began


def _unwrapping(token: Token, public: object) -> Callable[[], Callable[[], object]]:
    """The same kind of key as the bidders', in the token, doing nothing else."""
    if isinstance(public, rsa.RSAPublicKey):
        key: Any = TokenKeys(token).generate("bench-unwrap", KeyKind.RSA_2048, KeyUse.DECRYPT)
        oaep = padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)
        sealed = key.public_key().encrypt(bytes(32), oaep)
        return lambda: lambda: key.decrypt(sealed, oaep)
    key = TokenKeys(token).generate("bench-unwrap", KeyKind.P256, KeyUse.DECRYPT)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    return lambda: lambda: key.exchange(ec.ECDH(), other)
