"""What the counts say and how far they can be trusted: composes store and analysis.

`load` computes a report as known at a moment; `daily.refresh` keeps one in the database, where pages and mails read it
through `tracker.store.judged` in milliseconds.
"""

from __future__ import annotations

from tracker.report.build import Beside, Report, beside, load
from tracker.report.daily import Outcome, due, refresh
from tracker.report.facts import facts
from tracker.report.page import page
from tracker.report.series import Series
from tracker.report.study import study, study_facts
from tracker.report.terminal import lines

__all__ = [
    "Beside",
    "Outcome",
    "Report",
    "Series",
    "beside",
    "due",
    "facts",
    "lines",
    "load",
    "page",
    "refresh",
    "study",
    "study_facts",
]
