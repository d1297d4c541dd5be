"""A news-indicator tracker: feeds in, reviewed evidence, trends and digests out."""

__version__ = "0.1.0"
