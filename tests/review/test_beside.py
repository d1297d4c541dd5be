"""Work beside the pages: the answer comes back, mistakes of the user's too, and nothing outlives its server."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tracker.indicators import codebook
from tracker.model import ConfigError
from tracker.review.beside import GIVES_WAY, Beside, Broken, Stopped


def test_the_answer_comes_from_a_process_that_gives_way() -> None:
    beside = Beside()
    assert beside.run(os.getpid) != os.getpid()
    assert beside.run(os.nice, 0) == os.nice(0) + GIVES_WAY


def test_what_the_function_prints_does_not_stand_in_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert Beside().run(os.system, "echo printed") == 0
    assert "printed" in capfd.readouterr().err


def test_mistakes_in_files_are_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "indicators.yaml").write_text("indicators: 3")
    with pytest.raises(ConfigError) as told:
        Beside().run(codebook.load, tmp_path / "indicators.yaml")
    assert told.value.problems[0].file.endswith("indicators.yaml")


def test_a_process_that_dies_leaves_no_answer() -> None:
    with pytest.raises(Broken):
        Beside().run(os.abort)


def test_stopping_ends_what_is_under_way_and_what_would_come() -> None:
    beside, ended = Beside(), []

    def wait_for_it() -> None:
        with pytest.raises(Stopped):
            beside.run(time.sleep, 60)
        ended.append(True)

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    while beside._process is None:
        time.sleep(0.01)
    beside.stop()
    waiting.join(10)
    assert ended
    with pytest.raises(Stopped):
        beside.run(os.getpid)
