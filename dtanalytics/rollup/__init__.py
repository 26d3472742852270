"""Reduce calls to measures per group, then work out formulas: one definition, any engine.

Sums are integers (money in 1/10,000), so totals tie to the cent on every engine, in any order and
partition; totals and remainders are made of the rows they stand for, never of rates.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Integral
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.columns.levels import check_levels
from dtanalytics.columns.unsaid import check_said, unsaid
from dtanalytics.duplicates import warn_duplicates
from dtanalytics.errors import InputError
from dtanalytics.metrics.dictionary import fits, measures_for
from dtanalytics.rollup.keys import Key, resolve
from dtanalytics.rollup.table import Having, Question, Sort, Total, build

DEFAULT_METRICS = ("call_count", "connected_count", "revenue", "payout", "margin", "margin_rate")
"""Asked for when no metric is named, as far as the frame has their columns."""


@public
def rollup(
    frame: Any,
    by: str | Sequence[str] | None = None,
    metrics: str | Sequence[str] | None = None,
    *,
    total: Total = False,
    having: Having | None = None,
    top: int | None = None,
    sort: Sort | None = None,
    columns: str | None = None,
    exact: bool = True,
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
        first day, and ``"h"`` (``hour``, an instant). The names of the made columns serve as well, the words
        ``"day"`` to ``"year"``, and pandas' other letters (M, Q, Y, H). Also parts of a time that come again:
        ``"weekday"`` (Monday first) and ``"call_hour"`` (0 to 23, Eastern). None: one row for all calls.
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
        Keeps the ``top`` groups by the first metric, the largest first, and puts all others into one last
        row, marked in the column ``is_other``. The group without a name (null) is a group like the others.
    sort : {"name", "value"}, optional
        Order of the groups: by the columns of ``by``, or the largest first metric first. Left out: by name,
        with ``top`` by value. With ``total="all"`` always by name, subgroups under their group.
    columns : str, optional
        Spreads the metrics over the values of one more column: ``call_count: Connected``, ...; with
        ``total`` also over all of them, under the metric's own name.
    exact : bool, default True
        False: different callers (``caller_count``) may be estimated by the engine's HyperLogLog, which keeps
        no list of callers. One standard error is 3 % by DuckDB, 6 % by Polars' lazy frames and 1 % by its
        others; pandas, Dask and columns that are read in pandas are counted exactly all the same. An estimate
        takes a telephone number in two spellings for two callers, which a count does not. Estimates
        do not add up, so ``total``, ``top`` and ``columns`` are refused. A result in pandas states the error
        in ``attrs["standard_error"]`` [ratio].
    explain : bool
        Return the question as the engine is asked it, as text (SQL of DuckDB, plan of Polars), unasked.

    Returns
    -------
    frame of the same kind
        One row a group: the ``by`` columns, then the metrics in the order asked; sorted by ``by``, text by
        code point, null last, unless ``sort`` or ``top`` say otherwise. Counts int64; money, times in minutes
        and rates float64, null without a denominator. No calls give no rows, with the same columns and
        dtypes (one row when ``by`` is None).

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
    return ranked(
        frame,
        by,
        metrics,
        total=total,
        having=having,
        top=top,
        sort=sort or ("name" if top is None else "value"),
        columns=columns,
        exact=exact,
        explain=explain,
    )


def ranked(
    frame: Any,
    by: str | Sequence[str] | None,
    metrics: str | Sequence[str] | None,
    *,
    sort: Sort | None,
    ranking: str | None = None,
    total: Total = False,
    having: Having | None = None,
    top: int | None = None,
    columns: str | None = None,
    exact: bool = True,
    explain: bool = False,
) -> Any:
    """Roll up as `rollup` does, where ``ranking`` names the metric by which groups are large.

    A ``sort`` of None puts the largest first, but periods of time in their order.
    """
    warn_duplicates(frame)
    source = _source(frame)
    if isinstance(by, Iterable):
        check_levels(frame, [by] if isinstance(by, str) else by, source.columns)
    keys = resolve(by, source.columns)
    silent = {name for lacking in unsaid(frame, source.columns, source.columns).values() for name in lacking}
    wanted = _metrics(metrics, [name for name in source.columns if name not in silent])
    _check(total, top, sort)
    question = Question(
        [key.name for key in keys],
        wanted,
        total,
        having,
        None if top is None else int(top),
        columns,
        ranking or wanted[0],
        sort,
    )
    keys = [*keys, *_wide(question, source.columns)]
    for name in [*wanted, *question.marks]:
        if name in question.by:
            raise InputError(f"{name!r} is in by and would be a column of the result too; rename the column")
    measures = measures_for(question.needed, source.columns)
    if not exact:
        measures = {name: replace(one, estimated=one.distinct) for name, one in measures.items()}
    if silent:
        check_said(frame, [name for measure in measures.values() for name in measure.needs], source.columns)
    if explain:
        if not hasattr(source, "explain"):
            raise InputError(
                "explain shows what DuckDB or Polars is asked; pandas and Dask frames are summed here"
            )
        return source.explain(keys, measures)
    groups = source.reduce(keys, measures)
    table = source.wrap(build(groups, question), keys)
    if not exact and isinstance(table, pd.DataFrame):
        table.attrs["standard_error"] = {
            name: source.standard_error if name in groups.estimates else 0.0
            for name, one in measures.items()
            if one.distinct
        }
    return table


def _check(total: Any, top: Any, sort: Any) -> None:
    """Refuse what is no total, no number of groups or no order."""
    if not (isinstance(total, bool | np.bool_) or (isinstance(total, str) and total == "all")):
        raise InputError(f"total is True, False or 'all', not {total!r}")
    if top is not None and (isinstance(top, bool | np.bool_) or not isinstance(top, Integral) or top < 1):
        raise InputError(f"top is a number of groups, 1 or more, not {top!r}")
    if top is not None and total == "all":
        raise InputError(
            "top and total='all' exclude each other: a remainder has no subgroups; use total=True"
        )
    if not (sort is None or (isinstance(sort, str) and sort in {"name", "value"})):
        raise InputError(f"sort is 'name' or 'value' (the largest first), not {sort!r}")


def _wide(question: Question, names: Sequence[str]) -> list[Key]:
    """Return the column whose values the metrics are spread over, if any."""
    if question.columns is None:
        return []
    wide = resolve(question.columns, names, "columns")
    if len(wide) != 1 or wide[0].name in question.by:
        raise InputError("columns takes one name that is not in by")
    return wide


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

__all__ = ["DEFAULT_METRICS", "ranked", "rollup"]
