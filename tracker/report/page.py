"""A report as one self-contained HTML file: no scripts, no requests, light and dark."""

from __future__ import annotations

import functools
from datetime import date
from typing import Any

from tracker.report import drawing
from tracker.report.facts import WEIGHT_OF_EVIDENCE, Facts
from tracker.report.terminal import GROUPS

PARTS_SHOWN = 8
STORIES_SHOWN = 3


def page(facts: Facts, base_url: str) -> str:
    """The page. ``base_url``: where the review pages are, for links to stories."""
    days = facts["days"]
    titles = {one["indicator"]: one["title"] for one in facts["series"]}
    coverage = facts["exposure"]
    context = {
        "facts": facts,
        "base_url": base_url,
        "titles": titles,
        "weight_of_evidence": WEIGHT_OF_EVIDENCE,
        "last_day": _day(facts["last_day"]),
        "screened": sum(coverage["screened"]),
        "missing": sum(1 for share in coverage["share"] if share is None or share < 0.7),
        "all_inferred": bool(days) and all(coverage["inferred"]),
        "strip": drawing.coverage_strip(days, coverage["share"], coverage["inferred"], "coverage of the feeds by day"),
        "indices": [_index(facts, name, index) for name, index in facts["indices"].items()],
        "groups": _groups(facts),
        "parts_shown": PARTS_SHOWN,
        "stories_shown": STORIES_SHOWN,
        "safe_link": lambda url: url if url.startswith(("http://", "https://")) else "",
    }
    return str(_template().render(context))


@functools.lru_cache(1)
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tracker.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html.j2")


def _index(facts: Facts, name: str, index: Facts) -> Facts:
    words = f"{index['title']}, day by day with its 90 % interval"
    days = index["days"]
    return index | {
        "name": name,
        "chart": drawing.index_chart(facts["days"], days["value"], days["lower"], days["upper"], words),
    }


def _groups(facts: Facts) -> list[Facts]:
    baselines = {one["indicator"]: one for one in facts["baselines"]}
    alerts: dict[str, list[str]] = {}
    for alert in facts["alerts"]:
        alerts.setdefault(alert["indicator"], []).append(alert["day"])
    groups = []
    for group, words in GROUPS.items():
        rows = [one for one in facts["series"] if one["group"] == group]
        shown = []
        for one in sorted(rows, key=lambda one: -sum(one["stories"])):
            usual = baselines[one["indicator"]]
            chart = drawing.indicator_chart(
                facts["days"], one["stories"], usual["upper"], usual["expected"], alerts.get(one["indicator"], []),
                f"{one['title']}: stories by week",
            )  # fmt: skip
            shown.append(one | {"chart": chart, "total": sum(one["stories"]), "month": sum(one["stories"][-28:])})
        groups.append({
            "words": words,
            "shown": [one for one in shown if one["total"]],
            "quiet": [one["title"] for one in shown if not one["total"]],
        })  # fmt: skip
    return groups


def _day(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B %Y}"
