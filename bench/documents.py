"""Sealing documents: beside stock pyHanko, and beside nothing but digest and signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from bench.report import Line
from bench.setting import FOLDER, best, per_second
from bench.signing import private_key
from bench.stock_pyhanko import Stock
from ca.documents.cms_making import SigningIdentity
from ca.documents.placing import Place
from ca.documents.signing import seal_pdf
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind
from hsm import KeyKind, Token, TokenKeys
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import ENTERPRISE, Issuer

ROUNDS = 3
_BOX = (243, 365, 356, 478)  # 40 mm in the middle of the page
_MIDDLE = Place(0, 105, 148)


def run(token: Token, seconds: float) -> Iterator[Line]:
    """Each kind of key: ours and pyHanko's on the same token and document, in turns, in one thread."""
    root = Issuer("基准根")
    issuer = Issuer("基准签发", parent=root)
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, "3713250012345"))
    for kind in (KeyKind.P256, KeyKind.RSA_2048):
        label = f"bench-seal-{kind}"
        key = TokenKeys(token).generate(label, kind)
        identity = SigningIdentity(key, issuer.issue(ENTERPRISE, key), (issuer.certificate,))
        yield from _beside_stock(token, label, identity, picture, seconds)


def _beside_stock(
    token: Token, label: str, identity: SigningIdentity, picture: SealPicture, seconds: float
) -> Iterator[Line]:
    page = plain_pdf()
    (FOLDER / "seal.pdf").write_bytes(picture.pdf)
    private = private_key(token, label)
    stock = Stock(private.session, label, identity, FOLDER / "seal.pdf")
    rates = _in_turns(
        seconds,
        ours=lambda: seal_pdf(page, identity, picture, _MIDDLE, reason="签章", at=datetime.now(UTC)),
        stock=lambda: stock.seal(page, _BOX),
    )
    yield Line(
        f"{label.removeprefix('bench-')}, one page, beside pyHanko", rates["ours"], rates["stock"], 6.0
    )


def _in_turns(seconds: float, **ways: Callable[[], object]) -> dict[str, float]:
    """The best of some rounds of each; every round measures all of them."""
    for way in ways.values():
        way()
    rounds = [
        {name: per_second(lambda way=way: way, 1, seconds) for name, way in ways.items()}  # type: ignore[misc]
        for _ in range(ROUNDS)
    ]
    return {name: best([one[name] for one in rounds]) for name in ways}
