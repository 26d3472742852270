"""Sums of the chosen calls over the axis of a mark.

While a mark is being dragged over, what is chosen elsewhere stays as it is. So from the second step of a drag
on the calls are summed by the numbers of both axes (a small table, one more chart at each step), and each
further step adds up parts of these tables.
"""

from __future__ import annotations

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
LARGEST = 100_000
"""Cells that a table of two axes may have."""
_KEPT = 48
"""Tables that are kept."""


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
        axes = [] if chart is None else [chart]
        chosen = None if active in {None, chart} or not self._additive else self._mask(chart, active)
        if chosen is None or active is None:
            return self._amounts(self._summed(axes, self.filters(chart)))
        return self._amounts(self._summed([active, *axes], self.filters(chart, active))[chosen].sum(axis=0))

    def _mask(self, chart: Mark | None, active: Mark | None) -> Mask | None:
        """Return what is chosen in the active mark, where a table of both axes serves; else None."""
        chosen = None if active is None or active.chosen is None else active.mask()
        if chosen is None or active is None or len(chosen) * (1 if chart is None else chart.size) > LARGEST:
            return None
        axes = [] if chart is None else [chart]
        one, both = (
            self._key(axes, self.filters(chart)),
            self._key([active, *axes], self.filters(chart, active)),
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
            while len(self._found) > _KEPT:
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
        return self._amounts(self._summed([], []))

    def positions(self) -> Ints:
        """Return the numbers of the chosen calls, in the order of the frame."""
        filters = self.filters()
        if not filters:
            return np.arange(self.rows.count)
        asked = f"SELECT rowid FROM calls WHERE {' AND '.join(filters)} ORDER BY rowid"  # noqa: S608 - numbers
        found = self.rows.connection.cursor().execute(asked).fetchnumpy()["rowid"]
        return np.asarray(found, dtype=np.int64)


def value_of(name: str, amounts: dict[str, Amount]) -> npt.NDArray[Any]:
    """Work out a metric as `rollup` does."""
    return evaluate(name, dict(amounts)).result()
