"""The forms of terms, kept on disk, so that a large codebook compiles at once and an edited one nearly so.

One JSON file per state of the inflecting code, its dictionaries and Python's Unicode tables. It lies in the user's
cache directory, is readable by that user alone and replaced in one step. A file that cannot be read is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from tracker.indicators import inflect
from tracker.indicators.tree import Term

WORTH_KEEPING = 300
"""Number of terms from which on the disk is quicker than working the forms out."""
MAX_TERMS = 300_000
VERSIONS_KEPT = 3
_CODE = ("chinese.py", "english.py", "english_words.py", "inflect.py", "normalise.py", "russian.py")
_PACKAGES = ("pymorphy3", "pymorphy3-dicts-ru", "opencc")
_SEPARATOR = "\t"


def expand(terms: Iterable[Term], folder: Path | None = None) -> dict[Term, tuple[str, ...]]:
    """Like ``inflect.expand`` with inflection, by way of the cache in ``folder`` (the user's cache directory)."""
    terms = list(dict.fromkeys(terms))
    if len(terms) < WORTH_KEEPING:
        return inflect.expand(terms, inflect=True)
    path = (folder or cache_folder()) / f"forms-{_version()}.json"
    kept = _read(path)
    known = {term: tuple(kept[key]) for term in terms if (key := _key(term)) in kept}
    fresh = inflect.expand((term for term in terms if term not in known), inflect=True)
    if fresh:
        kept.update((_key(term), list(forms)) for term, forms in fresh.items() if not term.forms)
        if len(kept) > MAX_TERMS:
            wanted = set(map(_key, terms))
            kept = {key: forms for key, forms in kept.items() if key in wanted}
        _write(path, kept)
    return known | fresh


def cache_folder() -> Path:
    """XDG_CACHE_HOME/tracker, or ~/.cache/tracker."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home) / "tracker"


def _key(term: Term) -> str:
    return f"{term.kind}{_SEPARATOR}{term.text}" if not term.forms else ""


def _version() -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {unicodedata.unidata_version}".encode())
    for name in _CODE:
        digest.update((Path(__file__).parent / name).read_bytes())
    for package in _PACKAGES:
        digest.update(metadata.version(package).encode())
    return digest.hexdigest()[:16]


def _read(path: Path) -> dict[str, list[str]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: forms for key, forms in content.items() if _are_forms(forms)}


def _are_forms(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(form, str) and form for form in value)


def _write(path: Path, content: dict[str, list[str]]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
        newest_first = sorted(path.parent.glob("forms-*.json"), key=lambda file: -file.stat().st_mtime)
        for old in newest_first[VERSIONS_KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        return
