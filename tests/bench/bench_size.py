"""What each analysis costs on millions of calls: processor time, memory beyond the frame, and how both grow.

Each figure comes from a process of its own, which shares nothing but the frame, so that no analysis
uses what the one before worked out. ``DTANALYTICS_BENCH_ROWS=1e6,1e7`` chooses the sizes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.bench.harness import Bench

ROOT = Path(__file__).parents[2]
SIZES = (1_000_000, 3_000_000, 10_000_000)
SECONDS, MEGABYTES = 10.0, 3000.0
"""Limits of ten million calls, and of fewer."""
GROWTH = 11.0
"""Most times the seconds of ten times the calls (and in proportion)."""
FLOOR = 0.1  # seconds that do not grow; a shorter time says nothing about growth
HALVES = "late = calls['call_day'] >= '2026-06-01'; now, before = calls[late], calls[~late]"
LEDGER = "ledger = calls.loc[calls['offer_qualified'].to_numpy(bool), ['sid', 'offer_price']]"
RENAMED = f"{LEDGER}.rename(columns={{'offer_price': 'revenue'}})"
BIDS = "bids = calls.drop(columns=['affiliate', 'offer', 'lf_state']).rename(columns={'call_date': 'date_added'})"
TERMS = "{'Offer 001': {'price': 30.0, 'buffer': 90}}"
ANALYSES: dict[str, tuple[str, str]] = {
    "rollup": ("", "ours.rollup(['affiliate', 'offer'])"),
    "margin": ("", "ours.margin('affiliate')"),
    "qualification": ("", "ours.qualification('affiliate')"),
    "funnel": ("", "ours.funnel('affiliate')"),
    "trend": ("", "ours.trend('D')"),
    "heatmap": ("", "ours.heatmap()"),
    "state_map": ("", "ours.state_map()"),
    "matrix": ("", "ours.matrix('affiliate')"),
    "bridge": (HALVES, "now.calls.bridge(before, 'affiliate')"),
    "compare": (HALVES, "now.calls.compare(before, 'affiliate')"),
    "compare of days": ("", "ours.compare(by='affiliate', days=28)"),
    "pacing": ("", "ours.pacing()"),
    "audit": ("", "ours.audit()"),
    "unsold": ("", "ours.unsold('affiliate')"),
    "capacity_to_buy": ("", "ours.capacity_to_buy()"),
    "concurrency": ("", "ours.concurrency('offer')"),
    "cap_hours": ("", "ours.cap_hours('offer')"),
    "durations": ("", "ours.durations('offer')"),
    "survival": ("", "ours.survival('offer')"),
    "buffers": ("", "ours.buffers()"),
    "scorecard": ("", "ours.scorecard('affiliate')"),
    "scorecard of numbers": ("", "ours.scorecard('phone_label')"),
    "quality": ("", "ours.quality('affiliate')"),
    "watch": ("", "ours.watch('affiliate', now='2026-10-01')"),
    "cohorts": ("", "ours.cohorts('affiliate')"),
    "cohort_grid": ("", "ours.cohort_grid()"),
    "what_if": ("", f"ours.what_if({TERMS}, total=True)"),
    "flipped_calls": ("", f"ours.flipped_calls({TERMS})"),
    "break_even": ("", "ours.break_even({'Offer 001': 90})"),
    "keywords": ("", "ours.keywords()"),
    "keyword_value": ("", "ours.keyword_value()"),
    "rank_weights": ("", "ours.rank_weights()"),
    "pool_health": (BIDS, "bids.calls.pool_health()"),
    "overlap": (HALVES, "calls.calls.overlap(before)"),
    "reconcile": (RENAMED, "ours.reconcile(ledger, fields=['revenue'])"),
    "join_calls": (BIDS, "dta.join_calls(calls, bids, columns=['rank', 'adwords_keyword_id'])"),
    "match_report": (BIDS, "dta.match_report(calls, bids)"),
    "concat": (HALVES, "dta.concat([before, now])"),
    "mask": ("", "ours.mask(key=b'k' * 32)"),
    "summary": ("", "repr(ours)"),
}
"""Analysis -> what it is given, which is not measured, and how it is asked."""
CODE = """
import json, os, pickle, sys, time, traceback, warnings
from pathlib import Path
import dtanalytics as dta
from dtanalytics.duplicates import mark
from tests.bench.network import make

def memory(name):
    return int(Path("/proc/self/status").read_text().split(name)[1].split()[0]) / 1024

calls = mark(make({rows}))
ours = calls.calls
for name, given, asked in {questions!r}:
    sys.stdout.flush()
    if os.fork():  # the parent keeps the frame, and nothing that an analysis has worked out
        os.wait()
        continue
    try:
        exec(given)
        before_mb = memory("VmRSS:")
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        started = time.process_time()
        answer = eval(asked)
        taken = time.process_time() - started
        print(json.dumps([name, taken, memory("VmHWM:") - before_mb]), flush=True)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
"""


def run(bench: Bench) -> None:
    """Ask every analysis at each size, then compare the sizes."""
    if not Path("/proc/self/clear_refs").exists():
        bench.skip("size", "peak memory is read from /proc, which this system does not have")
        return
    sizes = sorted(bench.sizes(SIZES))
    if bench.wants("size: the machine"):
        bench.figure("size: the machine, to sort, take and count 10 million numbers", _machine(), unit="s")
    wanted = [(name, *asked) for name, asked in ANALYSES.items() if bench.wants(f"size: {name}")]
    seconds: dict[str, list[float]] = {}
    for rows in sizes if wanted else ():
        for name, taken, megabytes in _answers(CODE.format(rows=rows, questions=wanted)):
            seconds.setdefault(name, []).append(taken)
            title = f"size: {name}, {rows:,} calls"
            bench.figure(title, taken, high=SECONDS, unit="s")
            bench.figure(f"{title}, memory", megabytes, high=MEGABYTES, unit="MB")
    for name, taken in seconds.items():
        if len(sizes) > 1 and len(taken) == len(sizes):
            growth = taken[-1] / max(taken[0], FLOOR)
            most = GROWTH * sizes[-1] / sizes[0] / 10
            bench.figure(f"size: {name}, growth {sizes[0]:,} to {sizes[-1]:,}", growth, high=most, unit="x")
    broken = [name for name, *_ in wanted if len(seconds.get(name, [])) < len(sizes)]
    if broken:
        raise RuntimeError(f"no answer, see above: {', '.join(broken)}")


def _answers(code: str) -> Iterator[tuple[str, float, float]]:
    """Name, processor time [s] and memory [MB] of each analysis, as it is known."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as asked:
        for line in asked.stdout or ():
            if line.startswith("["):
                name, taken, megabytes = json.loads(line)
                yield name, taken, megabytes


def _machine() -> float:
    """Processor time of what most analyses consist of, to compare runs by: 0.5 s on one that is free [s]."""
    draw = np.random.default_rng(0)
    numbers, order = draw.integers(0, 6_000_000, 10_000_000), draw.permutation(10_000_000)
    started = time.process_time()
    np.sort(numbers)
    np.bincount(numbers[order])
    return time.process_time() - started


def python(code: str) -> str:
    """Run code in a fresh interpreter; its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.rstrip().rpartition("\n")[2]
