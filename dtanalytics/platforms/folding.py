"""From rows to calls: totals and signals are none, corrections replace what they correct, each call once."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.saved import last_of_each
from dtanalytics.errors import SchemaError
from dtanalytics.ledgers.totals import labelled
from dtanalytics.platforms.mapping import Platform
from dtanalytics.platforms.signals import without_signals
from dtanalytics.schema import LEADFLOW
from dtanalytics.texts.amounts import DecimalMark


class Calls(NamedTuple):
    """Rows that are calls.

    Attributes
    ----------
    table : pyarrow.Table
        One row a call, corrections folded.
    earlier : pyarrow.Table
        Calls that were corrected, as they were before.
    notes : list of str
        What was left out, and why.
    """

    table: pa.Table
    earlier: pa.Table
    notes: list[str]


def as_calls(table: pa.Table, platform: Platform, decimal: DecimalMark | None = None) -> Calls:
    """Keep the rows that are calls, each once.

    Parameters
    ----------
    table : pyarrow.Table
        Rows as text under our names, as they came, the oldest file first.
    platform : Platform
        Whose rows.
    decimal : {".", ","}, optional
        What stands before the decimals of amounts.

    Raises
    ------
    InputError
        Money of signals may be two amounts.
    SchemaError
        A row has no identifier, or no time, and is no total.
    """
    notes: list[str] = []
    table = _without_totals(table, platform, notes)
    table = without_signals(table, platform, decimal, notes)
    earlier = table.slice(0, 0)
    if platform.corrected_by and "_corrects_transaction_id" in table.column_names:
        table, earlier = _corrected(table)
    table = _checked_time(table, platform)
    table = _once(table, notes)
    return Calls(table, earlier.filter(earlier[LEADFLOW.time].is_valid()), notes)


def _without_totals(table: pa.Table, platform: Platform, notes: list[str]) -> pa.Table:
    """Rows without an identifier: blank ones and totals are left out, others are refused."""
    key, time = table[LEADFLOW.key], table[LEADFLOW.time]
    suspects = pc.or_(key.is_null(), time.is_null())
    if not pc.any(suspects).as_py():
        return table
    rows = np.flatnonzero(np.asarray(suspects))
    some = table.take(rows)
    is_label = np.asarray(labelled(pd.Series(some[LEADFLOW.key].to_pylist(), dtype=object)))
    nameless = np.asarray(some[LEADFLOW.key].is_null())
    times = pd.Series(some[LEADFLOW.time].to_pylist(), dtype=object)
    timeless = np.asarray(some[LEADFLOW.time].is_null()) | (nameless & np.asarray(labelled(times)))
    cells = np.zeros(len(rows), dtype=int)
    for name in some.column_names:
        cells += np.asarray(some[name].is_valid())
    is_line = np.array([_is_line(key) for key in some[LEADFLOW.key].to_pylist()], dtype=bool)
    total = (timeless & (nameless | is_label)) | (nameless & (cells < 2))
    total |= timeless & is_line & (cells < 3)  # a platform's first column may fill two of ours
    lost = np.flatnonzero(nameless & ~total)
    if len(lost):
        raise SchemaError(
            f"row {rows[lost[0]] + 1} of {platform.title}'s calls has no identifier "
            f"({platform.names_of(LEADFLOW.key)[0]}): a call cannot be told apart without it; export the "
            "calls with it, or say which column it is, names={'...': 'sid'}"
        )
    number = int((total & (cells > 0)).sum())
    if number:
        what = (
            "a row without a call, such as a total, is"
            if number == 1
            else "rows without a call, such as totals, are"
        )
        notes.append(f"{number:,} {what} left out" if number > 1 else f"{what} left out")
    keep = np.ones(table.num_rows, dtype=bool)
    keep[rows[total]] = False
    return table.filter(pa.array(keep))


def _is_line(key: str | None) -> bool:
    """Tell whether a text is a line, such as a remark below the table, or nothing that can be read."""
    return key is not None and (len(key.split()) > 1 or not any(map(str.isalnum, key)))


def _corrected(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Replace the values of rows by those of the rows that correct them, the newest last."""
    own = table["_transaction_id"].cast(pa.string()) if "_transaction_id" in table.column_names else None
    corrects = table["_corrects_transaction_id"].cast(pa.string())
    rows = np.flatnonzero(np.asarray(corrects.is_valid()))
    if not len(rows):
        return table, table.slice(0, 0)
    parents = _parents(own, corrects, rows)
    groups: dict[Any, list[int]] = defaultdict(list)
    for row in rows.tolist():
        groups[_root(row, parents, corrects)].append(row)
    order = _order(table, rows)
    replaced = np.zeros(table.num_rows, dtype=bool)
    chains: dict[int, list[int]] = {}
    for name, members in groups.items():
        root, chain = name, sorted(members, key=lambda row: order[row])
        if isinstance(root, str):  # the original is not here: the corrections stand for it
            root, chain = chain[0], chain[1:]
        chains[root] = chain
        replaced[chain] = True
    keep = np.flatnonzero(~replaced)
    place = {int(row): number for number, row in enumerate(keep)}
    columns = []
    for name in table.column_names:
        column = table[name].combine_chunks()
        valid = np.asarray(column.is_valid())
        source = keep.copy()
        for root, chain in chains.items():
            given = [row for row in chain if valid[row]]
            if given and not (name == LEADFLOW.key and valid[root]):
                source[place[root]] = given[-1]
        columns.append(column.take(pa.array(source)))
    earlier = table.take(pa.array([root for root, chain in chains.items() if chain], pa.int64()))
    return pa.table(columns, names=table.column_names), earlier


def _parents(own: pa.ChunkedArray | None, corrects: pa.ChunkedArray, rows: Any) -> dict[int, int]:
    """Row -> the row that it corrects, where that is here; of a row exported twice the last."""
    if own is None:
        return {}
    wanted = pc.unique(corrects.drop_null())
    at = np.flatnonzero(
        np.asarray(pc.is_in(own, wanted.combine_chunks() if isinstance(wanted, pa.ChunkedArray) else wanted))
    )
    place = dict(zip(own.take(pa.array(at)).to_pylist(), at.tolist(), strict=True))
    named = corrects.take(pa.array(rows)).to_pylist()
    return {int(row): place[name] for row, name in zip(rows, named, strict=True) if name in place}


def _root(row: int, parents: dict[int, int], corrects: pa.ChunkedArray) -> int | str:
    """The row that a chain of corrections began with, or the name of one that is not here."""
    seen = set()
    while row in parents and row not in seen:
        seen.add(row)
        row = parents[row]
    name = corrects[row].as_py()
    return row if name is None or row in seen else str(name)


def _order(table: pa.Table, rows: Any) -> dict[int, tuple[str, int]]:
    """When each correction was made, then where it stands."""
    if "_corrected_at" not in table.column_names:
        return {int(row): ("", int(row)) for row in rows}
    from dtanalytics.platforms.instants import read_instants

    times, *_ = read_instants(
        pa.chunked_array([table["_corrected_at"].cast(pa.string()).take(pa.array(rows)).combine_chunks()]),
        "UTC",
        "corrected_at",
        None,
    )
    said = ["" if time is None else str(time) for time in times.cast(pa.int64()).to_pylist()]
    return {int(row): (one.zfill(20), int(row)) for row, one in zip(rows, said, strict=True)}


def _checked_time(table: pa.Table, platform: Platform) -> pa.Table:
    without = table[LEADFLOW.time].is_null()
    if pc.any(without).as_py():
        row = pc.index(without, value=True).as_py()
        raise SchemaError(
            f"the call {table[LEADFLOW.key][row].as_py()} of {platform.title} has no time "
            f"({platform.names_of(LEADFLOW.time)[0]}): export the calls with it"
        )
    return table


def _is_rising(key: pa.ChunkedArray) -> bool:
    """Tell whether each identifier is greater than the one before it: then none is there twice."""
    return bool(len(key) > 1 and pc.all(pc.less(key.slice(0, len(key) - 1), key.slice(1))).as_py())


def _once(table: pa.Table, notes: list[str]) -> pa.Table:
    """Keep the last row of each call."""
    key = table[LEADFLOW.key].cast(pa.string())
    if _is_rising(key) or pc.count_distinct(key).as_py() == table.num_rows:
        return table
    table = table.set_column(table.column_names.index(LEADFLOW.key), LEADFLOW.key, key)
    if "_transaction_id" in table.column_names:
        pairs = (
            table.select([LEADFLOW.key, "_transaction_id"])
            .group_by([LEADFLOW.key])
            .aggregate([("_transaction_id", "count_distinct")])
        )
        several = pc.sum(pc.greater(pairs["_transaction_id_count_distinct"], 1)).as_py() or 0
        if several:
            notes.append(
                f"{several:,} calls have several rows that no correction links: the last of each is kept"
            )
    return last_of_each(table, LEADFLOW.key)
