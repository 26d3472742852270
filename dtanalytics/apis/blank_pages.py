"""Pages on which a column is null throughout while all others have it: a service may leave values out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

_FEW = 20
"""A page with fewer records may hold no value by chance, unless all others have it on every record."""

_FEWEST = 4
"""With fewer records even that says nothing."""

_RARE = 0.02
"""Share of nulls up to which a page counts as one that has the column."""


@dataclass(frozen=True)
class BlankPage:
    """Rows ``start`` to ``stop`` of a walk's records, and the columns that are null in all of them."""

    start: int
    stop: int
    columns: tuple[str, ...]


def blank_pages(table: pa.Table, sizes: Sequence[int]) -> list[BlankPage]:
    """Find pages of such sizes on which a column is null throughout, where all others have it.

    A column that is also null here and there on other pages is not looked at: it may be null by nature.
    """
    starts = itertools.accumulate(sizes, initial=0)
    pages = [(start, start + size) for start, size in zip(starts, sizes, strict=False) if size >= _FEWEST]
    blank: dict[tuple[int, int], list[str]] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if 0 < column.null_count < len(column):
            for page in _without(column, pages):
                blank.setdefault(page, []).append(name)
    return [BlankPage(start, stop, tuple(names)) for (start, stop), names in blank.items()]


def _without(column: pa.ChunkedArray, pages: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pages that lack a column; none unless every other page has it."""
    lacking, elsewhere = [], 0
    for start, stop in pages:
        nulls = column.slice(start, stop - start).null_count
        if nulls == stop - start:
            lacking.append((start, stop))
        elif nulls > _RARE * (stop - start):
            return []
        else:
            elsewhere += nulls
    if len(lacking) == len(pages):
        return []
    return [(start, stop) for start, stop in lacking if not elsewhere or stop - start >= _FEW]
