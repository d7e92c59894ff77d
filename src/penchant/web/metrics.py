"""What Prometheus may read at /metrics: counts and durations, nothing of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATES = ("receiving", "queued", "running", "done", "failed")


class Metrics:
    """The app's own registry: two apps in one process don't meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "penchant_requests", "Requests answered, by route and status", ("route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "penchant_request_seconds", "Time to answer a request, uploads included", ("route",), registry=self.registry
        )
        self.refused = Counter("penchant_refused", "Uploads refused, by reason", ("reason",), registry=self.registry)
        self.upload_bytes = Counter("penchant_upload_bytes", "Bytes received in uploads", registry=self.registry)
        self.photos = Counter("penchant_photos", "Pictures looked at", ("outcome",), registry=self.registry)
        self.jobs_ended = Counter("penchant_jobs_ended", "Jobs that ended, and how", ("how",), registry=self.registry)
        self.job_seconds = Histogram(
            "penchant_job_seconds", "From an upload's first byte to its profile", registry=self.registry,
            buckets=(1, 2, 5, 10, 30, 60, 120, 300, 600, 1800),
        )  # fmt: skip
        self._jobs = Gauge("penchant_jobs", "Jobs that are kept, by state", ("state",), registry=self.registry)

    def exposition(self, jobs: Mapping[str, int]) -> bytes:
        """The text format, with the jobs there are just now."""
        for state in _STATES:
            self._jobs.labels(state).set(jobs.get(state, 0))
        return generate_latest(self.registry)
