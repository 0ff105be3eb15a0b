"""Detached signatures of files: CAdES B-B, B-T and B-LT, judged by openssl and by our own report."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, RawIOBase
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID

from ca.documents.cms_making import SigningIdentity
from ca.documents.detached.digests import FileDigest, digest_of
from ca.documents.detached.making import sign_digest, with_proofs
from ca.documents.detached.report import FileReport, SignerReport, to_json
from ca.documents.detached.verification import verify_by_digests, verify_detached
from ca.documents.errors import DigestRefused, SignatureUnreadable
from ca.documents.proofs import Proofs
from ca.documents.verification import messages
from ca.documents.verification.messages import Flaw, Message
from ca.documents.verification.model import Verdict
from ca.documents.verification.trust import Trust
from ca.hierarchy import Authority
from ca.revocation import Revoker
from ca.seals.errors import SealMalformed
from hsm import Token
from tests.ca.conftest import NOW
from tests.ca.documents.pki import Issuer
from tests.ca.documents.sealers import NAME, Sealers, make_sealers
from tests.ca.judges import pem, run

FILE = b"a file of any kind\r\n\0\xff" * 1000


@pytest.fixture(scope="module")
def world(
    authorities: tuple[Authority, Authority], session_token: Token, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sealers]:
    made = make_sealers(authorities, session_token, tmp_path_factory.mktemp("detached"))
    yield made
    made.ca.engine.dispose()


def signed(
    world: Sealers,
    *,
    stamped: bool = False,
    proofs: Proofs | None = None,
    by: SigningIdentity | None = None,
) -> bytes:
    signature = sign_digest(
        by or world.identity,
        digest_of(BytesIO(FILE), "sha256"),
        at=NOW,
        seal=world.seal.der,
        stamps=world.stamping.stamper.answer if stamped else None,
    )
    return signature if proofs is None else with_proofs(signature, proofs)


def report_on(world: Sealers, signature: bytes, file: bytes = FILE, **later: float) -> SignerReport:
    return only(verify_detached(BytesIO(file), signature, world.trust, NOW + timedelta(**later)))


def only(report: FileReport) -> SignerReport:
    (found,) = report.signers
    return found


def openssl(folder: Path, signature: bytes, file: bytes, *trust: x509.Certificate) -> tuple[int, str]:
    """What ``openssl cms -verify`` says, with the CAdES attributes asked for."""
    (folder / "file").write_bytes(file)
    (folder / "file.p7s").write_bytes(signature)
    return run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "file.p7s"),
        *("-content", folder / "file", "-CAfile", pem(folder / "trust.pem", *trust)),
        *("-no-CApath", "-no-CAstore", "-purpose", "any", "-attime", str(int(NOW.timestamp()) + 60)),
        *("-out", folder / "verified"),
    )


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT"])
def test_openssl_verifies_every_level(world: Sealers, level: str, tmp_path: Path) -> None:
    signature = signed(world, stamped=level != "B-B", proofs=world.proofs if level == "B-LT" else None)
    status, said = openssl(tmp_path, signature, FILE, world.ca.root.certificate)
    assert status == 0, said
    status, said = openssl(tmp_path, signature, FILE + b" ", world.ca.root.certificate)
    assert status != 0
    report = report_on(world, signature)
    assert report.level == level
    assert report.problems == (() if level == "B-LT" else ("revocation_unchecked",))
    assert (report.proven_at is None) is (level == "B-B")


def test_the_report_says_who_with_which_seal(world: Sealers) -> None:
    signature = signed(world, proofs=world.proofs)
    told = to_json(verify_detached(BytesIO(FILE), signature, world.trust, NOW))
    (one,) = json.loads(json.dumps(told))["signatures"]
    assert told["verdict"] == "valid"
    assert one["signer"]["organisation"] == NAME
    assert one["seal"]["name"] == f"{NAME}公章"
    assert one["seal"]["faults"] == []
    assert one["seal"]["picture"]
    assert one["claimed_at"] == "2026-11-23T08:00:00Z"
    assert one["certificate_then"]["standing"] == "in_force"


@pytest.mark.parametrize("kind", ["rsa-2048", "p-384", "ed25519"])
def test_every_kind_of_key_signs_with_its_own_digest(kind: str, issuer: Issuer, root: Issuer) -> None:
    identity = issuer.identity(kind)
    wanted = {"rsa-2048": "sha256", "p-384": "sha384", "ed25519": "sha512"}[kind]
    now = identity.certificate.not_valid_before_utc + timedelta(days=1)
    signature = sign_digest(identity, digest_of(BytesIO(FILE), wanted), at=now)
    report = only(verify_detached(BytesIO(FILE), signature, Trust.of([root.certificate]), now))
    assert (report.problems, report.seal) == (("revocation_unchecked",), None)
    assert report.algorithms is not None
    assert report.algorithms[0] == wanted
    with pytest.raises(DigestRefused):
        sign_digest(identity, FileDigest("sm3", bytes(32)), at=now)


def test_a_digest_is_as_good_as_the_file(world: Sealers) -> None:
    digest = hashlib.sha256(FILE).digest()
    signature = sign_digest(world.identity, FileDigest("sha256", digest), at=NOW)
    assert report_on(world, signature).intact
    assert only(verify_by_digests(lambda _: {"sha256": digest}, signature, world.trust, NOW)).intact
    assert not only(verify_by_digests(lambda _: {}, signature, world.trust, NOW)).intact
    with pytest.raises(DigestRefused):
        FileDigest("sha256", digest[:-1])
    with pytest.raises(DigestRefused):
        FileDigest("md5", bytes(16))


def test_a_changed_file_is_no_longer_the_one(world: Sealers) -> None:
    report = report_on(world, signed(world), FILE[:-1])
    assert report.problems == ("digest_differs", "revocation_unchecked")
    assert not report.intact


def test_a_changed_seal_breaks_the_signature(world: Sealers) -> None:
    signature = signed(world)
    where = signature.index(b"IDAT") + 9
    report = report_on(world, signature[:where] + b"?" + signature[where + 1 :])
    assert report.problems[:1] == ("signature_broken",)
    assert "seal_signature_wrong" in report.problems


def test_a_seal_in_a_strangers_hand(world: Sealers, issuer: Issuer, root: Issuer) -> None:
    signature = sign_digest(
        issuer.identity(), digest_of(BytesIO(FILE), "sha256"), at=NOW, seal=world.seal.der
    )
    trust = Trust.of([root.certificate, world.ca.root.certificate], [world.ca.authority.certificate])
    report = only(verify_detached(BytesIO(FILE), signature, trust, NOW))
    assert "stamp_by_stranger" in report.problems
    assert report.intact


def test_what_is_no_seal_is_not_signed(world: Sealers) -> None:
    with pytest.raises(SealMalformed):
        sign_digest(world.identity, digest_of(BytesIO(FILE), "sha256"), at=NOW, seal=b"\x30\x00")


def test_a_time_stamp_outlives_the_certificate(world: Sealers) -> None:
    plain, stamped = signed(world), signed(world, stamped=True, proofs=world.proofs)
    assert report_on(world, plain, days=4000).problems == ("certificate_expired_since",)
    assert report_on(world, stamped, days=4000).problems == ()


def test_revocation_counts_from_its_day(world: Sealers) -> None:
    clerk = world.issued("enterprise-signing")
    digest = digest_of(BytesIO(FILE), "sha256")
    signature = sign_digest(clerk, digest, at=NOW)
    stamped = sign_digest(clerk, digest, at=NOW, stamps=world.stamping.stamper.answer)
    world.ca.clock.forward(hours=1)
    Revoker(world.ca.ledger, world.ca.clock).revoke(clerk.certificate.serial_number, "superseded")
    trust = world.trust_with(world.ca.list())
    world.ca.clock.forward(hours=-1)
    later = NOW + timedelta(hours=2)
    report = only(verify_detached(BytesIO(FILE), signature, trust, later))
    assert report.problems == ("certificate_revoked_since",)
    report = only(verify_detached(BytesIO(FILE), stamped, trust, later))
    assert report.problems == (), "the signature was there before"


def test_an_outdated_list_says_nothing(world: Sealers) -> None:
    trust = world.trust_with(world.ca.list())
    report = only(verify_detached(BytesIO(FILE), signed(world), trust, NOW + timedelta(days=20)))
    assert "revocation_unknown" in report.problems


def test_another_root_is_not_trusted(world: Sealers, root: Issuer) -> None:
    other = Trust.of([root.certificate])
    report = only(verify_detached(BytesIO(FILE), signed(world, stamped=True), other, NOW))
    assert "issuer_untrusted" in report.problems
    assert report.proven_at is None
    assert report.intact


def test_a_signature_by_openssl_in_pem_and_without_cades(
    world: Sealers, issuer: Issuer, tmp_path: Path
) -> None:
    identity = issuer.identity()
    (tmp_path / "file").write_bytes(FILE)
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    status, said = run(
        *("openssl", "cms", "-sign", "-binary", "-in", tmp_path / "file", "-outform", "PEM", "-md", "sha512"),
        *("-signer", pem(tmp_path / "signer.pem", identity.certificate), "-inkey", tmp_path / "key.pem"),
        *("-certfile", pem(tmp_path / "chain.pem", *identity.chain), "-out", tmp_path / "file.p7s"),
    )
    assert status == 0, said
    signature = (tmp_path / "file.p7s").read_bytes()
    now = identity.certificate.not_valid_before_utc + timedelta(days=1)
    assert issuer.parent is not None
    trust = Trust.of([issuer.parent.certificate])
    report = only(verify_detached(BytesIO(FILE), signature, trust, now))
    assert (report.intact, report.level, report.algorithms) == (True, None, ("sha512", "ecdsa"))


class _Endless(RawIOBase):
    """Zeros, as many as are asked for."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.longest = 0

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        self.longest = max(self.longest, size)
        taken = self._left if size < 0 else min(size, self._left)
        self._left -= taken
        return bytes(taken)


def test_a_file_is_read_in_pieces() -> None:
    stream = _Endless(300 * 1024 * 1024)
    digest = digest_of(stream, "sha256")  # type: ignore[arg-type]
    assert 0 < stream.longest <= 1024 * 1024
    whole = hashlib.sha256()
    for _ in range(300):
        whole.update(bytes(1024 * 1024))
    assert digest.value == whole.digest()


def _mutations(signature: bytes, count: int) -> Iterator[bytes]:
    dice = random.Random(6)
    for _ in range(count):
        changed = bytearray(signature)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(changed))
            what = dice.randrange(3)
            if what == 0:
                changed[at] ^= 1 << dice.randrange(8)
            elif what == 1:
                del changed[at : at + dice.randint(1, 40)]
            else:
                changed[at:at] = dice.randbytes(dice.randint(1, 8))
        yield bytes(changed)


def test_mutated_signatures_are_refused_or_reported(world: Sealers) -> None:
    """None breaks the reader, and none is worth more than it was."""
    signature = signed(world, stamped=True, proofs=world.proofs)
    (original,) = messages.read_all(signature)
    refused = 0
    for changed in _mutations(signature, 300):
        try:
            report = verify_detached(BytesIO(FILE), changed, world.trust, NOW)
        except SignatureUnreadable:
            refused += 1
            continue
        json.dumps(to_json(report))
        if report.verdict is Verdict.VALID:
            _same_statement(changed, original)
    assert 50 < refused < 300


def _same_statement(changed: bytes, original: Message | Flaw) -> None:
    """Unsigned parts may differ (a list, a certificate that nobody needs); what was signed may not."""
    assert isinstance(original, Message)
    for one in messages.read_all(changed):
        assert isinstance(one, Message)
        assert one.signer["signed_attrs"].dump() == original.signer["signed_attrs"].dump()
        assert one.certificate.dump() == original.certificate.dump()


def test_what_is_no_signature(world: Sealers) -> None:
    for broken in (b"", b"\x30", b"-----BEGIN CMS-----\n!!\n-----END CMS-----", FILE, b"\x30\x82" * 9000):
        with pytest.raises(SignatureUnreadable):
            report_on(world, broken)


def test_two_signers_of_one_file(world: Sealers, issuer: Issuer, tmp_path: Path) -> None:
    """As openssl puts them into one message: each is judged by itself."""
    (tmp_path / "file").write_bytes(FILE)
    (tmp_path / "one.p7s").write_bytes(signed(world))
    other = issuer.identity("rsa-2048")
    key = other.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    status, said = run(
        *("openssl", "cms", "-resign", "-binary", "-inform", "DER", "-in", tmp_path / "one.p7s"),
        *("-signer", pem(tmp_path / "signer.pem", other.certificate), "-inkey", tmp_path / "key.pem"),
        *("-outform", "DER", "-out", tmp_path / "two.p7s", "-content", tmp_path / "file"),
    )
    assert status == 0, said
    report = verify_detached(BytesIO(FILE), (tmp_path / "two.p7s").read_bytes(), world.trust, NOW)
    assert sorted((one.intact, one.problems) for one in report.signers) == [
        (True, ("issuer_untrusted",)),
        (True, ("revocation_unchecked",)),
    ]


def test_an_enveloping_signature_is_none_beside_a_file(world: Sealers) -> None:
    message = cms.ContentInfo.load(signed(world))
    message["content"]["encap_content_info"]["content"] = FILE
    with pytest.raises(SignatureUnreadable):
        report_on(world, message.dump(force=True))


def test_certificates_that_name_each_other_in_a_circle_are_no_maze() -> None:
    """Twelve CAs of one name: there are more ways between them than anybody could walk."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(12)]
    circle = [_issued("X", key, keys[at - 1], is_ca=True) for at, key in enumerate(keys)]
    leaf = ec.generate_private_key(ec.SECP256R1())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(FILE)
    builder = builder.add_signer(_issued("leaf", leaf, keys[0]), leaf, hashes.SHA256())
    for one in circle:
        builder = builder.add_certificate(one)
    signature = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
    root = ec.generate_private_key(ec.SECP256R1())
    trust = Trust.of([_issued("X", root, root, is_ca=True)])  # which the circle claims to be below
    found = only(verify_detached(BytesIO(FILE), signature, trust, NOW))
    assert (found.intact, found.problems) == (True, ("certificate_untrusted",))


def _issued(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, is_ca: bool = False
) -> x509.Certificate:
    named, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, "X"))
    made = x509.CertificateBuilder(issuer, named, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    return made.add_extension(x509.BasicConstraints(is_ca, None), True).sign(by, hashes.SHA256())
