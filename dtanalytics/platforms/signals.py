"""Rows of sales and signals: no calls, and what their money is worth to know."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.saved import last_of_each
from dtanalytics.platforms.instants import read_instants
from dtanalytics.platforms.mapping import Platform
from dtanalytics.platforms.values import money, words_of
from dtanalytics.schema import LEADFLOW
from dtanalytics.texts.amounts import DecimalMark

ADDED_SINCE = dt.datetime(2020, 10, 1, tzinfo=dt.UTC)
"""Since October 2020 Invoca adds the money of signals to the row of their call; before, it stands apart."""


def without_signals(
    table: pa.Table, platform: Platform, decimal: DecimalMark | None, notes: list[str]
) -> pa.Table:
    """Leave out rows of sales and signals; ``notes`` tells of those whose call or whose money is not here."""
    name = f"_{platform.row_kind}"
    if not platform.row_kind or name not in table.column_names:
        return table
    codes, words = words_of(table[name])
    is_other = pa.array([word is not None and word.casefold() != "call" for word in words], pa.bool_())
    other = is_other.take(codes).fill_null(fill_value=False)
    if not pc.any(other).as_py():
        return table
    calls, signals = table.filter(pc.invert(other)), table.filter(other)
    orphans = pc.invert(
        pc.is_in(
            signals[LEADFLOW.key].cast(pa.string()), calls[LEADFLOW.key].cast(pa.string()).combine_chunks()
        )
    )
    alone = pc.sum(orphans).as_py() or 0
    if alone:
        notes.append(
            f"{alone:,} rows of sales or signals are of calls that are not here: they are no calls, and "
            "left out"
        )
    notes += _money_apart(table, other, decimal)
    return calls


def _money_apart(table: pa.Table, other: pa.Array, decimal: DecimalMark | None) -> list[str]:
    """Say how much money stands in signals of calls that do not hold it in total."""
    amounts = {
        ours: money(table[ours], ours, decimal)[0]
        for ours in ("offer_price", "affiliate_price")
        if ours in table.column_names
    }
    if not amounts:
        return []
    rows = table.select([LEADFLOW.time, *(one for one in _LINKS if one in table.column_names)])
    for ours, read in amounts.items():
        rows = rows.append_column(ours, read)
    rows = _not_replaced(rows.filter(other))
    times, *_ = read_instants(rows[LEADFLOW.time], None, LEADFLOW.time, None)
    rows = rows.filter(pc.less(times, pa.scalar(ADDED_SINCE, times.type)))
    sums = {ours: pc.sum(rows[ours]).as_py() or 0 for ours in amounts}
    has_money = np.zeros(rows.num_rows, dtype=bool)
    for ours in amounts:
        has_money |= np.asarray(pc.not_equal(rows[ours], pa.scalar(0, rows[ours].type)).fill_null(False))  # noqa: FBT003 (Arrow's argument)
    if not has_money.any():
        return []
    said = " and ".join(f"{sums[ours]:,.2f} of {word}" for ours, word in _WORDS.items() if sums.get(ours))
    note = (
        f"{int(has_money.sum()):,} rows of sales or signals before October 2020 hold {said or 'amounts'}, "
        "which was not added to their calls at that time: no call here holds it; add it by hand where it "
        "counts"
    )
    return [note]


_LINKS = ("_transaction_id", "_corrects_transaction_id")
_WORDS = {"offer_price": "revenue", "affiliate_price": "payout"}


def _not_replaced(rows: pa.Table) -> pa.Table:
    """Rows that are there once and that no other row corrects."""
    own, corrects = _LINKS
    if own not in rows.column_names:
        return rows
    rows = rows.set_column(rows.column_names.index(own), own, rows[own].cast(pa.string()))
    named = rows.filter(rows[own].is_valid())
    rows = pa.concat_tables([last_of_each(named, own), rows.filter(rows[own].is_null())])
    if corrects not in rows.column_names:
        return rows
    gone = pc.is_in(rows[own], rows[corrects].cast(pa.string()).drop_null().combine_chunks())
    return rows.filter(pc.or_kleene(pc.invert(gone), rows[own].is_null()))
