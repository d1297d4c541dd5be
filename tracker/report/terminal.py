"""A report for people at a terminal, 80 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date

from tracker.report.bars import blocks, bunch, course, means
from tracker.report.facts import WEIGHT_OF_EVIDENCE, Facts

WIDTH = 80
CHART = 26
ALERTS_SHOWN = 12
PARTS_SHOWN = 5
STORIES_SHOWN = 2
GROUPS = {
    "driver": "Drivers of pressure",
    "cooperation": "Cooperation",
    "rhetoric": "Rhetoric",
    "barrier": "Barriers",
    "outcome": "Outcomes",
}


def lines(facts: Facts) -> Iterator[str]:
    """The report line by line, none longer than 80 columns."""
    yield from _head(facts)
    yield from _indices(facts)
    yield from _behind(facts)
    yield from _study(facts.get("lead_lag"))
    yield from _alerts(facts)
    yield from _indicators(facts)
    yield from _notes(facts)


def _head(facts: Facts) -> Iterator[str]:
    days, shares = facts["days"], facts["exposure"]["share"]
    yield f"Report up to {_day(facts['last_day'])}, as known at {facts['known_at'][:16].replace('T', ' ')} UTC"
    present = [share for share in shares if share is not None]
    screened = sum(facts["exposure"]["screened"])
    missing = sum(1 for share in shares if share is None or share < 0.7)
    yield (
        f"{len(days)} days judged, {screened:,} stories screened. "
        + (f"{missing} days count as missing (coverage below 0.7)." if missing else "No day is missing.")
    )
    if facts["exposure"]["inferred"] and all(facts["exposure"]["inferred"]):
        yield "Coverage is inferred from the items themselves: a replayed archive."
    weeks = means(shares, 7)[-52:]
    if present:
        yield f"Coverage by week  {blocks(weeks, highest=1.0)}"
    volume = bunch([float(count) for count in facts["exposure"]["screened"]], 7)[-52:]
    yield f"Stories screened  {blocks(volume)}"


def _indices(facts: Facts) -> Iterator[str]:
    if not facts["indices"]:
        return
    yield ""
    yield f"TWO INDICES, never merged ({WEIGHT_OF_EVIDENCE})"
    for index in facts["indices"].values():
        yield ""
        yield f"{index['title']}"
        yield f"  {index['question']}"
        if index["value"] is None:
            yield "  no value: too few days with coverage in the year before"
            continue
        past = (("week_before", "a week ago"), ("four_weeks_before", "four weeks"), ("year_before", "a year"))
        before = ", ".join(f"{words} {index[key]:+.2f}" for key, words in past if index[key] is not None)
        yield f"  {index['value']:+.2f} [{index['lower']:+.2f}, {index['upper']:+.2f}]   {before}"
        weeks = means(index["days"]["value"], 7)[-52:]
        yield f"  {course(weeks)}  {len(weeks)} weeks"
        count = index["indicators"]
        yield (
            f"  {count} indicator{'s' if count != 1 else ''}; months under ±50 % weights keep their order to "
            f"{index['rank_correlation_of_months']:.2f}"
        )


def _behind(facts: Facts) -> Iterator[str]:
    titles = {one["indicator"]: one["title"] for one in facts["series"]}
    for name in ("pressure", "cooperation", "cooperation_specific"):
        index = facts["indices"].get(name)
        if not index or index["value"] is None:
            continue
        yield ""
        yield f"What {index['title'].lower()} is made of"
        for part in index["parts"][:PARTS_SHOWN]:
            if not part["value"]:
                continue
            low, high = part["rank_range"]
            yield f"  {part['value']:+6.2f}  {_pad(titles[part['indicator']], 54)} rank {low}–{high}"
            for story in part["stories"][:STORIES_SHOWN]:
                yield f"          {story['day']} {_cut(story.get('title', ''), 57)}"
        rest = sum(part["value"] or 0 for part in index["parts"][PARTS_SHOWN:])
        others = len(index["parts"]) - PARTS_SHOWN
        if others > 0:
            yield f"  {rest:+6.2f}  {others} others"


def _study(study: Facts | None) -> Iterator[str]:
    if study is None:
        return
    yield ""
    yield f"DOES COOPERATION FOLLOW PRESSURE? {study['weeks']} weeks from {study['first_day']}, dated events"
    for test in study["tests"]:
        said = "too little to compare"
        if test["ratio"] is not None:
            said = f"×{test['ratio']:.2f} [{test['lower']:.2f}, {test['upper']:.2f}]  p {test['p']:.2f}"
        yield f"  {test['question']:50} {said}"
    if study["regression"]:
        found = study["regression"]
        words = "second opinion, regression: weeks 1–8"
        yield f"  {words:50} ×{found['ratio']:.2f} [{found['lower']:.2f}, {found['upper']:.2f}]  p {found['p']:.2f}"
    else:
        yield f"  No regression: {_cut(study['regression_missing'], 62)}"
    yield from (f"  {line}" for line in textwrap.wrap(study["plainly"], WIDTH - 2))


def _alerts(facts: Facts) -> Iterator[str]:
    titles = {one["indicator"]: one["title"] for one in facts["series"]}
    found = facts["alerts"]
    yield ""
    yield f"ALERTS: {len(found)} in {len(facts['days'])} days" + (
        f", the newest {ALERTS_SHOWN}" if len(found) > ALERTS_SHOWN else ""
    )
    for alert in found[:ALERTS_SHOWN]:
        span, seen, usual = "day ", alert["observed"], alert["expected"]
        if alert["kind"] == "rise":
            span, seen, usual = "week", alert["week_observed"], alert["week_expected"]
        seen_in = f"{seen:3.0f} in a {span} ({usual:.1f} usual)"
        yield f"  {alert['day']} {alert['kind']:4} {seen_in:25} {_cut(titles[alert['indicator']], 36)}"
    if not found:
        yield "  none"
    else:
        yield f"  By chance alone up to {0.9 * len(facts['series']) * len(facts['days']) / 365:.0f} are to be expected."
    if found and all(alert["retrospective"] for alert in found):
        yield "  All are retrospective: the archive tells, not a watch that was kept."


def _indicators(facts: Facts) -> Iterator[str]:
    baselines = {one["indicator"]: one for one in facts["baselines"]}
    yield ""
    yield "INDICATORS: stories by fortnight, in the last four weeks, and what is usual then"
    quiet = []
    for group, words in GROUPS.items():
        rows = [one for one in facts["series"] if one["group"] == group]
        shown = [one for one in rows if sum(one["stories"])]
        quiet += [one["indicator"] for one in rows if not sum(one["stories"])]
        if shown:
            yield f"  {words}"
        for one in sorted(shown, key=lambda one: -sum(one["stories"])):
            expected = [value for value in baselines[one["indicator"]]["expected"][-28:] if value is not None]
            usual = f"{sum(expected) * 28 / len(expected):5.1f}" if len(expected) > 14 else "    ?"
            chart = blocks(bunch([float(count) for count in one["stories"]], 14)[-CHART:])
            sign = "−" if one["direction"] == "away" else "+"
            yield f"  {sign} {_pad(one['title'], 36)} {chart:>26} {sum(one['stories'][-28:]):4d} {usual}"
    if quiet:
        yield f"  Without a story in these days: {len(quiet)} indicators"


def _notes(facts: Facts) -> Iterator[str]:
    yield ""
    yield "+ speaks for the argument, − against it. Brackets: 90 % interval over ratings,"
    yield "precision and weights drawn anew; rank: 90 % of draws with weights ±50 %."
    yield "Pressure: 0 is the share of the year before, +0.7 twice as much. Cooperation:"
    yield "+2.3 is one sure report ten times likelier under the first than the second."
    if not facts["verdicts_drawn_at_random"]:
        yield "No hit drawn at random has been judged yet: an unread hit counts half, and the"
        yield "intervals are wide for it."


def _day(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%b %Y}"


def _pad(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(_cut(text, width), width)


def _cut(text: str, width: int) -> str:
    """Text at most so many columns wide; wide characters count two."""
    from rich.cells import cell_len, set_cell_size

    line = " ".join(text.split())
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"
