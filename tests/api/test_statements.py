"""Statements and approvals: read by PyJWT, and their certificates judged by OpenSSL."""

# ruff: noqa: F811 - fixtures of the CA's tests

from __future__ import annotations

import base64
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.statements.signing import APPROVAL, SIGNS_STATEMENTS, STATEMENT, Statements, sign_approval
from ca.distinguished import SubjectFacts
from ca.documents.cms_making import SigningIdentity
from ca.issuance import IssuanceRequest
from ca.own_certificates import OwnCertificates, Role
from ca.profiles import shipped_profiles
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import CREDIT_CODE, SmallCa, authorities, clock, engine, small_ca  # noqa: F401


@pytest.fixture
def statements(small_ca: SmallCa, token: Token) -> Statements:
    keys, clock = TokenKeys(token), small_ca.clock
    own = OwnCertificates(
        small_ca.engine, small_ca.authorities, small_ca.issuer, keys, clock, "封桥测试", KeyKind.P256
    )
    return Statements(lambda: own.current(Role.STATEMENT), "https://ca.example.cn", clock)


def test_a_statement_is_checked_by_its_certificates_alone(
    statements: Statements,
    small_ca: SmallCa,
    tmp_path: Path,
) -> None:
    signed = statements.sign({"aud": "https://trade.example.cn", "kind": "login"}, timedelta(minutes=5))
    header, claims = read(signed, small_ca.root.certificate, tmp_path)
    now = int(small_ca.clock().timestamp())
    assert claims == {
        "iss": "https://ca.example.cn",
        "aud": "https://trade.example.cn",
        "kind": "login",
        "iat": now,
        "exp": now + 300,
    }
    assert (header["typ"], header["alg"], len(header["x5c"])) == (STATEMENT, "ES256", 2)


def test_a_statement_without_a_lifetime_stays_true(statements: Statements) -> None:
    assert "exp" not in jwt.decode(statements.sign({"kind": "bind"}), options={"verify_signature": False})


@pytest.mark.parametrize("claim", ["iss", "iat", "exp"])
def test_nobody_speaks_for_another_issuer_or_time(statements: Statements, claim: str) -> None:
    with pytest.raises(ValueError, match=claim):
        statements.sign({claim: 0})


def test_a_changed_statement_is_no_statement(statements: Statements, small_ca: SmallCa) -> None:
    header, payload, signature = statements.sign({"person": "张伟"}).split(".")
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(payload + "==").replace(b"\xbc", b"\xbd"))
    key: Any = statements.identity().certificate.public_key()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{header}.{forged.decode().rstrip('=')}.{signature}", key, ["ES256"])


def test_only_the_services_own_signer_speaks_for_it(statements: Statements) -> None:
    usage = statements.identity().certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert [one.dotted_string for one in usage.value] == [SIGNS_STATEMENTS]
    speaking = {name for name, one in shipped_profiles().items() if SIGNS_STATEMENTS in one.extended_usages}
    assert speaking == {"statement-signer"}


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        (KeyKind.RSA_2048, "RS256"),
        (KeyKind.P256, "ES256"),
        (KeyKind.P384, "ES384"),
        (KeyKind.ED25519, "EdDSA"),
    ],
)
def test_a_person_approves_with_any_kind_of_key(
    small_ca: SmallCa,
    token: Token,
    tmp_path: Path,
    kind: KeyKind,
    algorithm: str,
) -> None:
    key = TokenKeys(token).generate(f"person-{kind}", kind)
    subject = SubjectFacts(enterprise_name="临沂阳光建设有限公司", credit_code=CREDIT_CODE)
    request = IssuanceRequest(f"approval/{kind}", "enterprise-signing", subject, key.public_key())
    certificate = small_ca.issuer.issue(request).certificate
    chain = (small_ca.root.certificate, small_ca.authority.certificate)  # in the wrong order
    signed = sign_approval(SigningIdentity(key, certificate, chain), {"documents": ["招标文件"]})
    header, claims = read(signed, small_ca.root.certificate, tmp_path)
    assert (header["typ"], header["alg"]) == (APPROVAL, algorithm)
    assert claims == {"documents": ["招标文件"]}


def read(signed: str, root: x509.Certificate, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, as somebody reads them who knows the root alone."""
    header = jwt.get_unverified_header(signed)
    chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in header["x5c"]]
    assert root not in chain
    for name, certificates in (("root", [root]), ("issuers", chain[1:]), ("signer", chain[:1])):
        pem = b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
        (folder / f"{name}.pem").write_bytes(pem)
    known = ["openssl", "verify", "-no_check_time", "-CAfile", "root.pem", "-untrusted", "issuers.pem"]
    subprocess.run([*known, "signer.pem"], cwd=folder, check=True, capture_output=True)
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    key: Any = chain[0].public_key()
    return header, jwt.decode(signed, key, [header["alg"]], options)
