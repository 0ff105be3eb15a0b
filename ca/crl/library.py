"""All lists of all issuing CAs: looked after, and handed out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from ca.authorities import Authorities, IssuingAuthority
from ca.crl.publisher import CrlPolicy, CrlPublisher, OnPublished, Published
from ca.errors import ListUnknown

_FRESH_SECONDS: Final = 0.5

Key = tuple[str, int]


class CrlLibrary:
    """Publishes what is due and serves what was published. Safe for many threads and processes.

    ``on_published``: is told of every edition that this process made.
    """

    def __init__(
        self,
        engine: Engine,
        authorities: Authorities,
        clock: Callable[[], datetime],
        policy: CrlPolicy | None = None,
        on_published: OnPublished | None = None,
    ) -> None:
        self._engine = engine
        self._authorities = authorities
        self._clock = clock
        self._policy = policy or CrlPolicy()
        self._on_published = on_published
        self._held: dict[Key, tuple[float, Published]] = {}

    def publishers(self) -> Iterator[CrlPublisher]:
        """One for every list. A CA whose own certificate has expired publishes no more."""
        for issuing in self._authorities.all():
            if self._clock() < issuing.authority.certificate.not_valid_after_utc:
                for shard in range(issuing.crl_shards):
                    yield self._publisher(issuing, shard)

    def publish_due(self) -> int:
        """Make the editions that are due; returns how many. Raises HsmError when none could be made."""
        made = 0
        for publisher in list(self.publishers()):
            edition = publisher.publish_due(self._clock())
            if edition is not None:
                self._tell(publisher, edition)
                made += 1
        self._held.clear()
        return made

    def publish_all(self) -> int:
        """Make a new edition of every list, now; returns how many. Raises HsmError."""
        publishers = list(self.publishers())
        for one in publishers:
            self._publish(one)
        self._held.clear()
        return len(publishers)

    def edition(self, name: str, shard: int | None = None) -> Published:
        """The newest edition of a CA's list, at most half a second behind other processes.

        ``shard``: None where the CA has one list. A first edition is made when there is none. An edition
        past its time is given all the same: relying parties see the date. Raises ListUnknown,
        AuthorityUnknown, HsmError.
        """
        issuing = self._authorities.named(name)
        if (shard is None) != (issuing.crl_shards == 1) or not 0 <= (shard or 0) < issuing.crl_shards:
            raise ListUnknown(f"{name} has {issuing.crl_shards} lists")
        return self._edition(issuing, shard or 0)

    def _edition(self, issuing: IssuingAuthority, shard: int) -> Published:
        key = (issuing.key_id, shard)
        checked_at, held = self._held.get(key, (0.0, None))
        if held is not None and time.monotonic() - checked_at < _FRESH_SECONDS:
            return held
        publisher = self._publisher(issuing, shard)
        if held is None or publisher.newest_number() != held.number:
            held = publisher.newest() or self._publish(publisher)
        self._held[key] = (time.monotonic(), held)
        return held

    def _publish(self, publisher: CrlPublisher) -> Published:
        made = publisher.publish(self._clock())
        self._tell(publisher, made)
        return made

    def _tell(self, publisher: CrlPublisher, made: Published) -> None:
        if self._on_published is not None:
            self._on_published(publisher.name, made)

    def _publisher(self, issuing: IssuingAuthority, shard: int) -> CrlPublisher:
        return CrlPublisher(self._engine, issuing, shard, self._policy)
