"""A CA with responder and time stamper on the bench's token, and an enterprise that seals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bench.setting import FOLDER
from ca.ceremony.steps import AuthorityName, make_root, request_certificate, sign_issuing
from ca.hierarchy import Authority
from ca.tbs import Pointers
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import Clock
from tests.ca.documents.lasting_world import World, make_ca, make_world


@contextmanager
def lasting(token: Token) -> Iterator[World]:
    """P-256 throughout."""
    keys, now = TokenKeys(token), datetime.now(UTC).replace(microsecond=0)
    root = make_root(keys.generate("bench-root", KeyKind.P256), AuthorityName("基准根", "基准"), now)
    key = keys.generate("bench-issuing", KeyKind.P256)
    request = request_certificate(key, AuthorityName("基准签发", "基准"))
    pointers = Pointers("http://ca.example/root.cer", "http://ca.example/root.crl")
    issuing = Authority(sign_issuing(root, request, now, pointers), key, (root.certificate,))
    folder = FOLDER / "lasting"
    folder.mkdir()
    ca = make_ca((root, issuing), folder, Clock(now))
    yield make_world(ca, token, ca.clock, folder)
    ca.engine.dispose()
