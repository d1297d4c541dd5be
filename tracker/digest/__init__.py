"""Mail: select, render, outbox, send."""

from tracker.digest.render import Rendered
from tracker.digest.run import RunSummary, preview, run_due, send_now
from tracker.digest.send import DeliverySummary, NoServerError, deliver

__all__ = ["DeliverySummary", "NoServerError", "Rendered", "RunSummary", "deliver", "preview", "run_due", "send_now"]
