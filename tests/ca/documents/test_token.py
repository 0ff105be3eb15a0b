"""Sealing with a key that never leaves its token, under the CA's own hierarchy."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from ca.distinguished import SubjectFacts
from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.documents.verification import verify_pdf
from ca.issuance import IssuanceRequest
from ca.seals.picture import SealPicture
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import CREDIT_CODE, SmallCa
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import ENTERPRISE


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_the_token_seals(
    kind: KeyKind, session_token: Token, small_ca: SmallCa, picture: SealPicture, tmp_path: Path
) -> None:
    key = TokenKeys(session_token).generate(f"seal-{secrets.token_hex(4)}", kind)
    subject = SubjectFacts(enterprise_name=ENTERPRISE, credit_code=CREDIT_CODE)
    request = IssuanceRequest("seal", "enterprise-signing", subject, key.public_key(), 30)
    certificate = small_ca.issuer.issue(request).certificate
    chain = (small_ca.authority.certificate, *small_ca.authority.chain)

    identity = SigningIdentity(key, certificate, chain)
    now = small_ca.clock()
    sealed = seal_pdf(plain_pdf(), identity, picture, Place(0, 105, 148), reason="签章", at=now)

    [report] = verify_pdf(sealed, [small_ca.root.certificate], [], [], now)
    assert report.valid, report.problem
    assert report.certificate == certificate
    assert "Signature is Valid" in pdfsig(tmp_path, sealed)
