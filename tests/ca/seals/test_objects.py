"""Seals as data: made, read and judged, with SM2 seals put together by openssl as others make them."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.distinguished import SubjectFacts
from ca.documents.time_stamping import token_over
from ca.errors import SigningKeyRefused
from ca.hierarchy import sign_with, spki
from ca.issuance import IssuanceRequest
from ca.seals.errors import SealMalformed, SealOrderRefused
from ca.seals.objects import structures
from ca.seals.objects.making import make_seal, make_stamp
from ca.seals.objects.model import Picture, SealObject, SealOrder, SealType, StampObject
from ca.seals.objects.reading import read_seal, read_stamp
from ca.seals.objects.verification import FAULT_NAMES, Fault, seal_faults, stamp_faults
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import SealKind
from ca.signatures import algorithm_of, check
from hsm import KeyKind, PrivateKey, Token, TokenKeys
from tests.ca.conftest import CREDIT_CODE, NOW, Clock, SmallCa
from tests.ca.timestamps.conftest import make

DIGEST = bytes(range(32))
NAME = "临沂某某建设有限公司"
Party = tuple[PrivateKey, x509.Certificate]


def _party(ca: SmallCa, token: Token, profile: str, label: str, kind: KeyKind = KeyKind.P256) -> Party:
    label = f"{label}-{secrets.token_hex(4)}"  # a module's tests share a token
    key = TokenKeys(token).generate(label, kind)
    facts = SubjectFacts(enterprise_name=NAME, credit_code=CREDIT_CODE, service_name="印章制作")
    issued = ca.issuer.issue(IssuanceRequest(label, profile, facts, key.public_key()))
    return key, issued.certificate


@pytest.fixture
def maker(small_ca: SmallCa, token: Token) -> Party:
    return _party(small_ca, token, "seal-maker", "maker")


@pytest.fixture
def holder(small_ca: SmallCa, token: Token) -> Party:
    return _party(small_ca, token, "enterprise-signing", "holder", KeyKind.RSA_2048)


@pytest.fixture
def order(holder: Party) -> SealOrder:
    drawn = draw_seal(SealDesign(SealKind.ENTERPRISE, NAME, "3713250012345"))
    return SealOrder(
        id="37132500000001",
        vendor="SealBridge",
        type=SealType.UNIT,
        name=f"{NAME}公章",
        holders=(holder[1].public_bytes(Encoding.DER),),
        created=NOW,
        starts=NOW,
        ends=NOW + timedelta(days=365),
        picture=Picture("PNG", drawn.png, 40, 40),
    )


@pytest.fixture
def seal(order: SealOrder, maker: Party) -> SealObject:
    return make_seal(order, *maker)


@pytest.fixture
def stamp(seal: SealObject, holder: Party) -> StampObject:
    later = NOW + timedelta(hours=1)
    return make_stamp(seal, DIGEST, "/Doc_0/Signs/Sign_0/Signature.xml", later, holder[0], seal_holder(seal))


def seal_holder(seal: SealObject) -> bytes:
    return seal.holders.certificates[0]


def _trusting(small_ca: SmallCa):  # type: ignore[no-untyped-def]
    issuing = small_ca.authority.certificate

    def trusted(certificate: x509.Certificate, at: datetime) -> bool:
        try:
            certificate.verify_directly_issued_by(issuing)
        except Exception:
            return False
        return True

    return trusted


def test_a_seal_says_what_was_ordered(seal: SealObject, order: SealOrder, maker: Party) -> None:
    assert (seal.version, seal.vendor, seal.id, seal.name) == (4, "SealBridge", order.id, order.name)
    assert (seal.created, seal.starts, seal.ends) == (order.created, order.starts, order.ends)
    assert seal.picture == order.picture
    assert seal.holders.certificates == order.holders
    assert seal.maker == maker[1].public_bytes(Encoding.DER)
    assert read_seal(seal.der) == seal
    assert structures.Seal.load(seal.der).copy().dump(force=True) == seal.der  # as a library writes it


def test_openssl_sees_the_structure_of_the_standard(seal: SealObject, tmp_path: Path) -> None:
    file = tmp_path / "seal.der"
    file.write_bytes(seal.der)
    command = ["openssl", "asn1parse", "-inform", "DER", "-in", str(file)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    told = [line.split(":", 1)[1].replace(":", " ").split() for line in lines]
    shape = [(words[words.index("prim") + 1] if "prim" in words else "SEQUENCE") for words in told]
    assert shape[:7] == ["SEQUENCE", "SEQUENCE", "SEQUENCE", "IA5STRING", "INTEGER", "IA5STRING", "IA5STRING"]
    assert shape[7:11] == ["SEQUENCE", "INTEGER", "UTF8STRING", "INTEGER"]
    assert shape[-3:] == ["OCTET", "OBJECT", "BIT"]
    assert shape.count("GENERALIZEDTIME") == 3


def test_a_good_seal_and_a_good_stamp_have_no_fault(small_ca: SmallCa, stamp: StampObject) -> None:
    trusted = _trusting(small_ca)
    assert seal_faults(stamp.seal, stamp.at, trusted) == []
    assert stamp_faults(stamp, DIGEST, trusted) == []
    assert read_stamp(stamp.der) == stamp


def test_every_fault_is_named(small_ca: SmallCa, stamp: StampObject) -> None:
    trusted = _trusting(small_ca)
    strangers = stamp_faults(stamp, DIGEST, lambda *_: False)
    assert strangers == [Fault.MAKER_UNTRUSTED, Fault.HOLDER_UNTRUSTED]
    assert stamp_faults(stamp, bytes(32), trusted) == [Fault.DOCUMENT]
    too_late = stamp.seal.ends + timedelta(seconds=1)
    assert seal_faults(stamp.seal, too_late, trusted) == [Fault.SEAL_TIME]
    assert seal_faults(replace(stamp.seal, algorithm="1.2.3"), stamp.at, trusted) == [Fault.ALGORITHM]
    assert seal_faults(replace(stamp.seal, critical=("1.2.3",)), stamp.at, trusted) == [Fault.EXTENSION]
    assert set(FAULT_NAMES) == set(Fault)


def test_a_changed_seal_is_seen_through(small_ca: SmallCa, seal: SealObject) -> None:
    forged = seal.der.replace("临沂".encode(), "临汾".encode(), 1)
    assert forged != seal.der
    assert seal_faults(read_seal(forged), NOW, _trusting(small_ca)) == [Fault.MAKER_SIGNATURE]


def test_a_seal_does_not_serve_whom_it_does_not_name(
    small_ca: SmallCa, token: Token, seal: SealObject
) -> None:
    key, certificate = _party(small_ca, token, "enterprise-signing", "thief")
    stolen = make_stamp(seal, DIGEST, "x", NOW, key, certificate.public_bytes(Encoding.DER))
    assert stamp_faults(stolen, DIGEST, _trusting(small_ca)) == [Fault.HOLDER]


def test_holders_may_be_named_by_digests(small_ca: SmallCa, maker: Party, stamp: StampObject) -> None:
    certificate = stamp.certificate
    for name, algorithm in (("SM3", "sm3"), ("2.16.840.1.101.3.4.2.1", "sha256")):
        info = structures.Seal.load(stamp.seal.der)["info"].copy()
        listed = structures.CertificateDigests(
            [{"algorithm": name, "value": hashlib.new(algorithm, certificate).digest()}]
        )
        told = info["property"].copy()
        made = structures.Property(
            {field: told[field] for field in ("type", "name", "created", "starts", "ends")}
            | {"holders_kind": structures.DIGESTS, "holders": listed}
        )
        info["property"] = made
        encoded = structures.Seal(
            {"info": info, "maker": stamp.seal.maker, "algorithm": "1.2.840.10045.4.3.2", "signature": b"x"}
        ).dump()
        seal = read_seal(encoded)
        assert seal.holders.digests == ((name, hashlib.new(algorithm, certificate).digest()),)
        faults = stamp_faults(replace(stamp, seal=seal), DIGEST, _trusting(small_ca))
        assert Fault.HOLDER not in faults
        assert Fault.MAKER_SIGNATURE in faults


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"id": "印章一"},
        {"holders": ()},
        {"ends": NOW},
        {"picture": Picture("PNG", b"", 40, 40)},
        {"picture": Picture("PNG", b"x", 0, 40)},
    ],
)
def test_what_is_no_order_is_refused(order: SealOrder, maker: Party, change: dict[str, object]) -> None:
    with pytest.raises(SealOrderRefused):
        make_seal(replace(order, **change), *maker)  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_seal_or_malformed(encoded: bytes) -> None:
    for read in (read_seal, read_stamp):
        with pytest.raises(SealMalformed):
            read(encoded)


def test_any_flipped_byte_of_a_seal_is_noticed(small_ca: SmallCa, seal: SealObject) -> None:
    trusted = _trusting(small_ca)
    for position in range(0, len(seal.der), max(1, len(seal.der) // 400)):
        changed = bytearray(seal.der)
        changed[position] ^= 0x41
        try:
            again = read_seal(bytes(changed))
        except SealMalformed:
            continue
        assert seal_faults(again, NOW, trusted), position


# ---- SM2, as other makers sign: every byte of it by openssl ----

SM2_ID = "distid:1234567812345678"


def _openssl(*arguments: str, at: Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=at)


@pytest.fixture(scope="session")
def sm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with key.pem and cert.der of a self-signed SM2 certificate."""
    at = tmp_path_factory.mktemp("sm2")
    _openssl("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", "key.pem", at=at)
    subject = ["-subj", "/C=CN/O=SM2/CN=SM2", "-days", "30", "-outform", "DER", "-out", "cert.der"]
    _openssl("req", "-x509", "-key", "key.pem", "-sm3", "-sigopt", SM2_ID, *subject, at=at)
    return at


def _sm2_signature(at: Path, data: bytes) -> bytes:
    (at / "data").write_bytes(data)
    _openssl("dgst", "-sm3", "-sigopt", SM2_ID, "-sign", "key.pem", "-out", "signature", "data", at=at)
    return (at / "signature").read_bytes()


def test_an_sm2_seal_of_another_maker_is_verified(sm2: Path, order: SealOrder, maker: Party) -> None:
    certificate = (sm2 / "cert.der").read_bytes()
    info = structures.Seal.load(make_seal(order, *maker).der)["info"]
    parts = {"info": info, "maker": certificate, "algorithm": "1.2.156.10197.1.501"}
    encoded = structures.Seal(parts | {"signature": _sm2_signature(sm2, info.dump())}).dump()
    seal, now = read_seal(encoded), datetime.now(UTC)
    in_force = replace(seal, created=now + timedelta(hours=1), starts=now, ends=now + timedelta(days=2))
    assert seal_faults(in_force, now, lambda *_: True) == []
    changed = read_seal(encoded.replace("临沂".encode(), "临汾".encode(), 1))
    assert Fault.MAKER_SIGNATURE in seal_faults(changed, now, lambda *_: True)


@pytest.mark.parametrize("tagged", ["extensions", "tagged_extensions"])
@pytest.mark.parametrize("critical", [True, False])
def test_a_seal_of_2025_is_read_and_verified(
    sm2: Path, order: SealOrder, maker: Party, tagged: str, critical: bool
) -> None:
    """GM/T 0031-2025: a time stamp in the seal, not signed; extensions with and without a tag."""
    certificate = (sm2 / "cert.der").read_bytes()
    told = structures.Seal.load(make_seal(order, *maker).der)["info"].copy()
    extension = {"id": "1.2.156.10260.4.4", "critical": critical, "value": b"\x05\x00"}
    parts = {name: told[name] for name in ("id", "property", "picture")}
    info = structures.SealInfo(
        parts | {"header": {"id": "ES", "version": 5, "vendor": "OTHER"}, tagged: [extension]}
    )
    signed = {"info": info, "maker": certificate, "algorithm": "1.2.156.10197.1.501"}
    encoded = structures.Seal(
        signed | {"signature": _sm2_signature(sm2, info.dump()), "time_stamp": b"a token"}
    ).dump()
    seal, now = read_seal(encoded), datetime.now(UTC)
    assert (seal.version, seal.time_stamp, seal.name) == (5, b"a token", order.name)
    in_force = replace(seal, created=now + timedelta(hours=1), starts=now, ends=now + timedelta(days=2))
    expected = [Fault.EXTENSION] if critical else []
    assert seal_faults(in_force, now, lambda *_: True) == expected


def test_a_seal_of_2014_is_read_and_verified(sm2: Path, holder: Party) -> None:
    """GM/T 0031-2014: UTCTime, and the maker signs the certificate and the algorithm too."""
    certificate = (sm2 / "cert.der").read_bytes()
    now = datetime.now(UTC).replace(microsecond=0)
    told = {"type": 1, "name": "某某公章", "holders": [holder[1].public_bytes(Encoding.DER)]}
    times = {"created": now + timedelta(hours=1), "starts": now, "ends": now + timedelta(days=9)}
    info = structures.EarlySealInfo(
        {
            "header": {"id": "ES", "version": 1, "vendor": "OTHER"},
            "id": "1",
            "property": told | times,
            "picture": {"format": "ofd", "data": b"picture", "width": 40, "height": 40},
        }
    )
    oid = core.ObjectIdentifier("1.2.156.10197.1.501")
    signed = structures.EarlySigned({"info": info, "maker": certificate, "algorithm": oid}).dump()
    sign_info = {"maker": certificate, "algorithm": oid, "signature": _sm2_signature(sm2, signed)}
    seal = read_seal(structures.EarlySeal({"info": info, "sign_info": sign_info}).dump())
    assert (seal.version, seal.name, seal.picture.format) == (1, "某某公章", "OFD")
    assert seal.signed == signed
    assert seal_faults(seal, now, lambda *_: True) == []


@pytest.mark.parametrize("how", ["text", "UTCTime", "time stamp"])
def test_a_signature_of_2014_is_read_and_verified(
    how: str,
    seal: SealObject,
    holder: Party,
    small_ca: SmallCa,
    session_token: Token,
    clock: Clock,
    tmp_path: Path,
) -> None:
    """GM/T 0031-2014: the certificate is signed too, and the time is whatever the maker put there."""
    key, certificate = holder
    times = {"text": b"2026-11-23 16:00:00", "UTCTime": core.UTCTime(NOW).dump()}
    if how == "time stamp":
        stamping = make(small_ca, session_token, clock, tmp_path, KeyKind.P256)
        times[how] = token_over(DIGEST, stamping.stamper.answer)
    to_sign = structures.EarlyToSign(
        {
            "version": 1,
            "seal": core.Any(core.Sequence.load(seal.der)),
            "time": times[how],
            "digest": DIGEST,
            "property": "/Doc_0/Signs/Sign_0/Signature.xml",
            "certificate": certificate.public_bytes(Encoding.DER),
            "algorithm": algorithm_of(key.public_key()),
        }
    )
    parts = {"to_sign": to_sign, "signature": sign_with(key, to_sign.dump())}
    stamp = read_stamp(structures.EarlyStamp(parts).dump())
    assert (stamp.version, stamp.at, stamp.seal.id) == (1, NOW, seal.id)
    assert stamp_faults(stamp, DIGEST, lambda *_: True) == []
    assert Fault.SIGNATURE in stamp_faults(
        replace(stamp, signed=stamp.signed + b"!"), DIGEST, lambda *_: True
    )
    broken = {"to_sign": {**{name: to_sign[name] for name in to_sign}, "time": b"yesterday"}}
    with pytest.raises(SealMalformed):
        read_stamp(structures.EarlyStamp(parts | broken).dump())


def test_a_key_that_is_not_sm2_checks_no_sm2_signature(maker: Party) -> None:
    with pytest.raises(SigningKeyRefused):
        check(spki(maker[1].public_key()), "1.2.156.10197.1.501", b"\x30\x00", b"data")
    with pytest.raises(SigningKeyRefused):
        check(b"\x30\x00", "1.2.156.10197.1.501", b"\x30\x00", b"data")
