"""A small PKI of software keys, a seal, and a page to put it on."""

from __future__ import annotations

import pytest

from ca.seals.picture import SealDesign, SealKind, SealPicture, draw_seal
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import ENTERPRISE, Issuer


@pytest.fixture(scope="session")
def root() -> Issuer:
    return Issuer("文件测试根")


@pytest.fixture(scope="session")
def issuer(root: Issuer) -> Issuer:
    return Issuer("文件测试签发", parent=root)


@pytest.fixture(scope="session")
def picture() -> SealPicture:
    return draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, "3713250012345"))


@pytest.fixture(scope="session")
def page() -> bytes:
    return plain_pdf()
