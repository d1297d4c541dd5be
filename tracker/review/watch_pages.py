"""What machines ask: is it well, and the numbers for Prometheus."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Response

from tracker import vitals
from tracker.review.desk import Desk, desk_of, read
from tracker.vitals import Vitals


async def health(datasette: Any, request: Any) -> Response:
    """200 where all is well, 503 where results may be out of date, with the reasons. Needs no sign-in, names nobody."""
    desk = desk_of(datasette)
    assert desk is not None
    reasons = (await _look(datasette, desk)).stale(desk.settings.tick)
    answer = {"live": True, "ready": not reasons, "stale": reasons}
    return Response.json(answer, status=503 if reasons else 200, headers={"cache-control": "no-store"})


async def live(datasette: Any, request: Any) -> Response:
    """200 as long as pages are served, whatever the daemon does."""
    return Response.json({"live": True}, headers={"cache-control": "no-store"})


async def metrics(datasette: Any, request: Any) -> Response:
    """Prometheus' text format; for readers, so a scraper brings a token."""
    desk = desk_of(datasette)
    assert desk is not None
    return Response.text(exposition(await _look(datasette, desk)), headers={"cache-control": "no-store"})


def exposition(seen: Vitals) -> str:
    """The vitals in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(seen))
    return generate_latest(registry).decode()


class Collector:
    """The vitals as families of Prometheus' gauges."""

    def __init__(self, seen: Vitals) -> None:
        self._seen = seen

    def collect(self) -> Any:
        from prometheus_client.core import GaugeMetricFamily

        seen = self._seen

        def gauge(name: str, text: str, value: float) -> Any:
            return GaugeMetricFamily(f"tracker_{name}", text, value=value)

        def family(name: str, text: str, label: str, rows: Any) -> Any:
            found = GaugeMetricFamily(f"tracker_{name}", text, labels=[label])
            for key, value in rows:
                found.add_metric([key], value)
            return found

        yield family("feeds", "Feeds of the catalogue by status", "status", seen.feeds)
        yield gauge("poll_lag_seconds", "How long the longest-waiting feed is overdue", seen.overdue_seconds)
        yield family("checks_last_hour", "Polls of the last hour by outcome", "outcome", seen.checks)
        yield gauge("items", "Items stored", seen.items)
        yield family("hits", "Hits by status", "status", seen.hits)
        yield family("mails", "Mails by state of delivery", "state", seen.mails)
        yield gauge("oldest_queued_mail_seconds", "Age of the oldest mail not yet sent", seen.oldest_mail_seconds)
        yield gauge("open_alerts", "Alerts that nobody has acknowledged", seen.open_alerts)
        yield gauge("database_bytes", "Size of the database", seen.db_bytes)
        yield gauge("wal_bytes", "Size of the write-ahead log", seen.log_bytes)
        yield gauge("disk_free_bytes", "Room on the disk of the database", seen.free_bytes)
        ended = [(run.name, seen.epoch(run.last_ok_at)) for run in seen.jobs if run.last_ok_at]
        yield family("job_last_success_timestamp_seconds", "When each job last succeeded", "job", ended)
        yield family("job_failures", "Failures of each job since", "job", [(r.name, r.failures) for r in seen.jobs])


async def _look(datasette: Any, desk: Desk) -> Vitals:
    now = await desk.now()
    return await read(datasette, lambda connection: vitals.look(connection, desk.settings.db, now))
