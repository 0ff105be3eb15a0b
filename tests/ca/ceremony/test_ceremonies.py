"""Ceremonies from the shipped plans, on SoftHSM2, with openssl and pdftotext as judges."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.steps import AuthorityName, make_root
from ca.ceremony.words import fingerprint_words
from ca.crl import sign_crl
from tests.ca.ceremony.conftest import Place
from tests.ca.judges import run

NOW = datetime.now(UTC)


def test_a_root_by_officers_of_whom_two_of_three_open_the_token(place: Place) -> None:
    said = place.performed("root.yaml")
    root = place.certificate("root/root.pem")
    assert root.subject == root.issuer
    assert place.crl("root/root.crl").is_signature_valid(root.public_key())  # type: ignore[arg-type]
    shares = [(place.folder / "shares" / f"officer-{number}.txt").read_text().strip() for number in (1, 2, 3)]
    assert len(set(shares)) == 3
    assert stat.S_IMODE((place.folder / "shares" / "officer-1.txt").stat().st_mode) == 0o600
    everything = said + "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in place.made("root").iterdir()
    )
    assert not any(share in everything for share in shares)
    words = fingerprint_words(root.fingerprint(hashes.SHA256()))
    assert " ".join(words) in said

    # Any two, in whatever order, and typed in capitals by hand.
    (place.folder / "shares" / "officer-1.txt").write_text(shares[2].upper())
    place.request("issuing-2.csr")
    place.performed("issuing.yaml")
    code, out = run(
        "openssl", "verify", "-x509_strict", "-CAfile", place.made("root/root.pem"),
        place.made("issuing-2/issuing.pem"),
    )  # fmt: skip
    assert code == 0, out


def test_the_transcript_is_signed_and_can_be_read(rooted: Place) -> None:
    folder = rooted.made("root")
    for name in ("transcript.json", "transcript.pdf"):
        code, said = run(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / f"{name}.p7s",
            "-content", folder / name, "-CAfile", folder / "root.pem", "-purpose", "any", "-out", "/dev/null",
            "-certfile", folder / "transcript-signer.pem",
        )  # fmt: skip
        assert code == 0, said
    told = json.loads((folder / "transcript.json").read_text(encoding="utf-8"))
    assert told["plan"] == (rooted.folder / "root.yaml").read_text(encoding="utf-8")
    assert told["officers"] == {"threshold": 2, "count": 3}
    assert told["rehearsal"] is False
    hashed = run("sha256sum", folder / "root.pem")[1].split()[0]
    assert told["files"]["root.pem"] == hashed
    _, text = run("pdftotext", "-layout", folder / "transcript.pdf", "-")
    plain = re.sub(r"\s", "", text).replace("\u200b", "")
    assert "根密钥仪式" in plain
    assert told["certificates"][0]["sha256"] in plain
    assert run("sha256sum", folder / "transcript.json")[1].split()[0] in plain
    assert "演练" not in plain


def test_a_request_signed_by_another_key_is_refused(rooted: Place) -> None:
    rooted.request("issuing-2.csr")
    request = x509.load_pem_x509_csr(rooted.made("issuing-2.csr").read_bytes())
    der = bytearray(request.public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    rooted.made("issuing-2.csr").write_bytes(forged)
    rooted.refused("issuing.yaml")
    assert not rooted.made("issuing-2").exists()


def test_nothing_is_overwritten(rooted: Place) -> None:
    before = rooted.made("root/root.pem").read_bytes()
    assert "已存在" in rooted.refused("root.yaml")
    rooted.change("root.yaml", "out: made/root", "out: made/other")
    assert "已初始化" in rooted.refused("root.yaml")
    assert rooted.made("root/root.pem").read_bytes() == before
    assert not rooted.made("other").exists()


def test_too_few_or_wrong_shares_open_nothing(rooted: Place) -> None:
    rooted.request("issuing-2.csr")
    share = rooted.folder / "shares" / "officer-2.txt"
    words = share.read_text().split()
    share.write_text((rooted.folder / "shares" / "officer-1.txt").read_text())
    assert "shares_refused" in rooted.refused("issuing.yaml")
    share.write_text(" ".join([*words[:-1], "academic" if words[-1] != "academic" else "acid"]))
    said = rooted.refused("issuing.yaml")
    assert "shares_refused" in said
    assert words[4] not in said
    assert not rooted.made("issuing-2").exists()


def test_people_who_do_not_agree_stop_it(rooted: Place) -> None:
    rooted.request("issuing-2.csr")
    done = rooted.perform("issuing.yaml", "--shares", "shares", "--softhsm", "tokens", said="n\n")
    assert done.returncode == 1
    done = rooted.perform("issuing.yaml", "--shares", "shares", "--softhsm", "tokens", said="y\nn\n")
    assert "在场人员未确认" in done.stderr
    assert not rooted.made("issuing-2").exists()
    done = rooted.perform("issuing.yaml", "--shares", "shares", "--softhsm", "tokens", said="y\ny\n")
    assert done.returncode == 0, done.stderr


def test_the_roots_list_goes_on_and_names_what_is_revoked(rooted: Place) -> None:
    rooted.request("issuing-2.csr")
    rooted.performed("issuing.yaml")
    rooted.performed("root-crl.yaml")
    listed = rooted.crl("root-crl-2/root.crl")
    serial = rooted.certificate("issuing-2/issuing.pem").serial_number
    assert [one.serial_number for one in listed] == [serial]
    assert listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    (rooted.made("crl.pem")).write_bytes(listed.public_bytes(Encoding.PEM))
    code, said = run(
        "openssl", "verify", "-crl_check", "-CAfile", rooted.made("root/root.pem"),
        "-CRLfile", rooted.made("crl.pem"), rooted.made("issuing-2/issuing.pem"),
    )  # fmt: skip
    assert code != 0
    assert "certificate revoked" in said
    # The next one keeps the entry; revoking once more is refused.
    rooted.change("root-crl.yaml", "previous: made/root/root.crl", "previous: made/root-crl-2/root.crl")
    rooted.change("root-crl.yaml", "out: made/root-crl-2", "out: made/root-crl-3")
    assert "已在列表中" in rooted.refused("root-crl.yaml")


def test_a_list_that_would_forget_the_one_before_is_refused(rooted: Place) -> None:
    rooted.request("issuing-2.csr")
    rooted.performed("issuing.yaml")
    plan = rooted.folder / "root-crl.yaml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("previous: made/root/root.crl\n", ""), encoding="utf-8")
    assert "either previous, the list before, or first: true" in rooted.refused("root-crl.yaml")
    one = "  - {certificate: made/issuing-2/issuing.pem, reason: superseded}\n"
    plan.write_text(text.replace(one, one * 2), encoding="utf-8")
    assert "已在列表中" in rooted.refused("root-crl.yaml")
    assert not rooted.made("root-crl-2").exists()


def another_ca(name: str = "合作 CA", organization: str = "合作认证中心") -> tuple[x509.Certificate, bytes]:
    """Its certificate and a list of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = make_root(key, AuthorityName(name, organization), NOW - timedelta(days=1), 3000)  # type: ignore[arg-type]
    listed = sign_crl(made, [(7, NOW, "superseded")], 1, NOW, NOW + timedelta(days=30))
    return made.certificate, listed.public_bytes(Encoding.DER)


def test_another_ca_is_cross_certified_within_its_names(rooted: Place) -> None:
    partner, _ = another_ca()
    rooted.made("partner.pem").write_bytes(partner.public_bytes(Encoding.PEM))
    rooted.performed("cross.yaml")
    cross = rooted.certificate("cross/cross.pem")
    assert (cross.subject, cross.public_key()) == (partner.subject, partner.public_key())
    assert cross.extensions.get_extension_for_class(x509.NameConstraints).critical
    code, said = run(
        "openssl", "verify", "-CAfile", rooted.made("root/root.pem"), rooted.made("cross/cross.pem")
    )
    assert code == 0, said


def test_a_partner_that_counts_key_identifiers_in_another_way_is_found_by_its_own(rooted: Place) -> None:
    """RFC 7093, section 2: the first 160 bits of SHA-256. What it issued before must verify through us."""
    key, name = ec.generate_private_key(ec.SECP256R1()), AuthorityName("合作 CA", "合作认证中心").name()
    identifier = x509.SubjectKeyIdentifier(hashlib.sha256(b"in another way").digest()[:20])
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 5, NOW - timedelta(days=1), NOW + timedelta(3000)
        )
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.KeyUsage(*[False] * 5, True, True, False, False), critical=True)
        .add_extension(identifier, critical=False)
    )
    rooted.made("partner.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    rooted.performed("cross.yaml")
    organization = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "合作认证中心")])
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        x509.CertificateBuilder(name, organization, leaf_key.public_key(), 6, NOW, NOW + timedelta(days=90))
        .add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
    )
    rooted.made("leaf.pem").write_bytes(leaf.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    code, said = run(
        "openssl", "verify", "-x509_strict", "-CAfile", rooted.made("root/root.pem"),
        "-untrusted", rooted.made("cross/cross.pem"), rooted.made("leaf.pem"),
    )  # fmt: skip
    assert code == 0, said


def test_a_lock_ca_is_trusted_only_with_the_fingerprint_that_was_told(rooted: Place) -> None:
    legacy, listed = another_ca("老锁 CA", "某锁厂商")
    rooted.made("legacy.pem").write_bytes(legacy.public_bytes(Encoding.PEM))
    rooted.change("lock-ca.yaml", "trust: ../../var/lock-cas", "trust: made/trust")
    rooted.made("trust").mkdir()
    assert "指纹与计划不符" in rooted.refused("lock-ca.yaml")
    assert list(rooted.made("trust").iterdir()) == []
    told = legacy.fingerprint(hashes.SHA256()).hex(":")
    text = (rooted.folder / "lock-ca.yaml").read_text(encoding="utf-8")
    text = re.sub(r'sha256: ".*"', f'sha256: "{told}"\nrevocations: made/legacy.crl', text)
    (rooted.folder / "lock-ca.yaml").write_text(text, encoding="utf-8")
    rooted.made("legacy.crl").write_bytes(listed)
    rooted.performed("lock-ca.yaml")
    assert sorted(path.name for path in rooted.made("trust").iterdir()) == ["legacy.crl", "legacy.pem"]


def test_a_new_root_key_is_linked_with_the_old_one_and_the_old_one_destroyed(rooted: Place) -> None:
    rooted.request("issuing-2.csr")
    rooted.performed("issuing.yaml")
    rooted.performed("rekey.yaml")
    new = rooted.made("root-2/root.pem")
    # Whoever has only the new root verifies what the old one signed, through the link; and the other way.
    for trusted, link, leaf in (
        (new, "old-with-new.pem", rooted.made("issuing-2/issuing.pem")),
        (rooted.made("root/root.pem"), "new-with-old.pem", None),
    ):
        chain = rooted.made(f"root-2/{link}")
        asked = ["openssl", "verify", "-CAfile", trusted]
        asked += [chain] if leaf is None else ["-untrusted", chain, leaf]
        code, said = run(*asked)
        assert code == 0, said
    said = rooted.performed("destroy.yaml")
    assert "完成" in said
    told = json.loads(rooted.made("destroyed/transcript.json").read_text(encoding="utf-8"))
    assert "已从设备中销毁" in told["notes"][0]
    rooted.change("issuing.yaml", "out: made/issuing-2", "out: made/issuing-3")
    assert "key_not_found" in rooted.refused("issuing.yaml")


def test_a_valid_key_is_not_destroyed_by_oversight(rooted: Place) -> None:
    rooted.performed("rekey.yaml")
    rooted.change("destroy.yaml", "before_its_end: true", "before_its_end: false")
    assert "尚未到期" in rooted.refused("destroy.yaml")


@pytest.mark.parametrize("plan", ["root", "issuing", "cross", "lock-ca", "root-crl", "rekey", "destroy"])
def test_every_ceremony_can_be_rehearsed_without_its_token(place: Place, plan: str) -> None:
    """Only public files are at hand: certificates, requests, lists."""
    key = ec.generate_private_key(ec.SECP384R1())
    root = make_root(key, AuthorityName("示例根 CA", "示例认证中心"), NOW - timedelta(days=1))  # type: ignore[arg-type]
    legacy, _ = another_ca()
    for name in ("root", "root-2", "issuing-2"):
        place.made(name).mkdir()
    pem = root.certificate.public_bytes(Encoding.PEM)
    if plan != "root":
        place.made("root/root.pem").write_bytes(pem)
        listed = sign_crl(root, [], 1, NOW, NOW + timedelta(days=30))
        place.made("root/root.crl").write_bytes(listed.public_bytes(Encoding.DER))
    if plan == "destroy":
        place.made("root-2/root.pem").write_bytes(pem)
    if plan == "root-crl":
        place.made("issuing-2/issuing.pem").write_bytes(pem)  # the root signed its own
    place.made("partner.pem").write_bytes(legacy.public_bytes(Encoding.PEM))
    place.made("legacy.pem").write_bytes(legacy.public_bytes(Encoding.PEM))
    told = legacy.fingerprint(hashes.SHA256()).hex(":")
    text = (place.folder / "lock-ca.yaml").read_text(encoding="utf-8")
    (place.folder / "lock-ca.yaml").write_text(re.sub(r'sha256: ".*"', f'sha256: "{told}"', text))
    place.request("issuing-2.csr")
    done = place.perform(f"{plan}.yaml", "--rehearse")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = place.folder.glob("made/*-rehearsal-*")
    told = json.loads((folder / "transcript.json").read_text(encoding="utf-8"))
    assert told["rehearsal"] is True  # type: ignore[index]
    _, shown = run("pdftotext", folder / "transcript.pdf", "-")
    assert "演练" in shown
    assert not place.folder.parent.parent.joinpath("var", "lock-cas").exists()


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("threshold: 2, count: 3", "threshold: 4, count: 3", 10, "threshold is higher"),
        ("kind: p-384", "kind: ed25519", 11, "a CA's key is one of"),
        ("days: 7305", "days: 99999", 13, "less than or equal to"),
        ("place: 机房一", "palce: 机房一", 4, "Extra inputs"),
        ("ceremony: root", "ceremony: rot", 2, "does not match any of the expected tags"),
        ("label: root\n", "label: root\n  label: root\n", 10, "said twice"),
    ],
)
def test_a_plan_with_an_error_is_refused_with_its_line(
    place: Place, before: str, after: str, line: int, told: str
) -> None:
    place.change("root.yaml", before, after)
    said = place.refused("root.yaml")
    assert f"root.yaml:{line}: " in said
    assert told in said


def test_what_the_linter_refuses_is_never_signed(place: Place) -> None:
    place.change("root.yaml", "organization: 示例认证中心", "organization: " + "长" * 100)
    assert "lint_failed" in place.refused("root.yaml")
    assert not (place.folder / "shares").exists()  # no token was touched
