"""Calls chosen of a scan by conditions on their columns, which its engine tests where it reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import narwhals as nw
import pandas as pd

from dtanalytics.errors import InputError, nearest
from dtanalytics.metrics.conditions import where
from dtanalytics.metrics.measures import RowCondition
from dtanalytics.rollup.keys import WEEKDAY, WEEKDAYS


@dataclass(frozen=True)
class Chosen:
    """Tests that a call passes, all of them.

    Attributes
    ----------
    tests : tuple of RowCondition
        Tests of columns.
    null : tuple of str
        Columns of which null passes, too; those that are in no test have to be null.
    weekdays : tuple of int
        Days of the week from Monday, 1; empty: any.
    keep : bool
        False: the calls that pass are left out.
    """

    tests: tuple[RowCondition, ...]
    null: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    keep: bool = True

    @property
    def needs(self) -> list[str]:
        """Columns that are tested."""
        return [
            *(name for one in self.tests for name in one.columns),
            *self.null,
            *["call_day"] * bool(self.weekdays),
        ]

    def __str__(self) -> str:
        tested = {one.columns[0]: str(one) for one in self.tests}
        for name in self.null:
            tested[name] = f"{tested[name]} or null" if name in tested else f"{name} is null"
        if self.weekdays:
            tested[WEEKDAY] = "weekday in " + ", ".join(WEEKDAYS[day - 1] for day in self.weekdays)
        said = " and ".join(tested.values())
        return said if self.keep else f"not ({said})"

    def expr(self, schema: Mapping[str, Any]) -> nw.Expr:
        """Return the tests as one expression, which is never null."""
        found = {one.columns[0]: one.expr(schema).fill_null(value=False) for one in self.tests}
        for name in self.null:
            null = nw.col(name).is_null()
            found[name] = found[name] | null if name in found else null
        if self.weekdays:
            day = nw.col("call_day").cast(nw.Date).dt.weekday()
            found[WEEKDAY] = day.is_in(list(self.weekdays)).fill_null(value=False)
        every = reduce(lambda one, other: one & other, found.values())
        return every if self.keep else ~every


def read_chosen(conditions: Mapping[str, Any], columns: Sequence[str], *, keep: bool = True) -> Chosen:
    """Read what a user writes for ``Scan.where``.

    Examples
    --------
    >>> str(read_chosen({"affiliate": ["North", None], "weekday": "Monday"}, ["affiliate", "call_day"]))
    'affiliate = North or null and weekday in Monday'
    """
    if not isinstance(conditions, Mapping) or not conditions:
        raise InputError(f"where is {conditions!r}: give a mapping of column to condition")
    tests: dict[str, Any] = {}
    null: list[str] = []
    weekdays: tuple[int, ...] = ()
    for name, test in conditions.items():
        if name == WEEKDAY:
            weekdays = _weekdays(test)
            continue
        if name not in columns:
            raise InputError(f"the scan has no column {name!r}: {nearest(name, [*columns, WEEKDAY])}")
        values = list(test) if isinstance(test, list | tuple) else None
        known = None if values is None else [one for one in values if not (one is None or one is pd.NA)]
        if test is None or (values is not None and len(known or []) < len(values)):
            null.append(name)
        if known or (known is None and test is not None):
            tests[name] = test if known is None else known
    return Chosen(where(tests), tuple(null), weekdays, keep)


def _weekdays(test: Any) -> tuple[int, ...]:
    names = [test] if isinstance(test, str) else list(test)
    unknown = [name for name in names if name not in WEEKDAYS]
    if unknown or not names:
        asked = unknown[0] if unknown else ""
        raise InputError(f"weekday={asked!r}: {nearest(asked, WEEKDAYS)}")
    return tuple(sorted({WEEKDAYS.index(name) + 1 for name in names}))


def choose(relation: Any, chosen: Sequence[Chosen]) -> Any:
    """Filter a DuckDB relation."""
    for one in chosen:
        frame = nw.from_native(relation)
        relation = frame.filter(one.expr(dict(frame.collect_schema()))).to_native()
    return relation
