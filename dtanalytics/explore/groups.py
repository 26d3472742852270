"""The board's table: metrics by combination of ``by``, as numbers until they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.explore.cubes import Cubes, Ints, value_of
from dtanalytics.explore.marks import Bars, Mark
from dtanalytics.explore.plan import Plan


@dataclass(frozen=True)
class TableView:
    """How the page's table is sorted and filtered; ``sort`` is empty for the board's metric."""

    sort: str = ""
    descending: bool = True
    text: str = ""


@dataclass(frozen=True)
class Groups:
    """The combinations that the chosen calls hold.

    Attributes
    ----------
    dims : list of Bars
        What they are combinations of.
    codes : list of array
        Number of the value of each dimension, a row a combination.
    metrics : dict of str to array
        The metrics of each combination.
    """

    dims: list[Bars]
    codes: list[Ints]
    metrics: dict[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.codes[0])

    def matching(self, text: str) -> Ints:
        """Return the rows in which a name holds a text, in any case."""
        wanted = text.casefold()
        kept = np.zeros(len(self), dtype=bool)
        for mark, codes in zip(self.dims, self.codes, strict=True):
            names = np.array([wanted in mark.name_of(code).casefold() for code in range(mark.size)])
            kept |= names[codes]
        return np.flatnonzero(kept)

    def ordered(self, rows: Ints, sort: str, *, descending: bool) -> Ints:
        """Put rows into order: by a metric or a name, then by the names; nulls last."""
        names = {
            mark.name: mark.ranks[codes[rows]] for mark, codes in zip(self.dims, self.codes, strict=True)
        }
        keys = list(names.values())[::-1]
        if sort in names:
            first = names[sort]
            return rows[np.lexsort([*keys, -first if descending else first])]
        values = np.asarray(self.metrics[sort], dtype=np.float64)[rows]
        return rows[np.lexsort([*keys, -values if descending else values])]  # NaN comes last both ways

    def frame(self, rows: Ints) -> pd.DataFrame:
        """Return some rows as a table: names first; null is None."""
        names = {
            mark.name: pd.Series([mark.value(code) for code in codes[rows].tolist()], dtype=object)
            for mark, codes in zip(self.dims, self.codes, strict=True)
        }
        return pd.DataFrame({**names, **{name: values[rows] for name, values in self.metrics.items()}})


def groups_of(cubes: Cubes, plan: Plan, marks: Mapping[str, Mark], active: Mark | None = None) -> Groups:
    """Sum the chosen calls by combination."""
    dims = [mark for mark in marks.values() if isinstance(mark, Bars)]
    found = cubes.groups(active)
    if found is None:
        found = cubes.query([mark.code for mark in dims], cubes.filters())
    amounts = cubes.amounts_of(found)
    names = dict.fromkeys([*plan.headline, plan.metric])
    codes = [found[f"c{at}"] for at in range(len(dims))]
    return Groups(dims, codes, {name: value_of(name, amounts) for name in names})
