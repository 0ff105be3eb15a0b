"""Fetching revocation lists, for platforms that want to know of a revocation before the certificate ends.

lists = RevocationLists()
trust = trust.with_lists(lists.for_certificates(answer_certificates))
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from cryptography import x509

from mobile_bridge.sdk.errors import Unreachable

_MAX_LIST: Final = 32 * 1024 * 1024
_TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)


class RevocationLists:
    """The newest list at each address that certificates name, fetched again when older than ``keep``.

    Whose lists they are and whether they are in force is judged by ``Trust.check``, not here.
    """

    def __init__(self, keep: timedelta = timedelta(hours=1)) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[datetime, x509.CertificateRevocationList]] = {}

    def for_certificates(
        self, certificates: Iterable[x509.Certificate]
    ) -> list[x509.CertificateRevocationList]:
        """The lists that the certificates name. Raises Unreachable: then nothing is known of a revocation."""
        addresses = {address for one in certificates for address in addresses_of(one)}
        return [self._at(address) for address in sorted(addresses)]

    def _at(self, address: str) -> x509.CertificateRevocationList:
        now = datetime.now(UTC)
        with self._lock:
            kept = self._kept.get(address)
        if kept is not None and now - kept[0] < self._keep:
            return kept[1]
        fetched = _fetch(address)
        with self._lock:
            self._kept[address] = (now, fetched)
        return fetched


def addresses_of(certificate: x509.Certificate) -> Iterator[str]:
    """Where a certificate says that lists are (RFC 5280, section 4.2.1.13); HTTP alone."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith("http"):
                yield name.value


def _fetch(address: str) -> x509.CertificateRevocationList:
    try:
        response = httpx.get(address, timeout=_TIMEOUT)
        response.raise_for_status()
        if len(response.content) > _MAX_LIST:
            raise Unreachable(f"{address}: more than {_MAX_LIST} bytes")
        return x509.load_der_x509_crl(response.content)
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(f"{address}: no revocation list: {type(error).__name__}") from error
