"""The feed list against what is known of real feeds."""

from __future__ import annotations

import yaml

from tests.conftest import ROOT, SHARED
from tracker.feeds import catalogue


def test_the_feed_list_holds_usable_feeds_alone() -> None:
    known = yaml.safe_load((SHARED / "domain/codebook.yaml").read_text(encoding="utf-8"))
    listed = {feed.url for feed in catalogue.load(ROOT / "feeds.yaml").feeds}
    assert len(listed) >= 60
    assert listed & {feed["url"] for feed in known["do_not_use"]} == set()
    assert listed <= {feed["url"] for feed in known["feeds"]}
