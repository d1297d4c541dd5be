"""What is no plain file of a reasonable size is refused at once, as codebook, feed list or settings alike."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker import settings, yaml_file
from tracker.feeds import catalogue
from tracker.indicators import codebook
from tracker.model import ConfigError


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def make_vast(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2_000_000_000)


ODD: list[tuple[Callable[[Path], object], str]] = [
    (os.mkfifo, "is a pipe, not a file; give the path of a text file"),
    (os.mkdir, "is a directory, not a file; give the path of a text file"),
    (make_socket, "cannot be read; check that it is a file and that you may read it"),
    (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file; give the path of a text file"),
    (make_vast, "is larger than 200 MB"),
    (lambda path: path.write_bytes(b"a\n\xff\n"), "is not UTF-8 text from this line on; save it as UTF-8"),
]


@pytest.mark.parametrize(("make", "message"), ODD)
@pytest.mark.parametrize("name", ["indicators.yaml", "feeds.yaml", "tracker.toml"])
def test_what_is_no_plain_file_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path(name))
    read: dict[str, Callable[[], object]] = {
        "indicators.yaml": lambda: codebook.load(tmp_path / name),
        "feeds.yaml": lambda: catalogue.load(tmp_path / name),
        "tracker.toml": lambda: settings.load({}, indicators=tmp_path / "indicators.yaml"),
    }
    with pytest.raises(ConfigError) as refused:
        read[name]()
    assert [(p.file, p.message) for p in refused.value.problems] == [(str(tmp_path / name), message)]


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        yaml_file.read_text(Path("a\0b"))
