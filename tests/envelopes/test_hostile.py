"""Changed, cut, swapped and made-up files: refused with one of our errors, and nothing is left of them."""

from __future__ import annotations

import random
import secrets
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mobile_bridge.envelopes import (
    EnvelopeError,
    EnvelopeMalformed,
    EnvelopeNotOpened,
    EnvelopeUnsupported,
    Kind,
    Recipient,
    RecipientUnfit,
    check_envelope,
    check_of,
    content_key_of,
    der,
    open_bytes,
    open_file,
    read_header,
    recipient_of,
    seal_file,
)
from mobile_bridge.envelopes.forms import CONTENT_TYPES
from tests.envelopes.conftest import Holder, certified, openssl

BID = "投标总价：三百万元整".encode() * 400


@pytest.fixture(scope="module", params=["auth", "cbc", "openssl-gcm", "openssl-cbc"])
def made(
    request: pytest.FixtureRequest, holders: dict[str, Holder], tmp_path_factory: pytest.TempPathFactory
) -> tuple[bytes, bytes]:
    """An envelope and its content key."""
    folder, own = tmp_path_factory.mktemp("made"), holders["p256"]
    (folder / "bid").write_bytes(BID)
    if "openssl" in request.param:
        cipher = "-aes-256-gcm" if "gcm" in request.param else "-aes-256-cbc"
        how = ("-binary", "-stream", cipher, "-outform", "DER", "-recip", own.certificate_file)
        envelope = openssl("cms", "-encrypt", "-in", folder / "bid", *how)
        return envelope, content_key_of(read_header(BytesIO(envelope)).recipients[0], own.key)
    sealed = seal_file(folder / "bid", folder / "p7m", [Recipient(own.certificate)], kind=Kind(request.param))
    return (folder / "p7m").read_bytes(), sealed.content_key


def refused(envelope: bytes, key: bytes, folder: Path) -> EnvelopeError | None:
    """What is said of an envelope; whatever it is, nothing but a whole file is at the target afterwards."""
    source, target = folder / "in", folder / "out"
    source.write_bytes(envelope)
    target.unlink(missing_ok=True)
    try:
        open_file(source, key, target)
    except EnvelopeError as error:
        assert [one.name for one in folder.iterdir()] == ["in"]
        return error
    return None


def test_an_envelope_that_was_cut_is_not_opened(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    envelope, key = made
    assert refused(envelope, key, tmp_path) is None
    for cut in [*range(0, 400, 7), *range(len(envelope) - 40, len(envelope)), len(envelope) // 2]:
        assert isinstance(refused(envelope[:cut], key, tmp_path), EnvelopeMalformed)
        with pytest.raises(EnvelopeMalformed):
            check_envelope(BytesIO(envelope[:cut]))
    assert isinstance(refused(envelope + b"\0", key, tmp_path), EnvelopeMalformed)


def test_no_changed_byte_goes_unnoticed_with_an_authenticated_envelope(
    made: tuple[bytes, bytes], tmp_path: Path
) -> None:
    """Of 300 changes each is refused, or changes nothing of what comes out. With CBC what comes out may be
    wrong; another exception than ours is the answer to none."""
    envelope, key = made
    random.seed(7)
    authenticated = CONTENT_TYPES[Kind.AUTH] in envelope
    for _ in range(300):
        changed = bytearray(envelope)
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            place = random.randrange(random.choice((len(envelope), 450)))
            changed[place] = random.choice((changed[place] ^ 1 << random.randrange(8), random.randrange(256)))
        if refused(bytes(changed), key, tmp_path) is None and authenticated:
            assert (tmp_path / "out").read_bytes() == BID


def test_pieces_removed_repeated_or_exchanged_are_noticed(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    envelope, key = made
    random.seed(11)
    authenticated = CONTENT_TYPES[Kind.AUTH] in envelope
    for _ in range(100):
        first, second = sorted(random.randrange(len(envelope)) for _ in range(2))
        changed = random.choice(
            (
                envelope[:first] + envelope[second:],
                envelope[:second] + envelope[first:],
                envelope[:first] + secrets.token_bytes(second - first) + envelope[second:],
            )
        )
        error = refused(changed, key, tmp_path)
        assert changed == envelope or error is not None or not authenticated


def test_a_key_of_another_envelope_opens_nothing(holders: dict[str, Holder], tmp_path: Path) -> None:
    (tmp_path / "bid").write_bytes(BID)
    own = [Recipient(holders["rsa"].certificate)]
    one, other = (seal_file(tmp_path / "bid", tmp_path / name, own) for name in "ab")
    assert check_of(one.content_key, one.sha256) != check_of(other.content_key, one.sha256)
    for key in (other.content_key, b"", one.content_key[:16], one.content_key + b"\0"):
        with pytest.raises(EnvelopeNotOpened):
            open_bytes((tmp_path / "a").read_bytes(), key)
    assert open_bytes((tmp_path / "a").read_bytes(), one.content_key) == BID
    assert "content_key" not in repr(one)


def test_a_recipient_is_known_by_issuer_and_serial_and_opens_with_no_other_key(
    holders: dict[str, Holder], tmp_path: Path
) -> None:
    (tmp_path / "bid").write_bytes(BID)
    for own in holders.values():
        sealed = seal_file(tmp_path / "bid", tmp_path / "p7m", [Recipient(own.certificate)])
        renewed = certified(own.key, usage="key_agreement")
        assert recipient_of(sealed.recipient_infos, renewed) is None
        assert recipient_of(sealed.recipient_infos, own.certificate) == sealed.recipient_infos[0]
        for other in holders.values():
            if other is own:
                continue
            with pytest.raises((EnvelopeNotOpened, EnvelopeUnsupported)):
                content_key_of(sealed.recipient_infos[0], other.key)


def test_nothing_is_encrypted_to_a_key_that_is_not_for_it(holders: dict[str, Holder], tmp_path: Path) -> None:
    (tmp_path / "bid").write_bytes(BID)
    for own in holders.values():
        signing = certified(own.key, usage="digital_signature")
        with pytest.raises(RecipientUnfit):
            seal_file(tmp_path / "bid", tmp_path / "p7m", [Recipient(signing)])
    with pytest.raises(RecipientUnfit):
        seal_file(tmp_path / "bid", tmp_path / "p7m", [])
    assert [one.name for one in tmp_path.iterdir()] == ["bid"]


def _auth(*inside: bytes) -> bytes:
    envelope = der.tlv(der.explicit(0), der.tlv(der.SEQUENCE, *inside))
    return der.tlv(der.SEQUENCE, CONTENT_TYPES[Kind.AUTH], envelope)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"0",
        b"\x30\x80",
        b"%PDF-1.7\n" + BID,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x88" + b"\xff" * 8,
        b"\x30\xff" + b"\xff" * 200,
        b"\x3f\x81\x01\x00",
        _auth(),
        _auth(b"\x02\x84\x7f\xff\xff\xff"),
        _auth(der.integer(0), b"\x31\x80" + b"\x30\x80" * 5000),
        _auth(der.integer(0), der.tlv(der.SET, *[b"\x30\x00"] * 300)),
        _auth(der.integer(0), der.tlv(der.SET, der.tlv(der.SEQUENCE, bytes(5000)))),
        _auth(der.integer(0), b"\x31\x80\x30\x80" + b"\x05\x00" * 100_000),
    ],
    ids=str,
)
def test_junk_and_hostile_lengths_are_no_envelope(junk: bytes, tmp_path: Path) -> None:
    assert isinstance(refused(junk, bytes(32), tmp_path), EnvelopeMalformed | EnvelopeUnsupported)
    key = ec.derive_private_key(7, ec.SECP256R1())
    with pytest.raises(EnvelopeError):
        content_key_of(junk, key)
    with pytest.raises(EnvelopeError):
        recipient_of((junk,), certified(key, usage=None))
