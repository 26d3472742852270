"""Run every benchmark of this folder: ``python -m tests.bench [--only PATTERN] [--strict]``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from pathlib import Path

from tests.bench.harness import Bench

HERE = Path(__file__).parent


def main() -> int:
    """Measure, print the table, write build/bench.json; 1 when a benchmark broke (or, strictly, missed)."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("topics", nargs="*", help="bench_<topic>.py files to run; all when left out")
    parser.add_argument(
        "--only", default="*", help="measure the rows whose name contains this (* and ? work)"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "build" / "bench.json")
    options = parser.parse_args()

    bench = Bench(only=options.only)
    broken = []
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}; ratios are of variants timed in turn in this run")
    for path in sorted(HERE.glob("bench_*.py")):
        topic = path.stem.removeprefix("bench_")
        if options.topics and topic not in options.topics:
            continue
        try:
            importlib.import_module(f"tests.bench.{path.stem}").run(bench)
        except Exception:  # noqa: BLE001 - the other benchmarks are still worth their time
            broken.append(topic)
            traceback.print_exc()
        bench.write(options.out)
    missed = [str(row["name"]) for row in bench.rows if row.get("ok") is False]
    print(f"{len(bench.rows)} rows in {options.out}; missed: {', '.join(missed) or 'none'}")
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken) or (options.strict and bool(missed)))


if __name__ == "__main__":
    sys.exit(main())
