"""The feed list, feeds.yaml: read, changed, taken from and given to other readers."""

from __future__ import annotations

from tracker.feeds.declared import Catalogue, load, url_trouble
from tracker.feeds.editing import Imported, add, import_opml, remove
from tracker.feeds.opml import write as export_opml

__all__ = ["Catalogue", "Imported", "add", "export_opml", "import_opml", "load", "remove", "url_trouble"]
