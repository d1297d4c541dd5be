"""The wire's own web pages, so that every link of the demonstration leads somewhere without a network."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from tracker.demo.stories import NOTICE, DemoItem, Outlet

_STYLE = (
    "body{max-width:40rem;margin:3rem auto;padding:0 1rem;font:1.05rem/1.6 Georgia,serif;color:#222;background:#fff}"
    "h1{line-height:1.25}time,.outlet,.notice{color:#666;font-size:.9rem}"
    ".notice{border:1px solid #caa;background:#fff6f2;padding:.5rem .8rem}li{margin:.3rem 0}"
)


def article(item: DemoItem, outlet: Outlet) -> bytes:
    """The page of one item."""
    told = item.published_at
    return _page(
        item.title,
        item.language,
        f'<p class="outlet">{escape(outlet.publisher)}</p><h1>{escape(item.title)}</h1>'
        f'<p><time datetime="{told.isoformat()}">{told:%Y-%m-%d %H:%M} UTC</time></p><p>{escape(item.summary)}</p>',
    )


def front(outlets: Iterable[Outlet], items: Iterable[DemoItem]) -> bytes:
    """The wire's front page: its feeds, and the given items with their links."""
    feeds = "".join(f'<li><a href="/feed/{escape(o.id)}">{escape(o.title)}</a></li>' for o in outlets)
    newest = "".join(f'<li><a href="/story/{i.id}">{escape(i.title)}</a></li>' for i in items)
    return _page("The demo wire", "en", f"<h1>The demo wire</h1><h2>Feeds</h2><ul>{feeds}</ul><ul>{newest}</ul>")


def message(text: str) -> bytes:
    """A page that says one thing, such as that there is nothing here."""
    return _page(text, "en", f"<h1>{escape(text)}</h1>")


def _page(title: str, language: str, body: str) -> bytes:
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}"
        f'<p class="notice" lang="en">{escape(NOTICE)}</p></body></html>\n'
    ).encode()
