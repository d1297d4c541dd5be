"""Structured logs on standard error: for people on a terminal, JSON lines elsewhere. Never secrets, never feed text."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, quiet: bool = False) -> None:
    """Set up logging for a service. With ``quiet`` only warnings and errors are written."""
    people = sys.stderr.isatty()
    level = logging.WARNING if quiet else logging.INFO
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if people else "iso", utc=not people),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Its line a job is ours already, and it tells of a run that is skipped because the last one is still at work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
