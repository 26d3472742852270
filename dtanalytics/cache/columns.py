"""Cached rows to whatever a caller makes of their columns, side by side or, when they are many, frugally."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.cache.moved import newest
from dtanalytics.cache.read import PartsReader
from dtanalytics.filters.pushed import fields_of, holds
from dtanalytics.schema import EASTERN, Report
from dtanalytics.window import Window

FEW = 20_000
"""Rows that are read faster than threads are made."""

VALUES = 30_000
"""Values of one file that are read together: fewer cost more each, more take more memory."""

LONG = 500_000
"""Rows from which on memory counts more than a few milliseconds."""

_READ_ORDER = {"text": 1, "name": 3, "flag": 3}
"""Kinds by the room that reading takes besides what is made: much while there is room; all others second."""

Columns = dict[str, Any]
"""Names and what the caller makes of the columns."""


def use_columns(
    reader: PartsReader, window: Window, columns: Sequence[str] | None, use: Callable[[pa.Table], Columns]
) -> tuple[Columns, int]:
    """What ``use`` makes of the rows of a window, in the order of the columns; and how many rows there are.

    ``use`` is given some columns at a time, from several threads: what it makes of them and what the
    files hold are then never in memory both at once.
    """
    report, kept = reader.report, _row_mask(reader, window)
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
    # What takes long begins first, so that nobody is left with it at the end.
    sooner = sorted(wanted, key=lambda name: report.by_name[name].kind != "text")
    groups = iter([sooner[start : start + step] for start in range(0, len(sooner), step)])

    def work() -> Columns:
        return {name: column for group in groups for name, column in used(group).items()}

    others = max(1, pa.cpu_count() - 1)  # besides this one; whoever is ready takes the next group
    with ThreadPoolExecutor(others, thread_name_prefix="dta-read") as pool:
        parts = [pool.submit(work) for _ in range(others)]
        made = work()
        for part in parts:
            made |= part.result()
    return {name: made[name] for name in wanted}, rows


def _row_mask(reader: PartsReader, window: Window) -> pa.Array | None:
    """Tell which rows are meant; None when all are, which is the rule."""
    masks = []
    if reader.memo is not None and (mask := newest(reader, reader.memo)) is not None:
        masks.append(mask)
    if window != window.whole_days():
        masks.append(is_within(reader.read([reader.report.time]), window, reader.report))
    if reader.condition:
        table = reader.read(fields_of(reader.condition, reader.report))
        masks.append(holds(table, reader.condition, reader.report))
    return functools.reduce(pc.and_, masks) if masks else None


def _one_at_a_time(
    used: Callable[[Sequence[str]], Columns], wanted: Sequence[str], report: Report
) -> Columns:
    """One column after another, since each thread would keep what it let go for itself; large ones first."""
    made: Columns = {}
    for name in sorted(wanted, key=lambda name: _READ_ORDER.get(report.by_name[name].kind, 2)):
        pa.default_memory_pool().release_unused()
        made |= used([name])
    return {name: made[name] for name in wanted}


def extra_of(reader: PartsReader, window: Window) -> pa.ChunkedArray | None:
    """What the schema does not know of the rows of a window, as JSON text; None when there is nothing."""
    if not reader.has_extra():
        return None
    table = reader.read(["extra", reader.report.time])
    return within(table, window, reader.report).column("extra").drop_null()


def within(table: pa.Table, window: Window, report: Report) -> pa.Table:
    """Rows whose time lies in the window."""
    inside = is_within(table, window, report)
    return table if pc.all(inside).as_py() else table.filter(inside)  # a filter copies every column


def is_within(table: pa.Table, window: Window, report: Report) -> pa.ChunkedArray:
    """Tell which rows have a time that lies in the window."""
    column = table.column(report.time)
    low, high = (
        pa.scalar(moment.replace(tzinfo=EASTERN), column.type) for moment in (window.start, window.end)
    )
    return pc.and_(pc.greater_equal(column, low), pc.less(column, high))
