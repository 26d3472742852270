"""Long columns a slice at a time: what is worked out of a slice stays in the processor's cache.

A new array of many megabytes costs more time than it takes to fill, since the system has to find and to
clear its memory first; the arrays of a slice take the memory of those of the slice before.
"""

from __future__ import annotations

from collections.abc import Iterator

SLICE = 1 << 16
"""Rows of a slice."""


def slices(rows: int) -> Iterator[slice]:
    """Divide rows into slices, all but the last of the same length.

    Examples
    --------
    >>> [(part.start, part.stop) for part in slices(100_000)]
    [(0, 65536), (65536, 100000)]
    """
    for start in range(0, rows, SLICE):
        yield slice(start, min(start + SLICE, rows))
