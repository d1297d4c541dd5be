"""How an item is known again: its guid, its canonical link, the hash of its text."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from tracker.model import Item

_TRACKING = re.compile(
    r"""(?ix) ^(?:
        utm_\w* | mtm_\w* | pk_\w* | piwik_\w* | matomo_\w* | hsa_\w* | vero_\w* | oly_\w* | at_(?:medium|campaign|\w+)
      | fbclid | gclid | gclsrc | dclid | gbraid | wbraid | msclkid | yclid | ysclid | twclid | ttclid | igshid | igsh
      | li_fat_id | mc_cid | mc_eid | mkt_tok | _hsenc | _hsmi | _openstat | __twitter_impression | _ga | _gl
      | ns_mchannel | ns_source | ns_campaign | ns_linkname | ns_fee | cmpid | cmp | cmpref | icid | ito
      | wt_mc | wt_zmc
      | ftag | spm | scm | smid | smtyp | sref | xtor | rss | ocid | soc_src | soc_trk | guccounter | guce_\w+
      | trk | trkinfo | s_cid | ncid | s_kwcid | efid | ref_src | ref_url | taid | traffic_source
    )$"""
)
_PLAIN = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/(?:[A-Za-z0-9_~-][A-Za-z0-9_~.-]*(?:/|$))*")
"""Addresses that are canonical as they stand: no query, fragment, escape, port, capital in the host or dot segment."""
_DEFAULT_PORT = re.compile(r"^(http://[^/?#]*(?=:80(?:[/?#]|$))|https://[^/?#]*(?=:443(?:[/?#]|$))):\d+")
_TRACKING_FRAGMENT = re.compile(r"(?i)^(?:utm_|xtor=|rss$|ref=|intcid=|mtm_|at_|ns_|link_time=|~text|:~:text)")


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """``url`` in the one form in which two links to the same page are equal; empty where it is no web address.

    Tracking parameters go, the rest of the query is sorted, a fragment stays unless it serves tracking.
    """
    url = url.strip()
    if _PLAIN.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return ""
        names = {re.split("[=;]", pair, maxsplit=1)[0] for pair in parts.query.split("&")}
        tracking = [name for name in names if _TRACKING.match(name)]
        keep_fragment = bool(parts.fragment) and not _TRACKING_FRAGMENT.match(parts.fragment)
        if tracking:
            url = url_query_cleaner(url, tracking, remove=True, unique=False, keep_fragments=keep_fragment)
        canonical = str(canonicalize_url(url, keep_fragments=keep_fragment))
        return _DEFAULT_PORT.sub(r"\1", canonical, count=1)
    except ValueError:  # a host or port that no parser accepts
        return url


def guid_key(item: Item) -> str:
    """What the item's publisher calls it; empty where it says nothing."""
    return item.guid


def content_hash(item: Item) -> str:
    """A hash of the cleaned title, summary and body: 32 hexadecimal digits."""
    text = "\x1f".join((item.title, item.summary, item.body))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def identity(item: Item) -> tuple[str, str, str]:
    """The guid, the canonical link and the content hash, in the order in which they are trusted."""
    return guid_key(item), canonical_url(item.url), content_hash(item)
