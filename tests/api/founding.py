"""A CA below a root that is elsewhere, as most have one.

Set up in a third of the time that the root's own ceremonies take; ``Server.set_up`` holds them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.steps import AuthorityName, make_root, sign_issuing, sign_root_crl, throwaway_key
from ca.hierarchy import Authority
from ca.tbs import Pointers
from hsm import KeyKind
from tests.api.running import Server


def found(server: Server) -> None:
    """Set ``server`` up: its request, the root's answer to it, and the rest."""
    request, pki = server.data.with_name(f"{server.data.name}.csr"), server.data / "pki"
    _command(server, "setup", "--request", str(request))
    root = _root()
    asked = x509.load_pem_x509_csr(request.read_bytes())
    pointers = Pointers(f"{server.url}/pki/root.cer", f"{server.url}/pki/root.crl")
    issuing = sign_issuing(root, asked, datetime.now(UTC), pointers)
    (pki / "issuing.pem").write_bytes(issuing.public_bytes(Encoding.PEM))
    (pki / "root.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (pki / "root.crl").write_bytes(_list().public_bytes(Encoding.DER))
    _command(server, "setup")


def _command(server: Server, *arguments: str) -> None:
    done = server.command(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def _root() -> Authority:
    name = AuthorityName("SealBridge 演示根 CA", "SealBridge 演示认证中心")
    return make_root(throwaway_key(KeyKind.P384), name, datetime.now(UTC))


@cache
def _list() -> x509.CertificateRevocationList:
    return sign_root_crl(_root(), 1, datetime.now(UTC))
