"""What is read of a scan's files: one piece by a Dask worker, or some columns of all of them by DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dtanalytics.filters.pushed import fields_of, holds, within
from dtanalytics.frames import assemble, converter, to_pandas
from dtanalytics.scan.choosing import Chosen, choose
from dtanalytics.schema import ALL_REPORTS, Report
from dtanalytics.window import Window

_BATCH = 1 << 18
"""Rows that DuckDB hands over at once."""


@dataclass(frozen=True)
class FileDays:
    """Rows of some days of one file; ``days`` is empty when all of its rows are meant."""

    path: str
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadPlan:
    """What a worker needs to read a piece."""

    report: str
    window: Window
    filesystem: Any
    condition: str
    without: frozenset[tuple[str, str]]
    chosen: tuple[Chosen, ...] = ()


def read_piece(file: FileDays, how: ReadPlan, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read one piece as the loaders would, for Dask; only the columns that are asked for."""
    report = ALL_REPORTS[how.report]
    wanted = list(columns) if columns is not None else report.columns
    whole = how.window == how.window.whole_days()
    needed = dict.fromkeys(
        [
            *wanted,
            *(["call_day"] if file.days else []),
            *(["call_day", report.key] if how.without else []),
            *([] if whole else [report.time]),
            *fields_of(how.condition, report),
            *(name for one in how.chosen for name in one.needs),
        ]
    )
    path = file.path if how.filesystem is None else how.filesystem._strip_protocol(file.path)  # noqa: SLF001 - fsspec's own name for it
    table = pq.read_table(path, columns=list(needed), filesystem=how.filesystem, partitioning=None)
    if file.days:
        days = pa.array([dt.date.fromisoformat(day) for day in file.days])
        table = table.filter(pc.is_in(table["call_day"], value_set=days))
    if how.without:
        keys = zip(table["call_day"].to_pylist(), table[report.key].to_pylist(), strict=True)
        table = table.filter(
            pa.array([(day.isoformat(), sid) not in how.without for day, sid in keys], pa.bool_())
        )
    if not whole:
        table = within(table, how.window, report)
    if how.condition:
        table = table.filter(holds(table, how.condition, report))
    if how.chosen:
        import duckdb

        relation = choose(duckdb.connect().from_arrow(table), how.chosen)
        table = relation.to_arrow_table()
    frame = to_pandas(table.select(wanted), report)
    return frame.astype({name: "str" for name in wanted if report.by_name[name].kind == "name"})


def read_relation(relation: Any, columns: Sequence[str], report: Report) -> pd.DataFrame:
    """Read columns of a DuckDB relation as the loaders would, batch by batch, in the order of the files."""
    quoted = ", ".join(f'"{name}"' for name in columns)
    batches = relation.project(quoted).to_arrow_reader(_BATCH)
    schema = report.empty().select(columns).schema
    nothing = pa.record_batch([pa.array([], field.type) for field in schema], schema=schema)
    parts = [_taken_over(batch, report) for batch in batches]
    table = pa.concat_tables([_taken_over(nothing, report), *parts])
    del parts
    arrays: dict[str, Any] = {}
    convert, rows = converter(report), table.num_rows
    for name in columns:  # what has been converted is released before the next column is
        arrays |= convert(table.select([name]))
        table = table.drop_columns([name])
    return assemble(arrays, rows)


def _taken_over(batch: pa.RecordBatch, report: Report) -> pa.Table:
    """Copy a batch column by column: DuckDB keeps all memory of a batch as long as one column is used.

    Names become numbers of a dictionary: a whole column of text is never held.
    """
    table = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        kind = report.by_name[name].kind
        if kind == "name":
            table[name] = column.dictionary_encode()
        else:
            own = column.cast(pa.string()) if kind == "text" else column
            table[name] = pa.concat_arrays([own, own.slice(0, 0)])
    return pa.table(table)
