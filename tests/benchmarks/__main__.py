"""`python -m tests.benchmarks [--part 1] [--patients 60 602 10000]` measures, prints one table and stores it."""

import argparse
import os
import platform
import sys
import time
from importlib import import_module

from tests.benchmarks.rows import Row, store, table

# Part -> its module, which has `measure(sizes, say) -> rows`.
PARTS = {
    1: "tests.benchmarks.worklist_and_patient",
    2: "tests.benchmarks.audit_and_checks",
    3: "tests.benchmarks.timeline",
    5: "tests.benchmarks.real_servers",
    6: "tests.benchmarks.trouble",
    8: "tests.benchmarks.shared_plan",
    9: "tests.benchmarks.follow_presenter",
    10: "tests.benchmarks.enrolment",
    11: "tests.benchmarks.recommendations",
}
# What belongs to a part besides, measured after it.
MORE = {10: "tests.benchmarks.evaluation"}
SIZES = (60, 602, 10_000)


def main() -> int:
    """Returns the exit code: 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--part", type=int, choices=sorted({*PARTS, *MORE}), help="only this part's figures")
    parser.add_argument("--patients", type=int, nargs="+", default=list(SIZES), help="sizes of the cohort")
    given = parser.parse_args()
    rows: list[Row] = []
    started = time.monotonic()
    for part in [given.part] if given.part else sorted({*PARTS, *MORE}):
        for module in (each[part] for each in (PARTS, MORE) if part in each):
            rows += import_module(module).measure(tuple(given.patients), _say)
    store(rows, _machine())
    print(table(rows))
    missed = [row for row in rows if row.holds is False]
    print(f"{len(rows)} figures in {time.monotonic() - started:.0f} s, {len(missed)} aims missed")
    return 1 if missed else 0


def _machine() -> str:
    return (
        f"{time.strftime('%d-%b-%Y', time.gmtime())}, {os.cpu_count()} cores shared by server, dashboard and browser, "
        f"{platform.system()}, Python {platform.python_version()}. Times are for comparison on one machine only."
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
