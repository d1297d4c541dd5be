"""Makes the pictures of the documentation from the demonstration: python docs/screenshots.py [--all FOLDER]

Needs chromium and the test dependencies. --all takes every page, desktop and phone, light and dark, into a folder.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs/images"
LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip
PAGES = {
    "board": "/",
    "queue": "/-/tracker/queue",
    "indicator": "/-/tracker/indicators/joint-military-activity",
    "feeds": "/-/tracker/feeds",
    "stale": "/-/tracker/feeds?status=stale",
    "alerts": "/-/tracker/alerts?state=all",
    "report": "/-/tracker/report",
    "list": "/-/tracker/list",
    "item": "/-/tracker/items/1",
    "story": "/-/tracker/stories/1",
    "mail": "/-/tracker/mail",
    "history": "/-/tracker/history",
    "search": "/-/tracker/search?q=%E6%BC%94%E4%B9%A0",
    "hits": "/tracker/hits?_facet=status&_facet=indicator_id",
}
DESKTOP, PHONE = (1280, 860), (380, 780)


@contextmanager
def demo(port: int) -> Iterator[str]:
    """A running demonstration; yields its sign-in link."""
    command = [sys.executable, "-u", "-m", "tracker", "up", "--demo", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+/sign-in/\S+", line):
                yield found[0]
                break
        else:
            raise SystemExit("the demonstration did not start")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def signed_in(
    browser: Browser, link: str, size: tuple[int, int], scheme: str, cookies: list[dict[str, object]]
) -> Page:
    """A page of the given size and colour scheme whose visitor is signed in."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light"
    )
    if cookies:
        context.add_cookies(cookies)  # type: ignore[arg-type]
        return context.new_page()
    page = context.new_page()
    page.goto(link)
    if page.locator("main form button").count():
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    cookies.extend(context.cookies())  # type: ignore[arg-type]
    return page


def states(page: Page, address: str, folder: Path, suffix: str) -> None:
    """Pictures of what no address shows: a preview of many verdicts, a conflict, the keys, the door."""
    page.goto(f"{address}/-/tracker/list?group=cooperation")
    page.check("[data-checks-all]")
    page.click("button.reject")
    page.screenshot(path=folder / f"bulk{suffix}.png")
    page.goto(f"{address}/-/tracker/queue?order=score")
    page.keyboard.press("?")
    page.screenshot(path=folder / f"keys{suffix}.png")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('.verdicts [name=seen]').value = 987654")
    page.click("button.confirm")
    page.screenshot(path=folder / f"conflict{suffix}.png")
    page.context.clear_cookies()
    page.goto(f"{address}/")
    page.screenshot(path=folder / f"door{suffix}.png")


def main() -> None:
    """Run the demonstration and take the pictures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", type=Path, metavar="FOLDER")
    options.add_argument("--port", type=int, default=8091)
    chosen = options.parse_args()
    views = [("", DESKTOP, "light")] if not chosen.all else [
        ("", DESKTOP, "light"), ("-dark", DESKTOP, "dark"), ("-phone", PHONE, "light"), ("-phone-dark", PHONE, "dark"),
    ]  # fmt: skip
    folder = chosen.all or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    cookies: list[dict[str, object]] = []
    with demo(chosen.port) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=LAUNCH)
        for suffix, size, scheme in views:
            page = signed_in(browser, link, size, scheme, cookies)
            for name, path in PAGES.items() if chosen.all else list(PAGES.items())[:3]:
                page.goto(f"http://127.0.0.1:{chosen.port}{path}")
                page.wait_for_load_state()
                page.screenshot(path=folder / f"{name}{suffix}.png", full_page=bool(chosen.all))
            if chosen.all:
                states(page, f"http://127.0.0.1:{chosen.port}", folder, suffix)
        browser.close()
    print(f"pictures in {folder}")


if __name__ == "__main__":
    main()
