"""What the tool believes of certificates: those that lead to the root of the project, whoever passed them on.

The centre hands out the certificates to which bids are encrypted. A centre that was broken into could hand
out its own, and read bids before the opening; so each is followed up to the signing service's root here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from mobile_bridge.bidding.errors import NotTrusted
from mobile_bridge.envelopes.landing import landing
from mobile_bridge.sdk import NotVerified, Started, Trust, verify_statement

_MOST: Final = 64 * 1024
_REGISTER_PREFIX: Final = "NTRCN-"  # ETSI EN 319 412-1, section 5.1.4


class Believing:
    """The root in ``folder``, and the certificates between that were fetched."""

    def __init__(self, folder: Path, service: str) -> None:
        self._file, self._service = folder / "root.pem", service.rstrip("/")

    @property
    def root(self) -> x509.Certificate:
        """Of the project: given by the person, else fetched from the service once. Raises NotTrusted."""
        if not self._file.exists():
            der = self._fetched(f"{self._service}/pki/root.cer", "根证书")
            pem = _read(der, "根证书").public_bytes(Encoding.PEM)
            with landing(self._file) as file:
                file.write(pem)
        return _read(self._file.read_bytes(), "根证书")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root, for people to compare."""
        return self.root.fingerprint(SHA256()).hex(":").upper()

    def record(self, told: Mapping[str, Any], origin: str) -> dict[str, Any]:
        """The company's record and certificates (PEM, by use) of a ``record`` scan. Raises NotTrusted."""
        try:
            started = Started.from_dict(told["started"])
            if started.audience != origin or started.kind != "record":
                raise NotVerified("other_audience", f"for {started.audience}")
            statement = verify_statement(told["answer"]["statement"], started, Trust((self.root,)))
            certificates = statement.certificates(told["answer"])
        except (NotVerified, KeyError, TypeError) as error:
            why = getattr(error, "message", "格式不正确")
            raise NotTrusted(str(error), what="诚信库信息", why=why) from error
        pems = {use: one.public_bytes(Encoding.PEM).decode() for use, one in certificates.items()}
        return {"told": statement["record"], **pems}

    def check(self, certificate: x509.Certificate, who: str) -> None:
        """Whether a certificate leads to the root and is in force. Raises NotTrusted."""
        try:
            between = () if certificate.issuer == self.root.subject else (self._issuer(certificate, who),)
            Trust((self.root,)).check(certificate, between, frozenset(), datetime.now(UTC))
        except NotVerified as error:
            raise NotTrusted(str(error), what=f"{who}的加密证书", why=error.message) from error

    def _issuer(self, certificate: x509.Certificate, who: str) -> x509.Certificate:
        """Where the certificate says its issuer's is (RFC 5280, section 4.2.2.1)."""
        what = f"{who}的加密证书"
        try:
            access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        except x509.ExtensionNotFound:
            raise NotTrusted("no authority information access", what=what, why="缺少颁发者信息") from None
        for one in access:
            if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS:
                # By the service's own address: what stands in a certificate may be its name to others.
                path = urlsplit(str(one.access_location.value)).path
                return _read(self._fetched(self._service + path, what), what)
        raise NotTrusted("no caIssuers", what=what, why="缺少颁发者信息")

    def _fetched(self, url: str, what: str) -> bytes:
        try:
            answer = httpx.get(url, timeout=20)
            data = answer.raise_for_status().content
        except httpx.HTTPError as error:
            raise NotTrusted(f"{url}: {type(error).__name__}", what=what, why="无法取得颁发者证书") from error
        return data[:_MOST]


def credit_code_of(certificate: x509.Certificate) -> str:
    """统一社会信用代码 of the certificate's organisation; empty without one."""
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    return str(found[0].value).removeprefix(_REGISTER_PREFIX) if found else ""


def _read(data: bytes, what: str) -> x509.Certificate:
    try:
        if data.startswith(b"-----"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise NotTrusted("not a certificate", what=what, why="格式不正确") from error
