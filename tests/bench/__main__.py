"""Run every benchmark of this folder: ``python -m tests.bench [TOPIC ...] [--only PATTERN] [--strict]``.

Each topic has an interpreter of its own, so that none inherits what the one before left in memory.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from tests.bench.harness import Bench

HERE = Path(__file__).parent


def measured(topic: str, only: str) -> tuple[list[dict[str, object]], list[str]]:
    """Rows of one topic, and its name if it broke."""
    bench = Bench(only=only)
    try:
        importlib.import_module(f"tests.bench.bench_{topic}").run(bench)
    except Exception:  # noqa: BLE001 - the rows before it, and other topics, are still worth their time
        traceback.print_exc()
        return bench.rows, [topic]
    return bench.rows, []


def write(rows: list[dict[str, object]], path: Path) -> None:
    """Write every row as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Measure, print the table, write build/bench.json; 1 when a benchmark broke (or, strictly, missed)."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("topics", nargs="*", help="bench_<topic>.py files to run; all when left out")
    parser.add_argument(
        "--only", default="*", help="measure the rows whose name contains this (* and ? work)"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "build" / "bench.json")
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.part:
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} cores, load {load:.1f}; ratios are of variants timed in turn", flush=True)

    found = [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
    topics = [topic for topic in found if topic in options.topics or not options.topics]
    if len(topics) == 1:
        rows, broken = measured(topics[0], options.only)
    else:
        rows, broken = [], []
        with tempfile.TemporaryDirectory() as folder:
            for topic in topics:
                part = Path(folder, f"{topic}.json")
                command = [sys.executable, "-m", "tests.bench", topic, "--only", options.only, "--out", part]
                done = subprocess.run([*map(str, command), "--part"], check=False)
                broken += [topic] if done.returncode else []
                rows += json.loads(part.read_text(encoding="utf-8")) if part.exists() else []
                write(rows, options.out)  # a run that is stopped keeps what it measured
    write(rows, options.out)
    if options.part:
        return int(bool(broken))
    missed = [str(row["name"]) for row in rows if row.get("ok") is False]
    print(f"{len(rows)} rows in {options.out}; missed: {', '.join(missed) or 'none'}")
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken) or (options.strict and bool(missed)))


if __name__ == "__main__":
    sys.exit(main())
