"""Items per second from raw text to evidence, against peers in the same run, on one core.

    python -m benchmarks.matching [--queries 25 --queries 2500 --queries 25000] [--seconds 20] [--curve] [--codebook F]

Peers answer the same queries the way news searchers use them: SQLite FTS5 in memory (batches of 1,000 items) and
tantivy (batches of 40,000; `pip install tantivy`, skipped with a word where it is absent). Both get text that is
normalised beforehand, Chinese split, NEAR relaxed to AND, and give no offsets: less work than ours. The floor is the
bare ahocorasick_rs scan of text that is normalised beforehand.
CPU time of the process; each figure is the best of several slices, so that a busy machine harms it less.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import itertools
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tracker.indicators import codebook, normalise
from tracker.indicators.matcher import Matcher, compile_codebook
from tracker.model import Item

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT.parent / "shared" / "bench"
TARGETS = {25: ("fts5", 2.3, 0.25), 2500: ("tantivy", 1.6, 0.30), 25000: ("tantivy", 2.5, 0.12)}
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


def items_per_second(
    run: Callable[[Sequence[Any]], object], work: Sequence[Any], seconds: float, slices: int = 4
) -> float:
    """The best rate over slices of the work, of which at least ``slices`` are run for ``seconds`` in all."""
    size = max(1, len(work) // slices)
    best, spent, at = 0.0, 0.0, 0
    gc.collect()
    gc.freeze()
    while (spent < seconds and at < slices * 3) or at < slices:
        part = work[(at % slices) * size : (at % slices + 1) * size]
        started = time.process_time()
        run(part)
        took = time.process_time() - started
        best = max(best, len(part) / took)
        spent += took
        at += 1
    gc.unfreeze()
    return best


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
        wanted, unwanted = [], []
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
        words = split(normalise.key(term)).split()
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


def measure(count: int, items: list[Item], seconds: float) -> None:
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
    rates = {"ours": items_per_second(run_ours(matcher), items[: 40_000 if count < 25_000 else 12_000], seconds)}
    texts = list(map(folded, items[:40_000]))
    rates["floor"] = items_per_second(run_floor(matcher), texts[:12_000], seconds / 2)
    rates["fts5"] = items_per_second(run_fts5(queries), texts[:8_000] if count <= 2500 else texts[:4_000], seconds, 4)
    tantivy = run_tantivy(queries)
    if tantivy is None:
        print("tantivy is not installed: `pip install tantivy` to compare with it")
    else:
        rates["tantivy"] = items_per_second(tantivy, texts, seconds, slices=1)
    for name, rate in rates.items():
        print(f"  {name:8} {rate:10,.0f} items/s   {1e6 / rate:9.1f} us/item")
    peer, over_peer, over_floor = TARGETS[count]
    if peer in rates:
        print(f"  ours / {peer} = {rates['ours'] / rates[peer]:.2f} (aim {over_peer})", end="; ")
    print(f"ours / floor = {rates['ours'] / rates['floor']:.2f} (aim {over_floor})")
    if count == 2500:
        print(f"  items of 10,000 whose hits are not the expected ones: {len(disagreements(matcher, items))}")


def measure_codebook(path: Path, items: list[Item], seconds: float) -> None:
    started = time.process_time()
    book = codebook.load(path)
    loaded = time.process_time()
    matcher = compile_codebook(book)
    compiled = time.process_time()
    run_ours(matcher)(items[-2000:])
    rate = items_per_second(run_ours(matcher), items[:40_000], seconds)
    print(
        f"\n{path.name}: {len(book.indicators)} indicators, {len(matcher.compiled.patterns.strings)} patterns", end=""
    )
    print(f", loaded in {loaded - started:.2f} s, compiled in {compiled - loaded:.2f} s, {rate:,.0f} items/s")


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
    parser.add_argument("--seconds", type=float, default=10, help="CPU seconds for each figure")
    parser.add_argument("--curve", action="store_true", help="only the time over the size of hostile texts")
    parser.add_argument("--codebook", type=Path, help="only this codebook, on the same items")
    options = parser.parse_args()
    if not BENCH.is_dir():
        sys.exit(f"this benchmark needs the workload in {BENCH.parent.name}/{BENCH.name} beside the repository")
    items = read_items(42_000)
    if options.curve:
        curve(items)
    elif options.codebook:
        measure_codebook(options.codebook, items, options.seconds)
    else:
        for count in options.queries or sorted(TARGETS):
            measure(count, items, options.seconds)


if __name__ == "__main__":
    main()
