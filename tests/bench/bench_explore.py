"""A board of many calls: from a brush to the data of the last chart, and the memory that it takes.

The first brush asks the board's table for each chart. From the second step of a drag on, one chart more at each
step is summed by two axes, and further steps add up parts of those sums. Both are measured, by chart, and the
same sums as plain SQL on the frame.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd

import dtanalytics as dta
from dtanalytics.explore import Board
from tests.bench.calls import make
from tests.bench.harness import Bench

LIMITS = {1_000_000: 0.050, 10_000_000: 0.200}
"""Most kernel time of a chart [s]."""
SQL = """
SELECT affiliate, count(*), count(*) FILTER (lead_status = 'Connected'),
       sum(offer_price) FILTER (offer_qualified), sum(affiliate_price) FILTER (affiliate_qualified)
FROM calls WHERE call_day >= TIMESTAMP '2026-03-01' AND call_day < TIMESTAMP '{end}' GROUP BY affiliate
"""
MEMORY = """
import sys
sys.path.insert(0, {root!r})
from tests.bench.calls import make
from tests.bench.bench_explore import typed
import dtanalytics as dta
from dtanalytics.explore import Board
calls = typed(make({rows}))
{board}
"""


def typed(calls: pd.DataFrame) -> pd.DataFrame:
    """Add what a board also shows: offers, hours and states; by day, as a load sorts calls."""
    draw = np.random.default_rng(1)
    offers, states = [f"Offer {at:02}" for at in range(40)], ["TX", "CA", "NY", "FL", "OH", "WA"]
    return calls.assign(
        call_day=np.sort(calls["call_day"].to_numpy()),
        offer=pd.Categorical.from_codes(draw.integers(0, 40, len(calls)).astype(np.int8), offers),
        call_hour=pd.array(draw.integers(0, 24, len(calls)).astype(np.int8), dtype="Int8"),
        lf_state=pd.Categorical.from_codes(draw.integers(0, 6, len(calls)).astype(np.int8), states),
    )


def run(bench: Bench) -> None:
    """Measure at 1 M and 10 M calls."""
    for rows in bench.sizes((1_000_000, 10_000_000)):
        name = f"explore {rows:,}"
        if not bench.wants(name):
            continue
        calls = typed(make(rows))
        board = dta.explore(calls)
        board.page()
        charts = len(board.page()["marks"]) + 2  # with the headline and the table
        limit = LIMITS.get(rows)

        first = [_brush(board, at, anew=True) for at in range(10)]
        drag = [_brush(board, at, anew=False) for at in range(40)]
        sql = duckdb.connect()
        sql.register("calls", calls)
        plain = _times(lambda at, sql=sql: sql.execute(SQL.format(end=_end(at))).fetchall(), 10)
        sql.close()
        for said, times in (("first brush", first), ("drag", drag)):
            each = [taken / charts for taken in times]
            bench.figure(f"{name}, {said}, a chart, median", statistics.median(each), high=limit, unit="s")
            bench.figure(
                f"{name}, {said}, a chart, 95 %", float(np.quantile(each, 0.95)), high=limit, unit="s"
            )
        bench.figure(f"{name}, plain SQL, a chart, median", statistics.median(plain), unit="s")
        bench.figure(f"{name}, plain SQL, a chart, 95 %", float(np.quantile(plain, 0.95)), unit="s")
        del board, calls
        _memory(bench, name, rows)


def _memory(bench: Bench, name: str, rows: int) -> None:
    from pathlib import Path

    root = str(Path(__file__).parents[2])
    for said, board in (("frame", ""), ("frame and board", "board = dta.explore(calls); board.page()")):
        bench.peak_memory(f"{name}, {said}, memory", MEMORY.format(root=root, rows=rows, board=board))


def _end(at: int) -> str:
    return str(np.datetime64("2026-03-08") + at)


def _brush(board: Board, at: int, *, anew: bool) -> float:
    """Choose some days, and return the time until all charts have their data [s]."""
    if anew:  # as after a choice elsewhere
        board.select(window=None)
        board._cubes._found.clear()
        board._cubes._met.clear()
        board.page()
    started = time.perf_counter()
    board.select(window=("2026-03-01", _end(at)))
    board.page()
    return time.perf_counter() - started


def _times(function: Callable[[int], object], rounds: int) -> list[float]:
    times = []
    for at in range(rounds):
        started = time.perf_counter()
        function(at)
        times.append(time.perf_counter() - started)
    return times
