"""Sums of a pandas frame by group, block by block.

A word is made slice by slice, so that what it needs stays in the processor's cache. All memory is
taken once and used again: a fresh piece costs the system more time than the sum that is put into it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dtanalytics.errors import SchemaError
from dtanalytics.metrics.measures import Measure
from dtanalytics.rollup.codes import SLICE
from dtanalytics.rollup.frame_columns import Columns
from dtanalytics.rollup.groups import Ints
from dtanalytics.rollup.packed.packing import BITS, Field, pack
from dtanalytics.rollup.packed.readers import KeyReader, condition_reader, survey

BLOCK = 1 << 18
"""Rows of a block at least. Smaller: more blocks to begin and end. Larger: more calls a group, so more
bits a field and more words (fastest of 2**16 to 2**20 at 500 groups)."""
GROUP_ROWS = 16
"""Rows of a block for each possible group: ending a block takes a few passes over all groups."""


def add_up(
    frame: Columns, ids: KeyReader, size: int, measures: Mapping[str, Measure]
) -> tuple[Ints, dict[str, Ints]]:
    """Return the rows of each of ``size`` groups, and the sum of each measure.

    ``ids`` writes the groups of some rows into an array.
    """
    sums = _Sums(frame, size, measures)
    for start in range(0, len(frame), sums.step):
        sums.add(slice(start, min(start + sums.step, len(frame))), ids)
    sums.check(slice(0, len(frame)), ids)
    every = {name: sums.rows for name, one in measures.items() if one.counts and not one.where}
    return sums.rows, sums.totals | every


class _Sums:
    """What is known after some blocks."""

    def __init__(self, frame: Columns, size: int, measures: Mapping[str, Measure]) -> None:
        self.measures = {name: one for name, one in measures.items() if one.where or not one.counts}
        tests = dict.fromkeys(test for one in measures.values() for test in one.where)
        self.conditions = {test: condition_reader(frame, test) for test in tests}
        self.surveys = {name: survey(frame, one) for name, one in measures.items() if not one.counts}
        self.bounds = dict.fromkeys(self.measures, 0)
        self.rows = np.zeros(size, dtype=np.int64)
        self.totals = {name: np.zeros(size, dtype=np.int64) for name in self.measures}
        self.step = min(max(BLOCK, GROUP_ROWS * size), max(len(frame), 1))
        self._groups = np.empty(self.step, dtype=np.int64)
        self._slices = np.empty((3, min(SLICE, self.step)), dtype=np.int64)
        self._sums, self._part = np.empty((2, size), dtype=np.int64)

    def add(self, block: slice, ids: KeyReader) -> None:
        """Add the rows of one block."""
        count = block.stop - block.start
        slices = [slice(at, min(at + SLICE, count)) for at in range(0, count, SLICE)]
        for at in slices:
            ids(slice(block.start + at.start, block.start + at.stop), self._groups[at])
        most = self._count(slices)
        passing = {test: read(block) for test, read in self.conditions.items()}
        for word in pack(self._field(name, block, most) for name in self.measures):
            self._sums.fill(0)
            read_word = word.reader(passing, self._slices)
            for at in slices:
                np.add.at(self._sums, self._groups[at], read_word(at))
            for name, part in word.split(self._sums, self._part):
                np.add(self.totals[name], part, out=self.totals[name])

    def check(self, rows: slice, ids: KeyReader) -> None:
        """Refuse sums that wrapped: those that could have are added up once more, as floats."""
        doubtful = [name for name, bound in self.bounds.items() if bound >= 1 << (BITS - 1)]
        if not doubtful:
            return
        groups = np.empty(rows.stop, dtype=np.int64)
        ids(rows, groups)
        for name in doubtful:
            values = self.surveys[name](rows)[1](rows).astype(np.float64)
            for test in self.measures[name].where:
                values *= self.conditions[test](rows)
            rough = np.bincount(groups, values, minlength=len(self.rows))
            if np.abs(rough).max() >= 2.0**63:
                value = self.measures[name].value or name
                raise SchemaError(f"the sum of {value!r} is too large to be counted exactly")

    def _count(self, slices: list[slice]) -> int:
        """Add the rows of each group; return how many of the block the largest one has."""
        counted = self._sums
        counted.fill(0)
        for at in slices:
            if len(counted) <= SLICE:
                counted += np.bincount(self._groups[at], minlength=len(counted))
            else:
                np.add.at(counted, self._groups[at], 1)
        self.rows += counted
        return int(counted.max(initial=0))

    def _field(self, name: str, block: slice, most: int) -> Field:
        """Make a field that is wide enough for the sum of ``most`` values."""
        bounds, read = (0, 1), None
        if name in self.surveys:
            bounds, read = self.surveys[name](block)
        low, high = bounds
        self.bounds[name] += max(-low, high) * most
        bits = (max(-low, high) * most).bit_length()
        signed = low < 0 or bits >= BITS
        return Field(name, min(bits + signed, BITS), signed, self.measures[name].where, read)
