"""Sealing documents: beside stock pyHanko, beside nothing but digest and signature, in files, over HTTP."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO

from pkcs11 import Mechanism

from bench.document_files import run as files
from bench.document_server import run as over_http
from bench.lasting import lasting
from bench.report import Line
from bench.setting import FOLDER, best, per_second
from bench.signing import private_key
from bench.stock_pyhanko import Stock, judged
from ca.documents.cms_making import SigningIdentity
from ca.documents.levels import Level
from ca.documents.placing import Place
from ca.documents.signing import seal_in, seal_pdf
from ca.documents.verification import Trust, verify_document
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind
from hsm import KeyKind, Token, TokenKeys
from hsm.mechanisms import DIGEST_INFO
from tests.ca.documents.lasting_world import World
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import ENTERPRISE, Issuer

ROUNDS = 3
_BOX = (243, 365, 356, 478)  # 40 mm in the middle of the page
_MIDDLE = Place(0, 105, 148)
_SIGNATURES = 10


def run(token: Token, seconds: float) -> Iterator[Line]:
    """Everything about sealed documents; one thread unless a row says otherwise."""
    root = Issuer("基准根")
    issuer = Issuer("基准签发", parent=root)
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, "3713250012345"))
    for kind in (KeyKind.P256, KeyKind.RSA_2048):
        label = f"bench-seal-{kind}"
        key = TokenKeys(token).generate(label, kind)
        identity = SigningIdentity(key, issuer.issue(ENTERPRISE, key), (issuer.certificate,))
        yield from _beside_others(token, label, identity, picture, seconds)
    yield from _levels(token, picture, seconds)
    yield _verified(root, issuer, picture, seconds)
    yield from files()
    yield from over_http(seconds)


def _beside_others(
    token: Token, label: str, identity: SigningIdentity, picture: SealPicture, seconds: float
) -> Iterator[Line]:
    page = plain_pdf()
    (FOLDER / "seal.pdf").write_bytes(picture.pdf)
    private = private_key(token, label)
    stock = Stock(private.session, label, identity, FOLDER / "seal.pdf")
    rsa = "rsa" in label
    mechanism, prefix = (Mechanism.RSA_PKCS, DIGEST_INFO["sha256"]) if rsa else (Mechanism.ECDSA, b"")
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: seal_pdf(page, identity, picture, _MIDDLE, reason="签章", at=datetime.now(UTC)),
        "stock": lambda: stock.seal(page, _BOX),
        "bare": lambda: private.sign(prefix + hashlib.sha256(page).digest(), mechanism=mechanism),
    }
    rates = _in_turns(seconds, **ways)
    busy = {name: max(_a_cpu_second(way, seconds) for _ in range(ROUNDS)) for name, way in ways.items()}
    kind = label.removeprefix("bench-")
    yield Line(f"{kind}, wall clock, beside stock pyHanko", rates["ours"], rates["stock"], 6.0)
    yield Line(f"{kind}, a CPU second, beside stock pyHanko", busy["ours"], busy["stock"], 6.0)
    yield Line(f"{kind}, a CPU second, beside digest and raw sign", busy["ours"], busy["bare"], None)


def _levels(token: Token, picture: SealPicture, seconds: float) -> Iterator[Line]:
    """What a time stamp, proofs and an archive stamp cost, all of our own authority on the same token."""
    page = plain_pdf()
    with lasting(token) as world:
        ways = {level: _sealing(world, page, picture, level) for level in Level}
        busy = {level: max(_a_cpu_second(way, seconds) for _ in range(ROUNDS)) for level, way in ways.items()}
    for level in (Level.B_T, Level.B_LT, Level.B_LTA):
        yield Line(f"seal-p-256, {level}, a CPU second, beside B-B", busy[level], busy[Level.B_B], None)


def _sealing(world: World, page: bytes, picture: SealPicture, level: Level) -> Callable[[], object]:
    return lambda: world.sealed(page, picture, level)


def _verified(root: Issuer, issuer: Issuer, picture: SealPicture, seconds: float) -> Line:
    """Documents a second; pyHanko's own validation of the same signatures is what it is compared with."""
    document = BytesIO(plain_pdf())
    for number in range(_SIGNATURES):
        place = Place(0, 30 + 15 * number, 30 + 22 * number)
        seal_in(document, issuer.identity(), picture, place, reason="签章", at=datetime.now(UTC))
    pdf, now = document.getvalue(), datetime.now(UTC)
    trust = Trust.of([root.certificate], [issuer.certificate])
    rates = _in_turns(
        seconds,
        ours=lambda: verify_document(pdf, trust, now),
        stock=lambda: judged(pdf, root.certificate, issuer.certificate, now),
    )
    return Line("verified, a document of 10 signatures, beside pyHanko", rates["ours"], rates["stock"], None)


def _in_turns(seconds: float, **ways: Callable[[], object]) -> dict[str, float]:
    """Calls a second, the best of some rounds of each; every round measures all of them."""
    for way in ways.values():
        way()
    rounds = [
        {name: per_second(_making(way), 1, seconds) for name, way in ways.items()} for _ in range(ROUNDS)
    ]
    return {name: best([one[name] for one in rounds]) for name in ways}


def _a_cpu_second(way: Callable[[], object], seconds: float) -> float:
    """Calls a second of this thread's processor time: neighbours on the machine do not count."""
    began, spent, count = time.perf_counter(), time.thread_time(), 0
    while time.perf_counter() - began < seconds:
        way()
        count += 1
    return count / (time.thread_time() - spent)


def _making(way: Callable[[], object]) -> Callable[[], Callable[[], object]]:
    return lambda: way
