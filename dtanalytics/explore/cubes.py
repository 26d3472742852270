"""Sums of the chosen calls over the axis of a mark.

Charts in which nothing is chosen are of the same calls: bars, the table and the headline are parts of one sum
by all dimensions, and so are states and talk times of another, if these are small enough.

While a mark is being dragged over, what is chosen elsewhere stays as it is. So from the second step of a drag
on the calls are summed by the numbers of both axes (a small table, one more chart at each step), and each
further step adds up parts of these tables.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dtanalytics.explore.marks import Mark, Mask
from dtanalytics.explore.plan import Plan
from dtanalytics.explore.rows import Rows
from dtanalytics.metrics.dictionary import evaluate
from dtanalytics.metrics.formulas import Amount
from dtanalytics.rollup.time_keys import quoted

Ints = npt.NDArray[np.int64]
Axes = tuple[Mark, ...]
LARGEST = 150_000
"""Cells that a table of several axes may have."""
_TOGETHER = (("bars",), ("states", "talk"))
"""Kinds of marks that are summed together."""
_KEPT = 100_000_000
"""Memory of the tables that are kept [bytes]."""


class Cubes:
    """Sums of a board's calls, by mark."""

    def __init__(self, rows: Rows, plan: Plan, marks: Sequence[Mark]) -> None:
        self.rows, self.plan, self.marks = rows, plan, marks
        self._found: OrderedDict[tuple[str, ...], Ints] = OrderedDict()
        self._may_make = True
        self._met: set[tuple[str, ...]] = set()
        self._measures = list(plan.measures)
        self._additive = not any(one.distinct for one in plan.measures.values())

    def filters(self, *without: Mark | None) -> list[str]:
        """Return what is chosen in all marks but some, as SQL."""
        return [mark.sql() for mark in self.marks if mark.chosen is not None and mark not in without]

    def sums(self, chart: Mark | None, active: Mark | None = None) -> dict[str, Amount]:
        """Return the sums of a chart; None: of the headline.

        Parameters
        ----------
        chart : Mark or None
            What is chosen in it leaves it as it is.
        active : Mark or None
            The mark that was chosen in last, which is likely to be so again.
        """
        alone: Axes = () if chart is None else (chart,)
        chosen = None if chart is None or chart.chosen is None else chart
        together = self._together(chart)
        for axes in dict.fromkeys((together, alone)):
            found = self._by_steps(axes, active, chosen)
            if found is not None:
                return self._amounts(_over(found, axes, chart))
        return self._amounts(_over(self._summed(together, self.filters(chosen)), together, chart))

    def groups(self, active: Mark | None = None) -> dict[str, Any] | None:
        """Return the sums of the chosen calls by all dimensions; None where they are too many.

        Like `query`: numbers of the values as ``c0, c1, ...``, and the measures, where there are calls.
        """
        axes = self._together(None)
        counted = next(
            (name for name, one in self.plan.measures.items() if one.counts and not one.where), None
        )
        if not axes or counted is None:
            return None
        found = self._by_steps(axes, active, None)
        found = self._summed(axes, self.filters()) if found is None else found
        there = np.nonzero(found[..., self._measures.index(counted)])
        codes = {f"c{at}": code for at, code in enumerate(there)}
        return codes | {name: found[(*there, at)] for at, name in enumerate(self._measures)}

    def _together(self, chart: Mark | None) -> Axes:
        """Return the marks that are summed together with a chart, and it; with the headline, the bars."""
        alone: Axes = () if chart is None else (chart,)
        kinds = ("bars",) if chart is None else next((one for one in _TOGETHER if chart.kind in one), ())
        axes = tuple(mark for mark in self.marks if mark.kind in kinds)
        small = math.prod(mark.size for mark in axes) <= LARGEST
        return axes if axes and small and self._additive else alone

    def _by_steps(self, axes: Axes, active: Mark | None, without: Mark | None) -> Ints | None:
        """Return sums by some axes from a table that has the active mark's axis; None where none serves."""
        if active is None or active is without or active.chosen is None or not self._additive:
            return None
        if active in axes:
            mask = active.mask()
            if mask is None:
                return None
            table = self._summed(axes, self.filters(without, active))
            along = [1] * table.ndim
            along[axes.index(active)] = len(mask)
            return np.asarray(table * mask.reshape(along))
        mask = self._mask(axes, active, without)
        if mask is None:
            return None
        found: Ints = self._summed((active, *axes), self.filters(without, active))[mask].sum(axis=0)
        return found

    def _mask(self, axes: Axes, active: Mark, without: Mark | None) -> Mask | None:
        """Return what is chosen in the active mark, where a table of all axes serves; else None."""
        chosen = active.mask()
        if chosen is None or len(chosen) * math.prod(mark.size for mark in axes) > LARGEST:
            return None
        one, both = (
            self._key(axes, self.filters(without)),
            self._key((active, *axes), self.filters(without, active)),
        )
        if both in self._found:
            return chosen
        first = both not in self._met
        self._met.add(both)
        if first or one in self._found or not self._may_make:
            return None
        self._may_make = False
        return chosen

    def next_step(self) -> None:
        """Begin another step of a drag, which may make one more table of two axes."""
        self._may_make = True

    def _key(self, axes: Sequence[Mark], filters: Sequence[str]) -> tuple[str, ...]:
        return (*(mark.name for mark in axes), "where", *filters)

    def _summed(self, axes: Sequence[Mark], filters: Sequence[str]) -> Ints:
        """Return sums in an array: an axis for each mark, and the last one for the measures; kept a while."""
        key = self._key(axes, filters)
        if key not in self._found:
            found = self.query([mark.code for mark in axes], filters)
            dense = np.zeros((*(mark.size for mark in axes), len(self._measures)), dtype=np.int64)
            places = tuple(mark.places(found[f"c{at}"]) for at, mark in enumerate(axes))
            for at, name in enumerate(self._measures):
                np.add.at(dense[..., at], places, found[name] if axes else found[name][0])
            self._found[key] = dense
            while len(self._found) > 1 and sum(one.nbytes for one in self._found.values()) > _KEPT:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]

    def query(self, codes: Sequence[str], filters: Sequence[str]) -> dict[str, Any]:
        """Sum the measures by numbers, as DuckDB is asked; a plain array each."""
        parts = [f'"{code}" AS c{at}' for at, code in enumerate(codes)]
        parts += [f"{self._sum(name)} AS {quoted(name)}" for name in self._measures]
        where = f" WHERE {' AND '.join(filters)}" if filters else ""
        group = " GROUP BY ALL" if codes else ""
        cursor = self.rows.connection.cursor()  # one of its own: a busy connection is refused
        asked = f"SELECT {', '.join(parts)} FROM calls{where}{group}"  # noqa: S608 - made of numbers and quoted names
        found = cursor.execute(asked).fetchnumpy()
        return {
            name: values if np.ma.isMaskedArray(values) else values.astype(np.int64)
            for name, values in found.items()
        }

    def _sum(self, name: str) -> str:
        measure = self.plan.measures[name]
        if measure.counts and not measure.where:
            return "count(*)"
        column = quoted(f"m_{name}")
        return f"count(DISTINCT {column})" if measure.distinct else f"coalesce(sum({column}), 0)::BIGINT"

    def _amounts(self, sums: Ints) -> dict[str, Amount]:
        return {name: Amount(sums[..., at], self.rows.scales[name]) for at, name in enumerate(self._measures)}

    def amounts_of(self, found: dict[str, Any]) -> dict[str, Amount]:
        """Return what `query` found as exact amounts."""
        return {name: Amount(found[name], self.rows.scales[name]) for name in self._measures}

    def all_sums(self) -> dict[str, Amount]:
        """Return the sums of all calls, whatever is chosen."""
        return self._amounts(_over(self._summed(self._together(None), []), self._together(None), None))

    def positions(self) -> Ints:
        """Return the numbers of the chosen calls, in the order of the frame."""
        filters = self.filters()
        if not filters:
            return np.arange(self.rows.count)
        asked = f"SELECT rowid FROM calls WHERE {' AND '.join(filters)} ORDER BY rowid"  # noqa: S608 - numbers
        found = self.rows.connection.cursor().execute(asked).fetchnumpy()["rowid"]
        return np.asarray(found, dtype=np.int64)


def _over(sums: Ints, axes: Axes, chart: Mark | None) -> Ints:
    """Add up over all axes but a chart's."""
    others = tuple(at for at, mark in enumerate(axes) if mark is not chart)
    return sums.sum(axis=others) if others else sums


def value_of(name: str, amounts: dict[str, Amount]) -> npt.NDArray[Any]:
    """Work out a metric as `rollup` does."""
    return evaluate(name, dict(amounts)).result()
