"""What of this installation ends when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509

from ca import deadlines
from ca.authorities import Authorities
from ca.crl import CrlLibrary
from ca.deadlines import Deadline


class Deadlines:
    """The CAs, the certificates they need to serve, and all lists. ``root_list``: the file of the root's.

    ``own``: gives (name, certificate) of those that the CA needs to serve.
    """

    def __init__(
        self,
        root: x509.Certificate,
        root_list: Path,
        authorities: Authorities,
        own: Callable[[], list[tuple[str, x509.Certificate]]],
        lists: CrlLibrary,
        clock: Callable[[], datetime],
    ) -> None:
        self._root = root
        self._root_list = root_list
        self._authorities = authorities
        self._own = own
        self._lists = lists
        self._clock = clock

    def all(self) -> list[Deadline]:
        """Every end that lies ahead or has just passed unattended."""
        return [*self._certificates(), *self._revocation_lists()]

    def _certificates(self) -> Iterator[Deadline]:
        yield deadlines.of_authority("root", self._root)
        for issuing in self._authorities.all():
            certificate = issuing.authority.certificate
            if self._clock() < certificate.not_valid_after_utc:  # one that has ended has a successor
                yield deadlines.of_authority(issuing.name, certificate)
        for label, certificate in self._own():
            yield deadlines.of_own(label, certificate)

    def _revocation_lists(self) -> Iterator[Deadline]:
        root_list = x509.load_der_x509_crl(self._root_list.read_bytes())
        if root_list.next_update_utc is not None:
            yield deadlines.of_list("root list", root_list.last_update_utc, root_list.next_update_utc)
        for publisher in self._lists.publishers():
            newest = publisher.newest()
            if newest is not None:
                yield deadlines.of_list(f"list {publisher.name}", newest.this_update, newest.next_update)
