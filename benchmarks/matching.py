"""Items per second from raw text to evidence, against peers in the same run, on one core.

    python -m benchmarks.matching [--queries 25 --queries 2500 --queries 25000] [--rounds 3] [--curve] [--codebook F]

Peers answer the same queries the way news searchers use them: SQLite FTS5 in memory (batches of 1,000 items) and
tantivy (batches of 40,000; `pip install tantivy`, skipped with a word where it is absent). Both get text that is
normalised beforehand, Chinese split, NEAR relaxed to AND, and give no offsets: less work than ours. The floor is the
bare ahocorasick_rs scan of text that is normalised beforehand.
CPU time of the process. All take turns for some rounds, and figures are medians over the rounds, so that what else the
machine does harms all alike; ours and the floor see the same items, every third (sixth) of the workload.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import itertools
import json
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracker.indicators import codebook, normalise
from tracker.indicators.matcher import Matcher, compile_codebook
from tracker.model import Item

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT.parent / "shared" / "bench"
TARGETS = {25: ("fts5", 2.3, 0.25), 2500: ("tantivy", 1.6, 0.30), 25000: ("tantivy", 2.5, 0.12)}
Rates = dict[str, list[float]]
Task = tuple[Callable[..., object], Sequence[Any]]
TOKEN = re.compile(f"[{normalise.CJK}]|[^\\W_{normalise.CJK}]+")


def read_items(count: int) -> list[Item]:
    with gzip.open(BENCH / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in itertools.islice(lines, count)]
    return [
        Item(
            guid=row["id"],
            id=row["id"],
            url="",
            title=row["title"],
            summary=row["summary"],
            language=row["lang"],
            source=row["source"],
        )
        for row in rows
    ]


def read_queries(count: int) -> list[dict[str, str]]:
    with gzip.open(BENCH / "queries.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in itertools.islice(lines, count)]


def write_codebook(queries: Sequence[dict[str, str]], path: Path) -> None:
    keys = "  group: driver\n  direction: toward\n"
    parts = (f"- id: {q['id']}\n  title: {q['id']}\n{keys}  query: |\n    {q['query']}\n" for q in queries)
    path.write_text("version: bench\ninflect: false\nindicators:\n" + "".join(parts), encoding="utf-8")


def rates_in_turn(work: Mapping[str, Task], rounds: int) -> Rates:
    """Items per CPU second of each of the runners, round by round.

    In each round everyone does all of its work once, one after another, so that a busy machine harms all alike.
    """
    rates: Rates = {name: [] for name in work}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, (run, items) in work.items():
            seen_first = [_fresh(item) for item in items]
            started = time.process_time()
            run(seen_first)
            rates[name].append(len(items) / (time.process_time() - started))
    gc.unfreeze()
    return rates


def _fresh(item: Any) -> Any:
    """A text as a string of its own: one that was scanned before keeps its UTF-8 form, and is scanned quicker."""
    return (item + " ")[:-1] if isinstance(item, str) else item


def ratio(rates: Rates, ours: str, other: str) -> float:
    """The median over the rounds of one rate over the other."""
    return statistics.median(a / b for a, b in zip(rates[ours], rates[other], strict=True))


def clauses(query: str) -> list[tuple[str, list[str]]]:
    """The groups of a bench query, each with what stands before it: "", AND, NOT or NEAR/n."""
    found = []
    for operator, group in re.findall(r"(AND|NOT|NEAR/\d+)?\s*\(([^()]*)\)", query):
        terms = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+\*)', group)]
        found.append((operator, terms))
    return found


def folded(item: Item) -> str:
    return normalise.search_text((item.title, item.summary)).replace("\0", " ")


def split(text: str) -> str:
    return " ".join(TOKEN.findall(text))


def run_fts5(queries: Sequence[dict[str, str]]) -> Callable[[Sequence[str]], int]:
    def phrase(term: str) -> str:
        return f'"{split(normalise.key(term))}"' + "*" * term.endswith("*")

    expressions = []
    for query in queries:
        wanted: list[str] = []
        unwanted: list[str] = []
        for operator, terms in clauses(query["query"]):
            (unwanted if operator == "NOT" else wanted).append(f"({' OR '.join(map(phrase, terms))})")
        text = " AND ".join(wanted)
        expressions.append(f"({text}) NOT {unwanted[0]}" if unwanted else text)

    def run(texts: Sequence[str]) -> int:
        hits = 0
        for start in range(0, len(texts), 1000):
            database = sqlite3.connect(":memory:")
            database.execute(
                "create virtual table f using fts5(t, content='', tokenize=\"unicode61 remove_diacritics 0\")"
            )
            rows = ((n, split(text)) for n, text in enumerate(texts[start : start + 1000], 1))
            database.executemany("insert into f(rowid, t) values (?, ?)", rows)
            for expression in expressions:
                hits += len(database.execute("select rowid from f where f match ?", (expression,)).fetchall())
            database.close()
        return hits

    return run


def run_tantivy(queries: Sequence[dict[str, str]]) -> Callable[[Sequence[str]], int] | None:
    try:
        import tantivy
    except ImportError:
        return None
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("t", stored=False, tokenizer_name="whitespace", index_option="position")
    builder.add_unsigned_field("id", stored=False, fast=True)
    schema = builder.build()
    of, must, should, never = tantivy.Query, tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot

    def phrase(term: str) -> Any:
        words: list[Any] = split(normalise.key(term)).split()
        if term.endswith("*"):
            if len(words) == 1:
                return of.regex_query(schema, "t", re.escape(words[0]) + ".*")
            return of.phrase_prefix_query(schema, "t", words)
        if len(words) == 1:
            return of.term_query(schema, "t", words[0], index_option="basic")
        return of.phrase_query(schema, "t", words)

    compiled = []
    for query in queries:
        parts = []
        for operator, terms in clauses(query["query"]):
            group = of.boolean_query([(should, phrase(term)) for term in terms])
            parts.append((never if operator == "NOT" else must, group))
        compiled.append(of.boolean_query(parts))

    def run(texts: Sequence[str]) -> int:
        index = tantivy.Index(schema)
        writer = index.writer(heap_size=200_000_000, num_threads=1)
        for number, text in enumerate(texts):
            document = tantivy.Document()
            document.add_text("t", split(text))
            document.add_unsigned("id", number)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()
        hits = 0
        for query in compiled:
            addresses = [address for _, address in searcher.search(query, limit=len(texts), count=False).hits]
            if addresses:
                hits += len(searcher.fast_field_values("id", addresses))
        return hits

    return run


def run_floor(matcher: Matcher) -> Callable[[Sequence[str]], None]:
    from ahocorasick_rs import AhoCorasick

    find = AhoCorasick(list(matcher.compiled.patterns.strings)).find_matches_as_indexes

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            find(text, overlapping=True)

    return run


def run_ours(matcher: Matcher) -> Callable[[Sequence[Item]], None]:
    def run(items: Sequence[Item]) -> None:
        match = matcher.match
        for item in items:
            match(item)

    return run


def disagreements(matcher: Matcher, items: Sequence[Item]) -> list[str]:
    """Ids of the first 10,000 items whose hits are not those of the independent implementation."""
    with gzip.open(BENCH / "expected-2500.jsonl.gz", "rt", encoding="utf-8") as lines:
        expected = {row["id"]: set(row["hits"]) for row in map(json.loads, lines)}
    found = ((item.id, {match.indicator for match in matcher.match(item)}) for item in items[:10_000])
    return [name for name, hits in found if hits != expected[name]]


def measure(count: int, items: list[Item], rounds: int) -> None:
    queries = read_queries(count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        write_codebook(queries, path)
        started = time.process_time()
        book = codebook.load(path)
        loaded = time.process_time()
        matcher = compile_codebook(book)
        compiled = time.process_time()
    print(f"\n{count} queries, {len(matcher.compiled.patterns.strings)} patterns: ", end="")
    print(f"loaded in {loaded - started:.2f} s, compiled in {compiled - loaded:.2f} s")
    run_ours(matcher)(items[-2000:])
    some = items[: -2000 : 3 if count < 25_000 else 6]
    texts = list(map(folded, items[:40_000]))
    run_ours(matcher)(some)
    work: dict[str, Task] = {"ours": (run_ours(matcher), some), "floor": (run_floor(matcher), list(map(folded, some)))}
    if count <= 2500:
        work["fts5"] = (run_fts5(queries), texts[:: 10 if count == 2500 else 1])
    tantivy = run_tantivy(queries) if count >= 2500 else None
    if tantivy is not None:
        work["tantivy"] = (tantivy, texts)
    rates = rates_in_turn(work, rounds)
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"  {name:8} {rate:10,.0f} items/s   {1e6 / rate:9.1f} us/item", end="")
        print(f"   (rounds: {', '.join(f'{1e6 / one:.0f}' for one in found)})")
    peer, over_peer, over_floor = TARGETS[count]
    if peer in rates:
        print(f"  ours / {peer} = {ratio(rates, 'ours', peer):.2f} (aim {over_peer})", end="; ")
    else:
        print("tantivy is not installed: `pip install tantivy` to compare with it")
    print(f"ours / floor = {ratio(rates, 'ours', 'floor'):.2f} (aim {over_floor})")
    if count == 2500:
        print(f"  items of 10,000 whose hits are not the expected ones: {len(disagreements(matcher, items))}")


def measure_codebook(path: Path, items: list[Item], rounds: int) -> None:
    started = time.process_time()
    book = codebook.load(path)
    loaded = time.process_time()
    matcher = compile_codebook(book)
    compiled = time.process_time()
    run_ours(matcher)(items[-2000:])
    texts = list(map(folded, items[:20_000]))
    work: dict[str, Task] = {"ours": (run_ours(matcher), items[:20_000]), "floor": (run_floor(matcher), texts)}
    rates = rates_in_turn(work, rounds)
    rate = statistics.median(rates["ours"])
    print(
        f"\n{path.name}: {len(book.indicators)} indicators, {len(matcher.compiled.patterns.strings)} patterns", end=""
    )
    print(f", loaded in {loaded - started:.2f} s, compiled in {compiled - loaded:.2f} s, {rate:,.0f} items/s, ", end="")
    each = ", ".join(f"{one:,.0f}" for one in rates["ours"])
    print(f"{ratio(rates, 'ours', 'floor'):.2f} of the floor (rounds: {each})")


def curve(items: list[Item]) -> None:
    """Seconds per megabyte of hostile texts of growing size: flat where time is linear."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        text = 'version: c\nindicators:\n- {id: a, title: a, group: driver, direction: toward, query: "%s"}\n'
        path.write_text(text % "china NEAR/5 russia NEAR/5 china AND NOT (china ONEAR/1 peru)", encoding="utf-8")
        matcher = compile_codebook(codebook.load(path))
    shapes = {
        "100,000 repeated terms": "china russia ",
        "one term": "china ",
        "Chinese": "中国和俄罗斯签署联合声明。",
        "marks and joiners": "chi\u00adna \u200f\u202e ру\u0301ссия 👩\u200d👩\u200d👧 \ud800 ",
        "one long word": "a",
    }
    for name, unit in shapes.items():
        times = []
        for size in (100_000, 1_000_000, 10_000_000):
            item = Item(guid="", url="", title="china russia", summary=unit * (size // len(unit)))
            started = time.process_time()
            matcher.match(item)
            times.append(f"{size // 1000:,} kB {(time.process_time() - started) / size * 1e6:.3f} s/MB")
        print(f"  {name:24} {'   '.join(times)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--queries", type=int, action="append", choices=sorted(TARGETS))
    parser.add_argument("--rounds", type=int, default=3, help="how often everyone does its work")
    parser.add_argument("--curve", action="store_true", help="only the time over the size of hostile texts")
    parser.add_argument("--codebook", type=Path, help="only this codebook, on the same items")
    options = parser.parse_args()
    if not BENCH.is_dir():
        sys.exit(f"this benchmark needs the workload in {BENCH.parent.name}/{BENCH.name} beside the repository")
    items = read_items(42_000)
    if options.curve:
        curve(items)
    elif options.codebook:
        measure_codebook(options.codebook, items, options.rounds)
    else:
        for count in options.queries or sorted(TARGETS):
            measure(count, items, options.rounds)


if __name__ == "__main__":
    main()
