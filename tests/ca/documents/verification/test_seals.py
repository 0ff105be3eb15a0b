"""Seals in signatures: whose they are, who made them, and what speaks against them (GB/T 38540, 7.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from ca.documents.verification.model import Problem, SignatureReport, Verdict
from ca.seals.objects.making import make_seal
from ca.seals.objects.model import Picture, SealOrder
from ca.seals.objects.verification import Fault
from hsm import PrivateKey
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import ENTERPRISE, KEYS, NOW, Issuer
from tests.ca.documents.verification import attacks
from tests.ca.documents.verification.conftest import World


@dataclass(frozen=True)
class Maker:
    """Whoever makes seals (制章者)."""

    key: PrivateKey
    certificate: x509.Certificate

    @classmethod
    def under(cls, issuer: Issuer) -> Maker:
        key = KEYS["p-256"]()
        return cls(key, issuer.issue("制章者", key))

    def seal(self, holder: x509.Certificate, **more: object) -> bytes:
        order = SealOrder(
            id="ES-1",
            vendor="SEALBRIDGE",
            type=1,
            name=f"{ENTERPRISE}公章",
            holders=(holder.public_bytes(Encoding.DER),),
            created=NOW - timedelta(hours=1),
            starts=NOW - timedelta(hours=1),
            ends=NOW + timedelta(days=9),
            picture=Picture("PNG", _png(), 40, 40),
        )
        return make_seal(replace(order, **more), self.key, self.certificate).der  # type: ignore[arg-type]


def _png() -> bytes:
    output = BytesIO()
    Image.new("RGBA", (1200, 1200), (200, 0, 0, 255)).save(output, "PNG")
    return output.getvalue()


@pytest.fixture(scope="module")
def maker(world: World) -> Maker:
    return Maker.under(world.issuer)


def sealed_with(world: World, seal: bytes) -> SignatureReport:
    (one,) = world.verified(world.sealed(plain_pdf(), seal=seal)).signatures
    return one


def test_a_good_seal(world: World, maker: Maker) -> None:
    one = sealed_with(world, maker.seal(world.identity.certificate))
    assert (one.problems, one.verdict) == ((), Verdict.VALID)
    assert one.seal is not None
    assert (one.seal.name, one.seal.id, one.seal.faults) == (f"{ENTERPRISE}公章", "ES-1", ())
    assert (one.seal.width_mm, one.seal.height_mm) == (40, 40)
    with Image.open(BytesIO(one.seal.picture)) as shown:
        assert (shown.format, max(shown.size)) == ("PNG", 480)  # drawn anew, and small


def test_the_seal_of_another_company(world: World, maker: Maker) -> None:
    """Copied out of a document of theirs: it is whole, and not for this key."""
    other = world.issuer.identity(name="别的公司")
    one = sealed_with(world, maker.seal(other.certificate))
    assert (one.problems, one.verdict) == ((Fault.HOLDER,), Verdict.INVALID)


def test_a_seal_tampered_with(world: World, maker: Maker) -> None:
    der = maker.seal(world.identity.certificate)
    changed = der.replace("临沂某某".encode(), "临沂别的".encode(), 1)
    assert changed != der
    one = sealed_with(world, changed)
    assert (one.problems, one.verdict) == ((Fault.MAKER_SIGNATURE,), Verdict.INVALID)


def test_a_seal_by_a_maker_whom_nobody_trusts(world: World) -> None:
    one = sealed_with(world, Maker.under(Issuer("作坊")).seal(world.identity.certificate))
    assert (one.problems, one.verdict) == ((Fault.MAKER_UNTRUSTED,), Verdict.UNDETERMINED)


def test_a_seal_out_of_its_time(world: World, maker: Maker) -> None:
    for span in (
        {"ends": NOW - timedelta(minutes=1)},
        {"starts": NOW + timedelta(days=1), "ends": NOW + timedelta(days=2)},
    ):
        one = sealed_with(world, maker.seal(world.identity.certificate, **span))
        assert one.problems == (Fault.SEAL_TIME,)


def test_what_is_no_seal(world: World) -> None:
    one = sealed_with(world, b"\x30\x03\x02\x01\x04")
    assert (one.problems, one.seal) == ((Problem.SEAL_MALFORMED,), None)


def test_a_picture_that_is_none_is_left_out(world: World, maker: Maker) -> None:
    for data in (b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)):
        seal = maker.seal(world.identity.certificate, picture=Picture("PNG", data, 40, 40))
        one = sealed_with(world, seal)
        assert one.seal is not None
        assert (one.seal.picture, one.verdict) == (b"", Verdict.VALID)


def test_another_seal_put_into_a_signature(world: World, maker: Maker) -> None:
    """The attribute is signed: a byte of the seal in it changes, and the signature breaks."""
    pdf = world.sealed(plain_pdf(), seal=maker.seal(world.identity.certificate))
    cms = attacks.contents(pdf).rstrip(b"\0")
    changed = cms.replace("临沂某某建设工程有限公司公章".encode(), "临沂某某建设工程有限公司伪章".encode(), 1)
    assert changed != cms
    (one,) = world.verified(attacks.with_contents(pdf, changed)).signatures
    assert {Problem.SIGNATURE_BROKEN, Fault.MAKER_SIGNATURE} == set(one.problems)
