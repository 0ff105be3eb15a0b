"""A signature inside the envelope: ours by OpenSSL, OpenSSL's by us, and none that does not hold."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from mobile_bridge.envelopes import (
    EnvelopeError,
    Recipient,
    SignatureWrong,
    Signer,
    SourceChanged,
    open_file,
    open_signed,
    seal_file,
)
from tests.envelopes.conftest import Holder, openssl

BID = secrets.token_bytes(600_001)


def signed(folder: Path, own: Holder) -> Path:
    """What comes out of a signed envelope."""
    (folder / "bid").write_bytes(BID)
    made = seal_file(
        folder / "bid", folder / "p7m", [Recipient(own.certificate)], signer=Signer(own.certificate, own.key)
    )
    open_file(folder / "p7m", made.content_key, folder / "signed")
    return folder / "signed"


@pytest.mark.parametrize("name", ["rsa", "p256", "p384"])
def test_openssl_verifies_what_is_signed_here(name: str, holders: dict[str, Holder], tmp_path: Path) -> None:
    own = holders[name]
    found = signed(tmp_path, own)
    how = ("-inform", "DER", "-certfile", own.certificate_file, "-noverify", "-binary")
    assert openssl("cms", "-verify", "-in", found, *how) == BID
    again = openssl("cms", "-cmsout", "-inform", "DER", "-outform", "DER", "-in", found)
    assert again == found.read_bytes()
    by = open_signed(found, tmp_path / "out")
    assert (by.certificate, by.size) == (own.certificate, len(BID))
    assert (tmp_path / "out").read_bytes() == BID


@pytest.mark.parametrize("streamed", [[], ["-stream"]], ids=["definite", "indefinite"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("name", ["rsa", "p256"])
def test_what_openssl_signs_is_verified_here(
    name: str, digest: str, streamed: list[str], holders: dict[str, Holder], tmp_path: Path
) -> None:
    own = holders[name]
    (tmp_path / "bid").write_bytes(BID)
    how = ("-nodetach", "-binary", "-outform", "DER", "-md", digest, *streamed, "-out", tmp_path / "signed")
    openssl(
        "cms", "-sign", "-in", tmp_path / "bid", "-signer", own.certificate_file, "-inkey", own.key_file, *how
    )
    assert open_signed(tmp_path / "signed", tmp_path / "out").certificate == own.certificate
    assert (tmp_path / "out").read_bytes() == BID


def test_what_was_changed_is_not_given_out(holders: dict[str, Holder], tmp_path: Path) -> None:
    found = signed(tmp_path, holders["p256"])
    whole = found.read_bytes()
    found.write_bytes(whole[:1000] + bytes((whole[1000] ^ 1,)) + whole[1001:])
    with pytest.raises(SignatureWrong):
        open_signed(found, tmp_path / "out")
    places = [*range(120), *range(len(whole) - 260, len(whole))]
    for place in places:
        found.write_bytes(whole[:place] + bytes((whole[place] ^ 0x41,)) + whole[place + 1 :])
        try:
            by = open_signed(found, tmp_path / "out")
        except EnvelopeError:
            assert not (tmp_path / "out").exists()
        else:  # versions and the list of digests are not signed; the certificate is by itself
            assert by.certificate.public_key() == holders["p256"].certificate.public_key()
            assert (tmp_path / "out").read_bytes() == BID
            (tmp_path / "out").unlink()


def test_what_was_signed_is_what_is_encrypted(holders: dict[str, Holder], tmp_path: Path) -> None:
    """The file is read twice; changed between, nothing is made."""
    own, bid = holders["p256"], tmp_path / "bid"
    bid.write_bytes(BID)

    def change(done: int, size: int) -> None:
        if done < 300_000:
            with bid.open("r+b") as file:
                file.seek(-1, 2)
                file.write(b"x" if BID[-1:] != b"x" else b"y")

    with pytest.raises(SourceChanged):
        seal_file(
            bid,
            tmp_path / "p7m",
            [Recipient(own.certificate)],
            signer=Signer(own.certificate, own.key),
            progress=change,
        )
    assert not (tmp_path / "p7m").exists()
