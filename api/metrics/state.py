"""The installation's state as gauges, read from the database when Prometheus asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from api.applications.rules import Status
from api.applications.tables import application
from api.db import Database
from api.upkeep.deadlines import Deadlines
from ca.crl import CrlLibrary
from ca.tables import certificate

_WAITING = (Status.CONSENT, Status.SUBMITTED, Status.ENDORSED, Status.RETURNED, Status.APPROVED)


class StateCollector(Collector):
    """Waiting applications, unsettled intents, the lists' age, what ends when."""

    def __init__(
        self, db: Database, lists: CrlLibrary, deadlines: Deadlines, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._lists = lists
        self._deadlines = deadlines
        self._clock = clock

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges."""
        yield self._queue()
        yield self._unsettled()
        yield self._ages()
        ends = GaugeMetricFamily(
            "sealbridge_ends_seconds", "Seconds until an own certificate or list ends", labels=["name"]
        )
        for one in self._deadlines.all():
            ends.add_metric([one.name], one.left(self._clock()).total_seconds())
        yield ends

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def _queue(self) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(
            "sealbridge_applications_waiting", "Applications that wait for somebody", labels=["status"]
        )
        asked = select(application.c.status, func.count()).where(application.c.status.in_(_WAITING))
        with self._db.read() as tx:
            counted = {row[0]: row[1] for row in tx.execute(asked.group_by(application.c.status))}
        for status in _WAITING:
            gauge.add_metric([status], counted.get(status, 0))
        return gauge

    def _unsettled(self) -> GaugeMetricFamily:
        late = self._clock() - timedelta(minutes=2)
        asked = select(func.count()).where(
            certificate.c.state == "intended", certificate.c.prepared_at < late
        )
        with self._db.read() as tx:
            count = tx.execute(asked).scalar_one()
        return GaugeMetricFamily(
            "sealbridge_intents_unsettled", "Intents of certificates that nobody completes", value=count
        )

    def _ages(self) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(
            "sealbridge_list_age_seconds", "Age of the newest revocation list", labels=["list"]
        )
        for publisher in self._lists.publishers():
            newest = publisher.newest()
            if newest is not None:
                gauge.add_metric([publisher.name], (self._clock() - newest.this_update).total_seconds())
        return gauge
