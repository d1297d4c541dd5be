"""The codebook and the feed list in force: refused together, and worked out only as far as a sweep needs them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from tracker.feeds import catalogue
from tracker.indicators.codebook import digest_of
from tracker.model import ConfigError, Feed, Problem
from tracker.settings import Settings
from tracker.store import codebooks, feeds
from tracker.store.connect import writing
from tracker.yaml_file import read_text

if TYPE_CHECKING:
    from tracker.indicators.codebook import Codebook
    from tracker.indicators.matcher import Matcher

log = structlog.get_logger("tracker.pipeline")


@dataclass(frozen=True)
class Files:
    """A codebook and a feed list as they were read."""

    path: Path
    text: str
    digest: str
    feeds: tuple[Feed, ...]

    @cached_property
    def codebook(self) -> Codebook:
        """Parsed when first asked for. Raises ConfigError where it is faulty."""
        from tracker.indicators import codebook

        return codebook.load(self.path, self.text)

    @cached_property
    def matcher(self) -> Matcher:
        """Compiled when first asked for: most sweeps bring nothing new. Raises ConfigError where that fails."""
        from tracker.indicators import matcher

        return matcher.compile_codebook(self.codebook)


@dataclass(frozen=True, slots=True)
class InForce:
    """The files that are in force, and the number by which hits name the codebook."""

    files: Files
    codebook_id: int

    @property
    def codebook(self) -> Codebook:
        """The codebook."""
        return self.files.codebook

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The feed list."""
        return self.files.feeds


def read(settings: Settings, *, hasty: bool) -> Files:
    """Read both files. Raises ConfigError with the mistakes of both.

    A codebook that the database does not know is compiled at once, so that none comes into force that cannot be.
    ``hasty``: the one that is in force already is not even parsed.
    """
    problems: list[Problem] = []
    text, listed = "", None
    try:
        text = read_text(settings.indicators)
    except ConfigError as error:
        problems += error.problems
    try:
        listed = catalogue.load(settings.feeds)
    except ConfigError as error:
        problems += error.problems
    files = Files(settings.indicators, text, digest_of(text), listed.feeds if listed else ())
    if text and not (hasty and codebooks.is_in_force(settings.db, files.digest)):
        try:
            _ = files.codebook
        except ConfigError as error:
            problems[:0] = error.problems
    if problems:
        raise ConfigError(*problems)
    if listed and "codebook" in vars(files):
        for problem in listed.unknown_concepts(files.codebook.lexicon):
            log.warning("a feed implies what the codebook lacks; that counts for nothing", problem=str(problem))
    if not codebooks.is_known(settings.db, files.digest):
        _ = files.matcher
    return files


def put(connection: sqlite3.Connection, files: Files, now: str) -> InForce:
    """Make the files those that new items are matched with and feeds are asked by."""
    with writing(connection):
        feeds.sync_catalogue(connection, files.feeds, now)
        if "codebook" not in vars(files):
            return InForce(files, codebooks.number_of(connection, files.digest))
        book = files.codebook
        codebook_id = codebooks.put_in_force(
            connection, digest=book.digest, version=book.version, title=book.title, source=book.source, text=book.text,
            indicators=book.indicators, now=now,
        )  # fmt: skip
        return InForce(files, codebook_id)
