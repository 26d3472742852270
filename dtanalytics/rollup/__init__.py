"""Reduce calls to measures per group, then work out formulas: one definition, any engine.

Sums are integers (money in 1/10,000), so totals tie to the cent on every engine, in any order and
partition; totals and remainders are made of the rows they stand for, never of rates.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from numbers import Integral
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.duplicates import warn_duplicates
from dtanalytics.errors import InputError
from dtanalytics.metrics.dictionary import fits, measures_for
from dtanalytics.rollup.keys import resolve
from dtanalytics.rollup.table import Having, Question, Total, build

DEFAULT_METRICS = ("call_count", "connected_count", "revenue", "payout", "margin", "margin_rate")
"""Asked for when no metric is named, as far as the frame has their columns."""


def rollup(
    frame: Any,
    by: str | Sequence[str] | None = None,
    metrics: str | Sequence[str] | None = None,
    *,
    total: Total = False,
    having: Having | None = None,
    top: int | None = None,
    columns: str | None = None,
    explain: bool = False,
) -> Any:
    """Sum calls by group and work out metrics.

    Parameters
    ----------
    frame : frame
        Calls as pandas, pyarrow, Polars (eager or lazy), DuckDB relation, Dask or `scan`. Never changed.
    by : str, sequence of str or None
        Columns, or frequencies of time: ``"D"`` (makes the column ``call_day``), ``"W"`` (``week``, its
        Monday), ``"MS"`` (``month``), ``"QS"`` (``quarter``), ``"YS"`` (``year``), each labelled by its
        first day, and ``"h"`` (``hour``, an instant). The names of the made columns serve as well.
        None: one row for all calls.
    metrics : str, sequence of str or None
        Names from `metrics`; None: calls and money.
    total : bool or "all"
        True adds one last row for all groups, marked in the column ``is_total``; ``"all"`` also a row after
        each subgroup, with ``level``, the number of columns of ``by`` that it is for. Their other ``by``
        columns are null. Worked out from the calls.
    having : str or callable, optional
        Keeps groups: ``"call_count >= 100 and margin < 0"``, or a function of the table. The text holds names
        of metrics (which need not be asked for) and of ``by``, numbers, text, arithmetic, comparisons,
        ``in``, ``and, or, not``. Totals are those of the groups kept. Null does not pass.
    top : int, optional
        Keeps the ``top`` groups by the first metric, the largest first, and puts all others into one row,
        marked in the column ``is_other``.
    columns : str, optional
        Spreads the metrics over the values of one more column: ``call_count: Connected``, ...; with
        ``total`` also over all of them, under the metric's own name.
    explain : bool
        Return the question as the engine is asked it, as text (SQL of DuckDB, plan of Polars), unasked.

    Returns
    -------
    frame of the same kind
        One row a group: the ``by`` columns, then the metrics in the order asked; sorted by ``by``, text by
        code point, null last. Counts int64; money, times in minutes and rates float64, null without a
        denominator. No calls give no rows, with the same columns and dtypes (one row when ``by`` is None).

    Raises
    ------
    InputError
        An unknown column, frequency or metric (the nearest names are suggested), or a clash of names.
    SchemaError
        The frame lacks columns that a metric needs.

    Notes
    -----
    A rate is worked out from the sums of its group; a null flag counts in neither side.
    Lazy frames are reduced at once, since a table is small; a lazy kind is handed back all the same.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "affiliate": ["North", "South", "North"],
    ...         "offer_qualified": [True, True, False],
    ...         "offer_price": [20.0, 18.5, 20.0],
    ...     }
    ... )
    >>> rollup(calls, "affiliate", ["call_count", "revenue"], total=True)
      affiliate  call_count  revenue  is_total
    0     North           2     20.0     False
    1     South           1     18.5     False
    2       NaN           3     38.5      True
    """
    warn_duplicates(frame)
    source = _source(frame)
    question, keys = _question(by, metrics, source.columns, total, having, top, columns)
    measures = measures_for(question.needed, source.columns)
    if explain:
        if not hasattr(source, "explain"):
            raise InputError(
                "explain shows what DuckDB or Polars is asked; pandas and Dask frames are summed here"
            )
        return source.explain(keys, measures)
    groups = source.reduce(keys, measures)
    return source.wrap(build(groups, question), keys)


def _question(
    by: Any, metrics: Any, names: Sequence[str], total: Total, having: Having | None, top: Any, columns: Any
) -> tuple[Question, list[Any]]:
    """Check what is asked, as far as that needs no calls."""
    keys = resolve(by, names)
    wanted = _metrics(metrics, names)
    if total not in {True, False, "all"}:
        raise InputError(f"total is True, False or 'all', not {total!r}")
    if top is not None and (isinstance(top, bool | np.bool_) or not isinstance(top, Integral) or top < 1):
        raise InputError(f"top is a number of groups, 1 or more, not {top!r}")
    if top is not None and total == "all":
        raise InputError(
            "top and total='all' exclude each other: a remainder has no subgroups; use total=True"
        )
    made = [key.name for key in keys]
    question = Question(made, wanted, total, having, None if top is None else int(top), columns)
    if columns is not None:
        wide = resolve(columns, names)
        if len(wide) != 1 or wide[0].name in made:
            raise InputError("columns takes one name that is not in by")
        keys = [*keys, *wide]
    for name in [*wanted, *question.marks]:
        if name in made:
            raise InputError(f"{name!r} is in by and would be a column of the result too; rename the column")
    return question, keys


def _metrics(metrics: str | Sequence[str] | None, columns: Sequence[str]) -> list[str]:
    if metrics is None:
        return [name for name in DEFAULT_METRICS if fits(name, columns)]
    wanted = [metrics] if isinstance(metrics, str) else list(metrics)
    twice = [name for name in wanted if wanted.count(name) > 1]
    if twice:
        raise InputError(f"metrics names {twice[0]!r} twice")
    if not wanted:
        raise InputError("metrics is empty: name at least one, for example 'call_count'")
    return wanted


def _source(frame: Any) -> Any:
    """Return what reads this kind of frame."""
    if isinstance(frame, pd.DataFrame):
        from dtanalytics.rollup.pandas_calls import PandasCalls

        return PandasCalls(frame)
    from dtanalytics.rollup.engines import source

    return source(frame)


class _Package(ModuleType):
    """The package; the function of the same name knows its modules too.

    `dtanalytics.rollup` is the function, through which ``import dtanalytics.rollup.pandas_calls as m`` looks.
    """

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if isinstance(value, ModuleType):
            setattr(rollup, name, value)


sys.modules[__name__].__class__ = _Package
for _name, _module in list(vars(sys.modules[__name__]).items()):
    if isinstance(_module, ModuleType) and _module.__name__.startswith(__name__):
        setattr(rollup, _name, _module)  # imported before the class was changed

__all__ = ["DEFAULT_METRICS", "rollup"]
