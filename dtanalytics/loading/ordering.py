"""Calls in the order of a load: by time, then key; and day by day, as the cache keeps them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.filters.pushed import within
from dtanalytics.schema import Report
from dtanalytics.window import Window


def ordered(table: pa.Table, report: Report) -> pa.Table:
    """Rows by time, then key."""
    keys = table.select([report.time, report.key])
    order = pc.sort_indices(keys, [(report.time, "ascending"), (report.key, "ascending")]).to_numpy()
    return table if np.array_equal(order, np.arange(len(order))) else table.take(pa.array(order))


def by_day(table: pa.Table, window: Window, report: Report) -> dict[dt.date, pa.Table]:
    """The calls of each day of the window, sorted; a day without calls has an empty table."""
    table = ordered(within(table, window, report), report).combine_chunks()
    numbers = table.column("call_day").cast(pa.int32()).to_numpy()
    epoch = dt.date(1970, 1, 1)
    days = window.days()
    marks = [(day - epoch).days for day in days]
    starts = np.searchsorted(numbers, marks, side="left")
    ends = np.searchsorted(numbers, marks, side="right")
    return {day: table.slice(start, end - start) for day, start, end in zip(days, starts, ends, strict=True)}
