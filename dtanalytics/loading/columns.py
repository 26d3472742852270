"""Read the columns of cached rows: in parallel, or one at a time where they would take much memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.cache.entry import Entry
from dtanalytics.cache.read import PartsReader
from dtanalytics.filters.pushed import fields_of, holds, is_within, within
from dtanalytics.loading.moved import newest
from dtanalytics.schema import Report
from dtanalytics.window import Window

FEW = 20_000
"""Up to so many rows are read in this thread: starting others would take longer."""

VALUES = 30_000
"""Values of one file that are read in one call: fewer are slower, more take more memory."""

LONG = 500_000
"""From so many rows on, columns are read one at a time to save memory."""

_READ_ORDER = {"text": 1, "name": 3, "flag": 3}
"""Order of reading: kinds that need much temporary memory come first, while little is held."""

Columns = dict[str, Any]
"""Names and what the caller makes of the columns."""


def use_columns(
    entry: Entry,
    reader: PartsReader,
    window: Window,
    columns: Sequence[str] | None,
    use: Callable[[pa.Table], Columns],
) -> tuple[Columns, int]:
    """Apply ``use`` to groups of columns; return its results in the order of the columns, and the row count.

    ``use`` is given some columns at a time, from several threads: what it makes of them and what the
    files hold are then never in memory both at once.
    """
    report, kept = reader.report, _row_mask(entry, reader, window)
    rows = reader.rows if kept is None else pc.sum(kept).as_py() or 0

    def used(some: Sequence[str]) -> Columns:
        table = reader.read(some)
        return use(table if kept is None else table.filter(kept))

    wanted = list(report.columns if columns is None else columns)
    if reader.rows < FEW:
        return used(wanted), rows
    if reader.rows > LONG:
        return _one_at_a_time(used, wanted, report), rows
    step = max(2, VALUES * reader.files // reader.rows)
    # Slow columns start first, so that no thread is left with one at the end.
    sooner = sorted(wanted, key=lambda name: report.by_name[name].kind != "text")
    groups = iter([sooner[start : start + step] for start in range(0, len(sooner), step)])

    def work() -> Columns:
        return {name: column for group in groups for name, column in used(group).items()}

    others = max(1, pa.cpu_count() - 1)  # besides this thread; a thread that is free takes the next group
    with ThreadPoolExecutor(others, thread_name_prefix="dta-read") as pool:
        parts = [pool.submit(work) for _ in range(others)]
        made = work()
        for part in parts:
            made |= part.result()
    return {name: made[name] for name in wanted}, rows


def _row_mask(entry: Entry, reader: PartsReader, window: Window) -> pa.Array | None:
    """Boolean mask of the rows that are asked for; None when all of them are, the usual case."""
    masks = []
    if (mask := newest(reader, entry.memo)) is not None:
        masks.append(mask)
    if window != window.whole_days():
        masks.append(is_within(reader.read([reader.report.time]), window, reader.report))
    if entry.condition:
        table = reader.read(fields_of(entry.condition, reader.report))
        masks.append(holds(table, entry.condition, reader.report))
    return functools.reduce(pc.and_, masks) if masks else None


def _one_at_a_time(
    used: Callable[[Sequence[str]], Columns], wanted: Sequence[str], report: Report
) -> Columns:
    """Read one column at a time: each thread that uses Arrow would keep freed memory for itself."""
    made: Columns = {}
    for name in sorted(wanted, key=lambda name: _READ_ORDER.get(report.by_name[name].kind, 2)):
        pa.default_memory_pool().release_unused()
        made |= used([name])
    return {name: made[name] for name in wanted}


def extra_of(reader: PartsReader, window: Window) -> pa.ChunkedArray | None:
    """The column `extra` of the rows of a window, without nulls; None when every row is null."""
    if not reader.has_extra():
        return None
    table = reader.read(["extra", reader.report.time])
    return within(table, window, reader.report).column("extra").drop_null()
