"""The largest groups of a table, and all others as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.plots import writing

_USUAL, _CYCLE = 15, 31
"""Where at least as many groups may be drawn, hours of a day and days of a month are drawn whole."""
_MARKS = ("is_total", "is_other", "level")


@dataclass(frozen=True)
class Ranked:
    """What is drawn of a table, and what the table says as a whole.

    Attributes
    ----------
    rows : pandas.DataFrame
        The largest groups, the largest first, then one row for all others where there are any.
    names : list of str
        A name a row.
    whole : pandas.Series
        Sums of all groups, drawn by themselves or not.
    note : str
        How many of the groups are shown, where some are not.
    rest : numpy.ndarray
        True for the row of all others.
    """

    rows: pd.DataFrame
    names: list[str]
    whole: pd.Series[Any]
    note: str
    rest: Any


def groups_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table that stand for groups (and for the others), without totals."""
    return table[~table["is_total"].astype(bool)] if "is_total" in table else table


def ranked(
    table: pd.DataFrame, keys: Sequence[Any], by: str, sums: Sequence[str], top: int, *, size: bool = False
) -> Ranked:
    """Keep the largest groups of a table, and add the others up.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a group; rows marked ``is_total`` are left out, those marked ``is_other`` are of the others.
    keys : sequence
        Columns that name the groups.
    by : str
        Measure by which groups are large.
    sums : sequence of str
        Measures that add up; all else of the others' row is null.
    top : int
        Most groups, 1 or more.
    size : bool
        Rank by the size of the measure, be it above or below zero.

    Returns
    -------
    Ranked

    Examples
    --------
    >>> table = pd.DataFrame({"affiliate": ["A", "B", "C"], "margin": [1.0, 5.0, 2.0]})
    >>> kept = ranked(table, ["affiliate"], "margin", ["margin"], 1)
    >>> kept.names, kept.rows["margin"].tolist(), kept.note
    (['B', '2 others'], [5.0, 3.0], '1 of 3 shown')
    """
    check_top(top)
    rows = groups_of(table)
    other = rows["is_other"].to_numpy(dtype=bool) if "is_other" in rows else np.zeros(len(rows), dtype=bool)
    groups = rows[~other]
    value = groups[by].to_numpy(dtype=float, na_value=np.nan)
    order = np.argsort(-(np.abs(value) if size else value), kind="stable")
    if len(keys) == 1 and _in_order(groups[keys[0]]):
        top = top if top < _USUAL else max(top, _CYCLE)
        order[:top] = np.sort(order[:top])  # the table is in the order of its periods
    shown, left = groups.iloc[order[:top]], groups.iloc[order[top:]]
    whole = rows[list(sums)].sum()
    names = writing.row_names(shown, keys)
    others = pd.concat([left, rows[other]])
    if others.empty:
        return Ranked(shown.reset_index(drop=True), names, whole, "", np.zeros(len(shown), dtype=bool))
    count = f"{len(left)} others" if not other.any() else "all others"
    note = f"{len(shown)} of {len(groups)} shown" if not other.any() else f"the {len(shown)} largest shown"
    if len(left) == 1 and not other.any():
        count = "1 other"
    rest = {str(name): float(total) for name, total in others[list(sums)].sum().items()}
    numbers = [str(name) for name in shown if name not in keys and name not in _MARKS]
    last = pd.DataFrame({name: [rest.get(name, np.nan)] for name in numbers})
    kept = pd.concat(
        [shown[numbers].reset_index(drop=True).astype(object), last.astype(object)], ignore_index=True
    )
    kept = kept.infer_objects()
    return Ranked(kept, [*names, count], whole, note, np.arange(len(kept)) == len(shown))


def _in_order(key: pd.Series[Any]) -> bool:
    """Tell whether groups have an order of their own, which is more telling than that of their size."""
    ordered = isinstance(key.dtype, pd.CategoricalDtype) and bool(key.dtype.ordered)
    periods = key.dtype.kind == "M" or key.name == "call_hour" or ordered
    values = key.dropna()
    return periods and bool(values.is_monotonic_increasing)


def ceiling(values: Any, rest: Any) -> tuple[float, str]:
    """Where an axis ends so that the groups can be read beside all others; and what is to be said of it.

    Examples
    --------
    >>> ceiling(np.array([5.0, 4.0, 90.0]), np.array([False, False, True]))
    (7.5, 'the bar of the others runs on')
    >>> ceiling(np.array([5.0, 4.0, 6.0]), np.array([False, False, True]))
    (6.0, '')
    """
    values = np.nan_to_num(np.asarray(values, dtype=float))
    most = float(values.max())
    groups = float(values[~rest].max()) if (~rest).any() else most
    if 0 < 2.5 * groups < most:
        return 1.5 * groups, "the bar of the others runs on"
    return most, ""


def check_top(top: int) -> None:
    """Refuse a number of groups that is none.

    Raises
    ------
    InputError
        `top` is no whole number of 1 or more.
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise InputError(f"top is a number of groups, 1 or more, not {top!r}")


def some_of(shown: int, every: int) -> str:
    """Say how many of the groups are drawn, where some are not.

    Examples
    --------
    >>> some_of(15, 40), some_of(3, 3)
    ('15 of 40 shown', '')
    """
    return f"{shown} of {every} shown" if shown < every else ""


def some(count: int, every: int, things: str = "") -> str:
    """Begin a sentence about some of many.

    Examples
    --------
    >>> some(1, 5, " signals"), some(2, 5)
    ('1 of 5 signals is', '2 of 5 are')
    """
    return f"{count} of {every}{things} {'is' if count == 1 else 'are'}"


def compared(table: pd.DataFrame) -> str:
    """Say which periods a table of changes compares, where it knows, and that one is longer."""
    periods, lengths = table.attrs.get("periods", ""), table.attrs.get("lengths", "")
    return (periods if " against " in periods else "") + (f" (unequal: {lengths})" if lengths else "")


def notes(*parts: str) -> str:
    """Join what is to be said below a heading.

    Examples
    --------
    >>> notes("15 of 40 shown", "", "dashed: target")
    '15 of 40 shown; dashed: target'
    """
    return "; ".join(part for part in parts if part)
