from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from ca.distinguished import GMT0015_CREDIT_CODE, SubjectFacts, credit_code_of, id_digest
from ca.errors import KeyTaken, LintFailed, SubjectRefused
from ca.hierarchy import algorithm_name
from ca.issuance import IssuanceRequest
from ca.profile_trial import try_out
from ca.profiles import CertificateProfile, load_profiles, shipped_profiles
from ca.yaml_files import FileInvalid
from hsm import PublicKey
from tests.ca.conftest import CREDIT_CODE, SmallCa
from tests.ca.judges import nss_verify, pem, run

FACTS = SubjectFacts(
    enterprise_name="临沂阳光建设有限公司",
    credit_code=CREDIT_CODE,
    department="投标部",
    person_name="王小明",
    person_number="P-000017",
    id_number="11010519491231002X",
    service_name="测试服务",
    host="bid.example.cn",
    device="LOCK-0001",
)
KEYS: dict[str, PublicKey] = {
    "rsa-2048": rsa.generate_private_key(65537, 2048).public_key(),
    "p-256": ec.generate_private_key(ec.SECP256R1()).public_key(),
    "p-384": ec.generate_private_key(ec.SECP384R1()).public_key(),
    "ed25519": ed25519.Ed25519PrivateKey.generate().public_key(),
}
CASES = [
    (profile, algorithm)
    for profile in shipped_profiles().values()
    for algorithm in KEYS
    if algorithm in profile.key_algorithms
]


@pytest.mark.parametrize(
    ("profile", "algorithm"), CASES, ids=[f"{profile.name}/{algorithm}" for profile, algorithm in CASES]
)
def test_every_shipped_profile_gives_certificates_that_others_accept(
    small_ca: SmallCa, profile: CertificateProfile, algorithm: str, tmp_path: Path
) -> None:
    issued = small_ca.issuer.issue(
        IssuanceRequest(secrets.token_hex(4), profile.name, FACTS, KEYS[algorithm])
    )
    leaf = pem(tmp_path / "leaf.pem", issued.certificate)
    code, said = run(
        *("openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore"),
        *("-attime", str(int(small_ca.clock().timestamp()))),
        *("-CAfile", pem(tmp_path / "root.pem", issued.chain[-1])),
        *("-untrusted", pem(tmp_path / "issuing.pem", issued.chain[0]), leaf),
    )
    assert code == 0, said
    assert run("certtool", "-i", "--infile", leaf)[0] == 0


# NSS's letters: S signs mail and documents, R receives, C is a TLS client, O signs OCSP answers.
NSS_USAGE = {
    "enterprise-signing": "S",
    "clerk-signing": "S",
    "personal": "S",
    "legal-person": "S",
    "lock": "S",
    "enterprise-encryption": "R",
    "clerk-encryption": "R",
    "platform": "C",
    "ocsp-responder": "O",
}


@pytest.mark.parametrize("name", sorted(NSS_USAGE))
@pytest.mark.parametrize("algorithm", ["rsa-2048", "p-256"])
def test_nss_accepts_them_for_their_use(small_ca: SmallCa, name: str, algorithm: str, tmp_path: Path) -> None:
    issued = small_ca.issuer.issue(IssuanceRequest(secrets.token_hex(4), name, FACTS, KEYS[algorithm]))
    code, said = nss_verify(tmp_path, issued.certificate, issued.chain, NSS_USAGE[name])
    assert (code, said.strip().splitlines()[-1]) == (0, "certutil: certificate is valid"), said


def test_nss_refuses_them_for_another_use(small_ca: SmallCa, tmp_path: Path) -> None:
    issued = small_ca.issuer.issue(
        IssuanceRequest(secrets.token_hex(4), "enterprise-encryption", FACTS, KEYS["rsa-2048"])
    )
    code, said = nss_verify(tmp_path, issued.certificate, issued.chain, "S")
    assert code != 0, said


def test_the_enterprise_is_named_by_name_and_code(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    certificate = small_ca.issuer.issue(a_request).certificate
    assert (
        certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
        == FACTS.enterprise_name
    )
    assert credit_code_of(certificate) == CREDIT_CODE


def test_a_lock_has_the_code_in_the_extension_of_gmt_0015_too(small_ca: SmallCa) -> None:
    issued = small_ca.issuer.issue(IssuanceRequest("lock-1", "lock", FACTS, KEYS["p-256"]))
    extension = issued.certificate.extensions.get_extension_for_oid(GMT0015_CREDIT_CODE).value
    assert isinstance(extension, x509.UnrecognizedExtension)
    assert extension.value == b"\x13\x12" + CREDIT_CODE.encode()


def test_an_identity_number_is_in_a_certificate_as_a_salted_digest_alone(small_ca: SmallCa) -> None:
    issued = small_ca.issuer.issue(IssuanceRequest("person-1", "personal", FACTS, KEYS["p-256"]))
    told = issued.certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value
    assert FACTS.id_number is not None
    assert told == id_digest(FACTS.id_number, b"salt") != id_digest(FACTS.id_number, b"pepper")
    assert FACTS.id_number not in str(issued.certificate.subject)
    assert FACTS.id_number not in repr(FACTS)


def test_a_platform_is_a_tls_client_by_its_host_name(small_ca: SmallCa) -> None:
    issued = small_ca.issuer.issue(IssuanceRequest("platform-1", "platform", FACTS, KEYS["p-256"]))
    extensions = issued.certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bid.example.cn"]
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]


def test_certificates_say_where_their_status_is(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    extensions = small_ca.issuer.issue(a_request).certificate.extensions
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    told = {one.access_method._name: one.access_location.value for one in access}
    assert told == {
        "OCSP": "http://ca.example/pki/ocsp",
        "caIssuers": "http://ca.example/pki/issuing-1.cer",
    }
    points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name is not None
    assert points[0].full_name[0].value == "http://ca.example/pki/issuing-1.crl"


@pytest.mark.parametrize(
    ("algorithm", "bits"),
    [("rsa-2048", {"key_encipherment", "data_encipherment"}), ("p-256", {"key_agreement"})],
)
def test_an_encryption_key_is_used_as_its_algorithm_can(
    small_ca: SmallCa, algorithm: str, bits: set[str]
) -> None:
    request = IssuanceRequest("enc-1", "enterprise-encryption", FACTS, KEYS[algorithm])
    usage = small_ca.issuer.issue(request).certificate.extensions.get_extension_for_oid(
        ExtensionOID.KEY_USAGE
    )
    told = {
        name
        for name in ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
        if getattr(usage.value, name)
    }
    assert told | ({"key_agreement"} if usage.value.key_agreement else set()) == bits


def test_a_fact_that_the_profile_needs_is_asked_for(small_ca: SmallCa) -> None:
    with pytest.raises(SubjectRefused) as refused:
        small_ca.issuer.issue(
            IssuanceRequest("c-1", "clerk-signing", replace(FACTS, person_name=None), KEYS["p-256"])
        )
    assert refused.value.facts["field"] == "person_name"


def test_one_key_serves_one_subscriber_and_one_kind(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    small_ca.issuer.issue(a_request)
    other = SubjectFacts(enterprise_name="别家有限公司", credit_code=CREDIT_CODE)
    for change in (
        {"request_id": "x-1", "subject": other},
        {"request_id": "x-2", "profile": "enterprise-encryption"},
    ):
        with pytest.raises(KeyTaken):
            small_ca.issuer.issue(replace(a_request, **change))  # type: ignore[arg-type]


GOOD = """\
name: department
title: 部门证书
key_algorithms: [p-256]
key_usage: [digital_signature]
validity: {max_days: 90}
subject:
  - {attribute: country, literal: CN}
  - {attribute: common_name, source: department}
"""


def test_an_operator_adds_a_profile_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "department.yaml").write_text(GOOD, encoding="utf-8")
    profiles = load_profiles(tmp_path)
    assert profiles["department"].max_days == 90
    assert profiles["enterprise-signing"] == shipped_profiles()["enterprise-signing"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("p-256", "p-255", ":3: key_algorithms.0"),
        ("digital_signature", "digital_sign", ":4: key_usage"),
        ("{max_days: 90}", "{max_days: 9000}", ":5: validity.max_days"),
        ("{max_days: 90}", "{max_days: 90, min_days: 91}", "min_days <= default_days <= max_days"),
        ("source: department", "source: shoe_size", ":8: subject.1.source"),
        ("source: department", "source: department, literal: x", ":8: subject.1"),
        ("title: 部门证书\n", "title: 部门证书\nescrow: true\n", "a signing key has no copy"),
        ("title: 部门证书\n", "title: 部门证书\nsurprise: 1\n", ":3: surprise"),
        ("title: 部门证书\n", "title: 部门证书\ntitle: 又一个\n", ":3: 'title' is said twice"),
        ("[digital_signature]", "[digital_signature", ":5: "),
        ("key_usage: [digital_signature]", "key_usage: [key_cert_sign]", "CA certificates only"),
        ("attribute: common_name", "attribute: title", "common_name"),
        ("name: department", "name: Department!", ":1: name"),
        ("literal: CN", "literal: China", ":7: subject.0"),
        ("literal: CN", "source: department", ":7: subject.0"),
        ("country, literal: CN", "locality, literal: ' 临沂'", ":7: subject.0"),
        ("country, literal: CN", "serial_number, literal: 七号", ":7: subject.0"),
        ("country, literal: CN", "serial_number, source: enterprise_name", ":7: subject.0"),
        ("country, literal: CN", "organization_identifier, source: department", ":7: subject.0"),
        ("subject:", "policies: [{oid: 1.50.3}]\nsubject:", ":6: policies.0"),
        ("subject:", "policies: [{oid: 1.2.156.1, cps: 'https://例子'}]\nsubject:", ":6: policies.0"),
        ("subject:", "policies: [{oid: 1.2.156.1}, {oid: 1.2.156.1}]\nsubject:", "policy is said once"),
        ("subject:", "extended_key_usage: {usages: [1.99.3]}\nsubject:", "object identifiers"),
        ("subject:", "extended_key_usage: {usages: [client_auth, client_auth]}\nsubject:", "said once"),
        ("subject:", "host_names: true\nsubject:", "host_names needs host"),
    ],
)
def test_a_profile_file_with_a_fault_is_refused_by_line(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    assert old in GOOD
    (tmp_path / "department.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(FileInvalid) as refused:
        load_profiles(tmp_path)
    assert f"{tmp_path}/department.yaml:" in str(refused.value)
    assert place in str(refused.value)


def test_a_profile_by_which_no_certificate_can_be_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no rule foresees is found by making one, for every kind of key."""
    (tmp_path / "department.yaml").write_text(GOOD.replace("p-256", "p-384, rsa-2048, ed25519"), "utf-8")
    tried: list[str] = []

    def judge(certificate: x509.Certificate) -> None:
        tried.append(algorithm_name(certificate.public_key()))  # type: ignore[arg-type]

    monkeypatch.setattr("ca.lint._judge", judge)
    load_profiles(tmp_path, try_out)
    assert sorted(tried) == ["ed25519", "p-384", "rsa-2048"]

    def refuse(certificate: x509.Certificate) -> None:
        raise LintFailed("ERROR something")

    monkeypatch.setattr("ca.lint._judge", refuse)
    with pytest.raises(FileInvalid, match=r"department\.yaml:1: .*ERROR something"):
        load_profiles(tmp_path, try_out)


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_every_shipped_profile_passes_its_trial(name: str) -> None:
    try_out(shipped_profiles()[name])


@pytest.mark.parametrize(
    "host",
    ["例子.cn", "a b", "*.example.cn", "审计签名 x", "a..b", "-x.cn", "x" * 64, "10.0.0.7", "", "a.cn."],
)
def test_a_host_that_is_no_dns_name_is_refused(small_ca: SmallCa, host: str) -> None:
    with pytest.raises(SubjectRefused) as refused:
        small_ca.issuer.issue(IssuanceRequest("h", "platform", replace(FACTS, host=host), KEYS["p-256"]))
    assert refused.value.facts["field"] == "host"


@pytest.mark.parametrize("device", ["锁7", "lock_7", "a@b", "", " 7"])
def test_a_device_that_no_serial_number_can_carry_is_refused(small_ca: SmallCa, device: str) -> None:
    with pytest.raises(SubjectRefused) as refused:
        small_ca.issuer.issue(IssuanceRequest("d", "lock", replace(FACTS, device=device), KEYS["p-256"]))
    assert refused.value.facts["field"] == "device"


def test_two_files_cannot_mean_one_profile(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(FileInvalid, match=r"b\.yaml: profile department"):
        load_profiles(tmp_path)
