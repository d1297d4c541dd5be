"""Element names that the quick reader knows, told apart by namespace as feedparser tells them apart."""

from __future__ import annotations

UNKNOWN = "?"
"""A name whose meaning only feedparser knows."""
OTHER = "*"
"""A name that says nothing of what an item is made of."""

_ATOM = "http://www.w3.org/2005/atom"
_BASE = (
    "http://backend.userland.com/rss", "http://blogs.law.harvard.edu/tech/rss", "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/", "http://example.com/newformat#", "http://example.com/necho",
    "http://purl.org/echo/", "uri/of/echo/namespace#", "http://purl.org/pie/", "http://purl.org/atom/ns#",
    "http://purl.org/rss/1.0/modules/rss091#",
)  # fmt: skip
_KNOWN = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
}
_IDLE = {
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://www.georss.org/georss": "georss",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://madskills.com/public/xml/rss/module/pingback/": "pingback",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativeCommons",
    "http://backend.userland.com/creativecommonsrssmodule": "creativeCommons",
}
_DOUBTFUL = {
    "http://webns.net/mvcb/": "admin",
    "http://www.opengis.net/gml": "gml",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://podlove.org/simple-chapters": "psc",
}
_CANONICAL = {**_KNOWN, **_IDLE, **_DOUBTFUL}
_HEEDED = frozenset((*_KNOWN.values(), *_DOUBTFUL.values(), "georss", "cc", "creativeCommons"))
"""Prefixes under which feedparser handles elements in ways of its own."""
_PREFIXES = frozenset(_CANONICAL.values()) | {
    "ag", "annotate", "audio", "blogChannel", "co", "cp", "email", "ev", "fm", "foaf", "icbm", "image", "l", "prism",
    "rdf", "rdfs", "ref", "reqv", "search", "soap", "ss", "str", "sub", "szf", "taxo", "ti", "wiki", "xlink", "xml",
}  # fmt: skip

_TYPES = ("text", "html", "plain", "text/plain", "text/html")
BARE = {"title": _TYPES, "description": _TYPES, "summary": _TYPES, "content": _TYPES, "content:encoded": ()}
"""Elements with text, and the types that they may declare."""

_IN_BOTH = {
    OTHER, "site", "post-id", "category", "dc:subject", "dc:publisher", "dc:rights", "dc:identifier", "dc:type",
    "dc:format", "dc:source", "dc:coverage", "dc:language", "dc:date", "itunes:explicit", "itunes:image",
    "itunes:keywords", "itunes:subtitle", "itunes:type", "itunes:author", "media:thumbnail", "media:copyright",
    "media:credit", "media:rating", "media:keywords", "author", "link", "title", "updated", "id", "pubdate",
}  # fmt: skip
ITEM = _IN_BOTH | {
    "guid", "description", "summary", "content", "content:encoded", "published", "dc:creator", "comments",
    "enclosure", "source", "feedburner:origlink", "media:content", "itunes:duration", "itunes:episode",
    "itunes:season", "itunes:episodetype", "itunes:block",
}  # fmt: skip
"""What may stand in an entry."""
CHANNEL = _IN_BOTH | {
    "description", "subtitle", "language", "image", "lastbuilddate", "published", "generator", "copyright", "rights",
    "ttl", "docs", "managingeditor", "webmaster", "cloud", "rating", "skiphours", "skipdays", "icon", "logo",
    "itunes:owner", "itunes:category", "itunes:summary", "itunes:complete", "itunes:new-feed-url", "itunes:block",
    "dc:creator", "feedburner:info", "feedburner:feedflare", "feedburner:emailserviceid",
    "feedburner:feedburnerhostname",
}  # fmt: skip
"""What may stand beside the entries."""
CHILDREN = {
    "image": {"url", "title", "link", "width", "height", "description"},
    "skiphours": {"hour"},
    "skipdays": {"day"},
    "author": {"name", "email", "uri"},
    "itunes:owner": {"itunes:name", "itunes:email"},
    "itunes:category": {"itunes:category"},
}
"""Elements that may have children, and which."""


class Namespaces:
    """The namespaces of one document. Names come from expat as ``URI, line feed, name, line feed, prefix``."""

    def __init__(self) -> None:
        self._meanings: dict[str, str] = {}
        self._mixed = False

    def declare(self, prefix: str | None, uri: str | None) -> None:
        """Note a declaration. A prefix that usually stands for another namespace leaves every name in doubt."""
        usual = _CANONICAL.get((uri or "").lower())
        if prefix != usual and (prefix in _HEEDED or (usual in _HEEDED and prefix in _PREFIXES)):
            self._mixed = True
        self._meanings.clear()

    def meaning(self, written: str) -> str:
        """``name`` or ``prefix:name`` in lower case, OTHER or UNKNOWN."""
        known = self._meanings.get(written)
        if known is None:
            known = self._meanings[written] = UNKNOWN if self._mixed else _meaning(written)
        return known


def _meaning(written: str) -> str:
    parts = written.split("\n")
    uri, name = (parts[0].lower(), parts[1].lower()) if len(parts) > 1 else ("", parts[0].lower())
    if uri in ("", _ATOM):
        return name
    if uri in _KNOWN:
        return f"{_KNOWN[uri]}:{name}"
    if uri in _DOUBTFUL or uri in _BASE or "backend.userland.com/rss" in uri:
        return UNKNOWN
    return OTHER if uri in _IDLE or len(parts) == 3 else name
