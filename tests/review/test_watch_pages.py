from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.clock import iso
from tracker.store import jobs


async def test_health_tells_anybody_whether_results_are_fresh(desk: Desk) -> None:
    stranger = desk.visitor()
    silent = await stranger.get("/-/tracker/health")
    assert silent.status_code == 503
    assert silent.json()["live"] is True
    assert "no daemon has looked for due feeds yet" in silent.json()["stale"]
    assert (await stranger.get("/-/tracker/health/live")).json() == {"live": True}
    desk.db.execute("update feeds set next_due_at = ?", (iso(sample.NOW + timedelta(hours=1)),))
    jobs.note(desk.db, "poll", sample.STAMP, ok=True)
    well = await stranger.get("/-/tracker/health")
    assert (well.status_code, well.json()) == (200, {"live": True, "ready": True, "stale": []})
    jobs.note(desk.db, "poll", iso(sample.NOW - timedelta(hours=3)), ok=True)
    late = await stranger.get("/-/tracker/health")
    assert late.json()["stale"] == ["the daemon last looked for due feeds 3 hours ago"]


async def test_metrics_are_for_readers_and_as_prometheus_reads_them(desk: Desk, ann: Visitor) -> None:
    jobs.note(desk.db, "mail", sample.STAMP, ok=False)
    jobs.note(desk.db, "poll", sample.STAMP, ok=True)
    assert (await desk.visitor().get("/-/tracker/metrics")).status_code in (302, 401, 403)
    answer = await ann.get("/-/tracker/metrics")
    assert answer.status_code == 200
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    (items,) = families["tracker_items"].samples
    assert items.value == desk.db.execute("select count(*) from items").fetchone()[0]
    ended = {
        found.labels["job"]: found.value for found in families["tracker_job_last_success_timestamp_seconds"].samples
    }
    assert ended == {"poll": sample.NOW.timestamp()}
    failures = {found.labels["job"]: found.value for found in families["tracker_job_failures"].samples}
    assert failures == {"mail": 1, "poll": 0}


@pytest.mark.parametrize(("failed", "said"), [(2, False), (3, True)])
async def test_a_job_that_fails_again_and_again_is_told(desk: Desk, failed: int, said: bool) -> None:
    for _ in range(failed):
        jobs.note(desk.db, "mail", sample.STAMP, ok=False)
    told = (await desk.visitor().get("/-/tracker/health")).json()["stale"]
    assert ("mail has failed 3 times in a row" in told) is said
