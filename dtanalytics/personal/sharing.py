"""A table that may leave: its index as columns, and nothing in it that identifies people."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from dtanalytics.personal.include import asked_for, is_asked
from dtanalytics.personal.names import name_of
from dtanalytics.personal.parts import Part, parts_of
from dtanalytics.personal.values import is_personal_text


def shareable(frame: pd.DataFrame, include: str | Iterable[Hashable] = ()) -> tuple[pd.DataFrame, list[Part]]:
    """Make a table that may leave.

    Parameters
    ----------
    frame : pandas.DataFrame
        Not changed.
    include : str or iterable
        Personal columns that stay.

    Returns
    -------
    DataFrame
        Named levels of the index and an index of text first, then the columns; a row is where it was.
    list of Part
        What was left out, whole or in some rows.
    """
    index, columns = parts_of(frame)
    asked = asked_for(include, [*index, *columns])
    kept: dict[int, pd.Series[Any]] = {}
    labels: list[Hashable] = []
    left: list[Part] = []
    for part in (*_levels_to_write(frame, index, columns), *columns):
        values = part.column
        if part.level == "direct" and not is_asked(part, asked):
            left.append(part)
            if part.rows is None:
                continue
            values = values.astype(object).mask(part.rows)
        kept[len(labels)] = values.set_axis(pd.RangeIndex(len(frame)))
        labels.append(part.label)
    table = pd.DataFrame(kept, index=pd.RangeIndex(len(frame)))
    table.columns = pd.Index(labels, dtype=object, tupleize_cols=False)
    return table, left


def _levels_to_write(frame: pd.DataFrame, index: list[Part], columns: list[Part]) -> list[Part]:
    """Levels of the index that say more than the number of a row, under names that no column has."""
    taken = {name_of(part.label): part.column for part in columns}
    written = []
    for place, part in enumerate(index):
        label = None if is_personal_text(part.label) else part.label
        if label is None:
            if len(index) == 1 and (len(frame) == 0 or pd.api.types.is_integer_dtype(part.column.dtype)):
                continue
            label = "index" if len(index) == 1 else f"level_{place}"
        same = taken.get(name_of(label))
        if same is not None:
            if list(same) == list(part.column):
                continue
            label = f"{name_of(label)}_index"
        written.append(replace(part, label=label))
    return written
