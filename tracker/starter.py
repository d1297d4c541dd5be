"""The codebook and the feed list that come with the program, wherever it was installed."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from tracker.model import ConfigError, Problem

FILES = ("indicators.yaml", "indicators.examples.yaml", "feeds.yaml")


def file(name: str) -> Path:
    """Where one of FILES lies. Raises ConfigError where the installation lacks it."""
    in_checkout = Path(__file__).resolve().parents[1] / name
    installed = Path(sysconfig.get_path("data")) / "share" / "news-indicator-tracker" / name
    for path in (in_checkout, installed):
        if path.is_file():
            return path
    raise ConfigError(Problem(name, 0, 0, "did not come with this installation; name yours with --indicators"))


def copy_to(folder: Path) -> list[Path]:
    """Put copies of all FILES into ``folder``, made where it is missing. Raises ConfigError, having copied nothing,
    where one of them is there already or cannot be written."""
    wanted = [folder / name for name in FILES]
    there = [path for path in wanted if path.exists()]
    if there:
        raise ConfigError(*(Problem(str(path), 0, 0, "is there already; nothing was copied") for path in there))
    sources = [file(name) for name in FILES]
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source, target in zip(sources, wanted, strict=True):
            made.append(target)
            shutil.copyfile(source, target)
    except OSError:
        for path in made:
            if path.exists():
                os.unlink(path)
        raise ConfigError(Problem(str(folder), 0, 0, "cannot be written")) from None
    return wanted
