"""Seals: pictures drawn, and SESeals made by a key on the token beside a loop that does nothing but sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import typst
from cryptography.hazmat.primitives.serialization import Encoding

from bench.report import Line
from bench.setting import FOLDER, best, per_second
from bench.signing import raw_loop
from ca.seals.objects.making import make_seal
from ca.seals.objects.model import Picture, SealOrder, SealType
from ca.seals.objects.reading import read_seal
from ca.seals.objects.verification import seal_faults
from ca.seals.picture import PNG_PPI, SealDesign, draw_seal
from ca.seals.rules import SealKind
from hsm import KeyKind, Token, TokenKeys
from tests.ca.documents.pki import ENTERPRISE, Issuer

ROUNDS = 3
_CODE = "91371300MA3C0TEQ4M"
_NUMBERS = count(1)
_BLANK = "#set page(width: 40mm, height: 40mm, margin: 0pt, fill: none)\n#circle(radius: 19mm)"


def run(token: Token, seconds: float) -> Iterator[Line]:
    """One thread each."""
    yield from _pictures(seconds)
    for kind in (KeyKind.P256, KeyKind.RSA_2048):
        yield from _objects(token, kind, seconds)


def _pictures(seconds: float) -> Iterator[Line]:
    """Names that were never drawn, as PDF and PNG; the ceiling is Typst with a circle in place of a seal."""
    (FOLDER / "blank.typ").write_text(_BLANK)
    blank = typst.Compiler(FOLDER / "blank.typ")

    def bare() -> None:
        blank.compile(format="pdf")
        blank.compile(format="png", ppi=PNG_PPI)

    ways: dict[str, Callable[[], object]] = {
        kind: lambda kind=kind: draw_seal(SealDesign(kind, f"{ENTERPRISE}{next(_NUMBERS)}", _CODE))  # type: ignore[misc]
        for kind in (SealKind.ENTERPRISE, SealKind.INVOICE)
    }
    rates = _in_turns(seconds, ways | {"bare": bare})
    for kind in (SealKind.ENTERPRISE, SealKind.INVOICE):
        yield Line(f"seal pictures, {kind}, PDF and PNG", rates[kind], rates["bare"], None)


def _objects(token: Token, kind: KeyKind, seconds: float) -> Iterator[Line]:
    label = f"bench-maker-{kind}"
    key = TokenKeys(token).generate(label, kind)
    issuer = Issuer("基准签发", parent=Issuer("基准根"))
    maker, now = issuer.issue("印章制作", key), datetime.now(UTC)
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, _CODE))
    order = SealOrder(
        id="0" * 24,
        vendor="SealBridge",
        type=SealType.UNIT,
        name=f"{ENTERPRISE}公章",
        holders=(maker.public_bytes(Encoding.DER),),
        created=now,
        starts=now,
        ends=now + timedelta(days=365),
        picture=Picture("PNG", picture.png, 40, 40),
    )
    made = make_seal(order, key, maker)
    ways: dict[str, Callable[[], object]] = {
        "made": lambda: make_seal(order, key, maker),
        "verified": lambda: seal_faults(read_seal(made.der), now, lambda *_: True),
        "bare": raw_loop(token, label, kind)(),
    }
    rates = _in_turns(seconds, ways)
    yield Line(f"SESeal made, {kind}", rates["made"], rates["bare"], None)
    yield Line(f"SESeal read and verified, {kind}", rates["verified"], rates["bare"], None)


def _in_turns(seconds: float, ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The best of some rounds of each; every round measures all of them."""
    for way in ways.values():
        way()
    rounds = [
        {name: per_second(lambda way=way: way, 1, seconds) for name, way in ways.items()}  # type: ignore[misc]
        for _ in range(ROUNDS)
    ]
    return {name: best([one[name] for one in rounds]) for name in ways}
