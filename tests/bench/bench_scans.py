"""What each analysis of LeadFlow calls costs from a scan of published files: processor time, and memory in all.

The questions are those of ``bench_size``; the data set lies below ``build/bench-year`` and is used again.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench.bench_hundred import FOLDER
from tests.bench.bench_size import ANALYSES, MEGABYTES, SECONDS, python
from tests.bench.harness import Bench
from tests.bench.year_calls import END, START

SIZES = (1_000_000, 10_000_000)
SUMS = ("rollup", "margin", "funnel", "trend", "heatmap", "state_map", "matrix", "pacing", "cap_hours")
"""Of these no call is brought into pandas."""
ROWS = (
    "qualification", "audit", "unsold", "capacity_to_buy", "concurrency", "durations", "survival", "buffers",
    "scorecard", "quality", "cohorts", "cohort_grid", "what_if", "flipped_calls", "break_even",
)  # fmt: skip
CODE = """
import importlib, json, pkgutil, time
from functools import partial
from pathlib import Path
import dtanalytics as dta
import dtanalytics.analysis

def memory(name):
    return int(Path("/proc/self/status").read_text().split(name)[1].split()[0]) / 1024

class Scanned:
    def __getattr__(self, name):
        if name == "rollup":
            return scan.rollup
        for found in pkgutil.walk_packages(dtanalytics.analysis.__path__, "dtanalytics.analysis."):
            function = vars(importlib.import_module(found.name)).get(name)
            if getattr(function, "__module__", "") == found.name:
                return partial(function, scan)
        raise AttributeError(name)

scan = dta.scan("leadflow", {start!r}, {end!r}, source={folder!r}, progress=False)
ours = Scanned()
before_mb = memory("VmRSS:")
Path("/proc/self/clear_refs").write_text("5")
started = time.process_time()
answer = {asked}
taken = time.process_time() - started
print("\\n" + json.dumps({{"seconds": taken, "mb": memory("VmHWM:") - before_mb}}))
"""
PUBLISH = """
from pathlib import Path
from tests.bench.year_calls import publish
publish(Path({folder!r}), {rows})
"""


def run(bench: Bench) -> None:
    """Ask every analysis at each size."""
    if not Path("/proc/self/clear_refs").exists():
        bench.skip("scans", "peak memory is read from /proc, which this system does not have")
        return
    for rows in bench.sizes(SIZES):
        folder = str(FOLDER / str(rows))
        for name in (*SUMS, *ROWS):
            title = f"scans: {name}, {rows:,} calls"
            if not bench.wants(title):
                continue
            python(PUBLISH.format(folder=folder, rows=rows))
            code = CODE.format(start=START, end=END, folder=folder, asked=ANALYSES[name][1])
            found = json.loads(python(code))
            bench.figure(title, found["seconds"], high=SECONDS, unit="s")
            bench.figure(f"{title}, memory", found["mb"], high=MEGABYTES, unit="MB")
