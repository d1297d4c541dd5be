"""False alerts per indicator-year and the time to find a tripling, by simulation of quiet and of surging indicators.

    python -m benchmarks.calibration [--runs 2000]

Each run has a year of history before the year (or week) that is judged, so that the error of estimating is part of it.
Prints the tables of docs/methods/alerts.md. Days are independent negative-binomial counts of size k.
"""

from __future__ import annotations

import argparse

from tracker.analysis import simulate

QUIET = ((0.2, 1), (1, 1), (4, 1), (4, 5))
SURGES = ((4, 5), (4, 1), (1, 1), (0.2, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    print(f"| daily mean | k | false alerts per indicator-year ({runs} runs) |\n|---|---|---|", flush=True)
    for mean, size in QUIET:
        print(f"| {mean} | {size} | {simulate.false_alerts(mean, size, runs=runs, seed=1):.2f} |", flush=True)
    days = " | ".join(f"day {day}" for day in range(1, 8))
    print(f"\n| daily mean, tripled for a week | k | {days} |\n|---|---|{'---|' * 7}", flush=True)
    for mean, size in SURGES:
        within = simulate.power(mean, size, runs=runs, seed=2).within
        print(f"| {mean} | {size} | {' | '.join(f'{share:.0%}' for share in within)} |", flush=True)


if __name__ == "__main__":
    main()
