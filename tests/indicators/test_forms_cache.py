"""Forms on disk: the same as worked out anew, renewed for new terms, and harmless when broken."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tracker.indicators import forms_cache, inflect
from tracker.indicators.tree import Term

TERMS = [Term(f"word{number} drill", "inflected") for number in range(forms_cache.WORTH_KEEPING)] + [
    Term("rise", "forms", forms=("rose",))
]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counts: list[int] = []
    expand = inflect.expand

    def counting(terms: list[Term], *, inflect: bool) -> dict[Term, tuple[str, ...]]:
        terms = list(terms)
        counts.append(len(terms))
        return expand(terms, inflect=inflect)

    monkeypatch.setattr(forms_cache.inflect, "expand", counting)
    return counts


def test_a_second_time_only_new_terms_are_worked_out(tmp_path: Path, counted: list[int]) -> None:
    first = forms_cache.expand(TERMS, tmp_path)
    again = forms_cache.expand([*TERMS, Term("novel", "inflected")], tmp_path)
    assert counted == [len(TERMS), 2]
    assert {term: again[term] for term in TERMS} == first == inflect.expand(TERMS, inflect=True)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"inflected\\tword1 drill": "x"}', '{"inflected\\tword1 drill": [1]}', "[" * 5000]
)
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    expected = forms_cache.expand(TERMS, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(content, encoding="utf-8")
    assert forms_cache.expand(TERMS, tmp_path) == expected
    assert len(json.loads(file.read_text(encoding="utf-8"))) == len(TERMS) - 1


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert forms_cache.expand(TERMS, blocked)


def test_small_codebooks_leave_no_trace(tmp_path: Path) -> None:
    forms_cache.expand(TERMS[:5], tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_folder_follows_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert forms_cache.cache_folder() == tmp_path / "tracker"
