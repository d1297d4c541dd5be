"""False positives and power of the event study, by simulation with attention that moves both sides.

    python -m benchmarks.event_study [--runs 4000]

Prints the tables of docs/methods/event-study.md. The regression needs the extra ``study``.
"""

from __future__ import annotations

import argparse

import numpy as np

from tracker.analysis import distributed_lags, simulate

WORLDS = ((1.0, True), (1.0, False), (1.3, True), (1.5, True), (2.0, True))
EVENTS = (5, 10, 15)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000)
    runs = parser.parse_args().runs
    print(f"| rate ratio | compared | {' | '.join(f'{n} events' for n in EVENTS)} | ({runs} runs each)")
    print(f"|---|---|{'---|' * len(EVENTS)}", flush=True)
    for ratio, shares in WORLDS:
        found = [
            simulate.study_rejections(simulate.StudyWorld(events=n), ratio, runs=runs, seed=n, shares=shares)
            for n in EVENTS
        ]
        words = "shares" if shares else "raw counts"
        print(f"| {ratio} | {words} | {' | '.join(f'{100 * share:.1f} %' for share in found)} |", flush=True)
    if distributed_lags.available():
        print(f"\nregression, 10 events, {runs // 2} runs each:")
        for ratio in (1.0, 1.5):
            print(f"  rate ratio {ratio}: {100 * _regressions(ratio, runs // 2):.1f} % reject", flush=True)


def _regressions(ratio: float, runs: int) -> float:
    rng, rejected = np.random.default_rng(10), 0
    for _ in range(runs):
        found = distributed_lags.regress(*simulate.StudyWorld().draw(rng, ratio))
        rejected += found is not None and found.p <= 0.05
    return rejected / runs


if __name__ == "__main__":
    main()
