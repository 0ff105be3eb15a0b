"""``openssl cms`` opens what is written here, and what it writes is opened here."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from mobile_bridge.envelopes import (
    Kind,
    Recipient,
    check_envelope,
    content_key_of,
    open_file,
    read_header,
    recipient_of,
    seal_file,
)
from tests.envelopes.conftest import Holder, openssl

SIZES = [0, 1, 15, 16, 17, 127, 128, (1 << 18) - 1, 1 << 18, 700_001]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", list(Kind))
def test_openssl_opens_what_is_written_here(
    kind: Kind, size: int, holders: dict[str, Holder], tmp_path: Path
) -> None:
    bid = tmp_path / "投标文件.pdf"
    bid.write_bytes(secrets.token_bytes(size))
    sealed = seal_file(
        bid, tmp_path / "bid.p7m", [Recipient(one.certificate) for one in holders.values()], kind=kind
    )
    assert sealed.size == (tmp_path / "bid.p7m").stat().st_size
    assert openssl("dgst", "-sha256", "-r", tmp_path / "bid.p7m").decode().startswith(sealed.sha256)
    for one in holders.values():
        how = ("-inform", "DER", "-inkey", one.key_file, "-recip", one.certificate_file)
        assert openssl("cms", "-decrypt", "-in", tmp_path / "bid.p7m", *how) == bid.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bid.p7m", "投标文件.pdf"]
    assert oct((tmp_path / "bid.p7m").stat().st_mode)[-3:] == "600"


def test_what_is_written_is_der(holders: dict[str, Holder], tmp_path: Path) -> None:
    """OpenSSL's own encoding of what it read is the same, so lengths are the shortest and sets sorted."""
    recipients = [Recipient(one.certificate) for one in holders.values()]
    (tmp_path / "bid").write_bytes(secrets.token_bytes(1000))
    for name, kind in (("auth", Kind.AUTH), ("cbc", Kind.CBC)):
        seal_file(tmp_path / "bid", tmp_path / name, recipients, kind=kind)
        again = openssl("cms", "-cmsout", "-inform", "DER", "-outform", "DER", "-in", tmp_path / name)
        assert again == (tmp_path / name).read_bytes()


@pytest.mark.parametrize("streamed", [[], ["-stream"]], ids=["definite", "indefinite"])
@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-128-gcm", "aes-256-cbc", "aes-192-cbc"])
def test_what_openssl_writes_is_opened_here(
    cipher: str, streamed: list[str], holders: dict[str, Holder], tmp_path: Path
) -> None:
    bid = tmp_path / "bid"
    bid.write_bytes(secrets.token_bytes(300_001))
    recipients: list[str | Path] = []
    for one in holders.values():
        recipients += ["-recip", one.certificate_file]
    recipients += ["-keyopt", "ecdh_kdf_md:sha384"]
    oaep = ["-recip", holders["rsa"].certificate_file, "-keyopt", "rsa_padding_mode:oaep"]
    how = ["-binary", f"-{cipher}", *streamed, "-outform", "DER", "-out", tmp_path / "bid.p7m"]
    openssl("cms", "-encrypt", "-in", bid, *how, *recipients, *oaep)
    with (tmp_path / "bid.p7m").open("rb") as file:
        header = check_envelope(file)
        file.seek(0)
        assert (read_header(file), header.cipher.name) == (header, cipher)
    assert len(header.recipients) == 4
    for one in holders.values():
        recipient = recipient_of(header.recipients, one.certificate)
        assert recipient is not None
        key = content_key_of(recipient, one.key)
        assert open_file(tmp_path / "bid.p7m", key, tmp_path / "opened") == 300_001
        assert (tmp_path / "opened").read_bytes() == bid.read_bytes()
    transported = [content_key_of(one, holders["rsa"].key) for one in header.recipients if one[0] == 0x30]
    assert transported == [key, key], "PKCS #1 v1.5 and OAEP"


def test_oaep_with_sha1_is_for_tokens_that_know_no_other(holders: dict[str, Holder], tmp_path: Path) -> None:
    (tmp_path / "bid").write_bytes(b"bid")
    own = holders["rsa"]
    for oaep in ("sha1", "sha256"):
        sealed = seal_file(tmp_path / "bid", tmp_path / oaep, [Recipient(own.certificate, oaep)])
        assert content_key_of(sealed.recipient_infos[0], own.key) == sealed.content_key
        how = ("-inform", "DER", "-inkey", own.key_file, "-recip", own.certificate_file)
        assert openssl("cms", "-decrypt", "-in", tmp_path / oaep, *how) == b"bid"
