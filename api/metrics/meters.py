"""The meters of one process. No label ever names a person, an enterprise or a serial number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
_WEB: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Meters:
    """Registers the meters with a registry of its own; also the ``Observer`` of the tokens (``hsm``)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "sealbridge_http_request_seconds",
            "Requests by route and status",
            ["method", "route", "status"],
            buckets=_WEB,
            registry=self.registry,
        )
        self._signatures = Histogram(
            "sealbridge_signature_seconds",
            "Signatures on a token by key, waiting for a session included",
            ["key"],
            buckets=_FAST,
            registry=self.registry,
        )
        self._hsm_errors = Counter(
            "sealbridge_hsm_errors",
            "Errors of tokens by stable code",
            ["token", "code"],
            registry=self.registry,
        )
        self._issued = Counter(
            "sealbridge_certificates_issued",
            "Certificates that this process issued",
            ["profile"],
            registry=self.registry,
        )
        self._status_changes = Counter(
            "sealbridge_status_changes",
            "Suspensions, releases and revocations by this process",
            ["act"],
            registry=self.registry,
        )

        self._stamps = Counter(
            "sealbridge_time_stamps", "Time stamps given by this process", registry=self.registry
        )
        self._failed_chores = Counter(
            "sealbridge_chores_failed",
            "Failures of what the service does by itself",
            ["chore"],
            registry=self.registry,
        )

        self._failed_jobs = Counter(
            "sealbridge_jobs_failed",
            "Attempts at jobs that failed in this process",
            ["job"],
            registry=self.registry,
        )

    def requested(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """One HTTP request was answered. ``route``: its pattern, None when no route matched."""
        self._requests.labels(method, route or "(none)", str(status)).observe(seconds)

    def count_waiting(self, pages: Callable[[], int]) -> None:
        """Have readers told how many pages wait for a scan at this process."""
        told = "Pages that wait for a scan at this process"
        Gauge("sealbridge_pages_waiting", told, registry=self.registry).set_function(pages)

    def signed(self, label: str, seconds: float) -> None:
        """A key made a signature."""
        # A subscriber's key that stays in the token is named after its application: one label for all.
        self._signatures.labels("resident" if "/" in label else label).observe(seconds)

    def failed(self, token: str, code: str) -> None:
        """Work on a token failed."""
        self._hsm_errors.labels(token, code).inc()

    def issued(self, profile: str) -> None:
        """A certificate was issued."""
        self._issued.labels(profile).inc()

    def status_changed(self, act: str) -> None:
        """A certificate was suspended, released or revoked."""
        self._status_changes.labels(act).inc()

    def stamped(self) -> None:
        """A time stamp was given."""
        self._stamps.inc()

    def chore_failed(self, name: str) -> None:
        """Something the service does by itself did not succeed."""
        self._failed_chores.labels(name).inc()

    def job_failed(self, name: str) -> None:
        """An attempt at a job did not succeed; it is made again, unless the log says otherwise."""
        self._failed_jobs.labels(name).inc()

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)
