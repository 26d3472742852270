"""Conditions on calls: to the vendor's ``q=`` text and back, and applied to a frame.

The vendor documents ranges alone: ``field:[low TO high]``, ``{`` and ``}`` where a bound is excluded,
``*`` where an end is open, ``,`` between conditions. So equality is asked for as the range from a value
to itself, ``channel:[SourceTrak TO SourceTrak]``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.columns import wall_clock
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.filters.condition import Condition, field_of, make_range, read_condition, whole_seconds
from dtanalytics.filters.syntax import Value, ranges
from dtanalytics.schema import BIDS, Report, Version
from dtanalytics.window import Window

__all__ = ["Condition", "Where", "apply", "conditions", "from_query", "to_query"]

Where = Mapping[str, Any] | str | None


def to_query(
    where: Where, report: Report = BIDS, *, window: Window | None = None, version: Version = "v2"
) -> str:
    """Write conditions as the service's ``q=`` text.

    Parameters
    ----------
    where : mapping, str or None
        See `conditions`.
    report : Report
        Whose fields they are.
    window : Window, optional
        The span of time asked for; it narrows a condition on the same field.
    version : {"v2", "v3"}
        Which spelling of the fields.

    Returns
    -------
    str
        Not URL-encoded (``requests`` does that); the time first, then in the order of the columns.

    Examples
    --------
    >>> from dtanalytics.window import parse_window
    >>> to_query({"talk_minutes": pd.Interval(0.5, np.inf, closed="left")}, window=parse_window("2026-10-05"))
    'date_added:[2026-10-05 00:00:00 TO 2026-10-06 00:00:00},talk_minutes:[0.5 TO *]'
    >>> to_query({"channel": "Call Extension"})
    'channel:[Call Extension TO Call Extension]'
    """
    wanted = conditions(where, report)
    if window is not None:
        span = whole_seconds(Condition(window.start, window.end, high_closed=False))
        wanted[report.time] = wanted[report.time] & span if report.time in wanted else span
    parts = []
    for name in sorted(wanted, key=lambda name: (name != report.time, report.columns.index(name))):
        spelled = getattr(report.by_name[name], version)
        if spelled is None:
            raise InputError(f"{version} of the service does not know {name}: filter the frame after loading")
        parts.append(f"{spelled}:{wanted[name]}")
    return ",".join(parts)


def from_query(text: str, report: Report = BIDS) -> dict[str, Condition]:
    """Read the service's ``q=`` text; two conditions on one field must both hold.

    Parameters
    ----------
    text : str
        Not URL-encoded.
    report : Report
        Whose fields it names, in any version's spelling.

    Returns
    -------
    dict of str to Condition
        By canonical name.

    Raises
    ------
    InputError
        Where the text is no condition, with what was expected.

    Examples
    --------
    >>> print(from_query("talk_minutes:[0.50 TO *}")["talk_minutes"])
    [0.5 TO *]
    >>> print(from_query("channel:SourceTrak")["channel"])
    [SourceTrak TO SourceTrak]
    """
    spelled = {**report.wire("v3"), **report.wire("v2")}
    found: dict[str, Condition] = {}
    for name, *asked in ranges(text):
        field = field_of(spelled[name].name if name in spelled else name, report)
        condition = read_condition(field, *asked) if len(asked) == 1 else make_range(field, *asked)
        found[field.name] = found[field.name] & condition if field.name in found else condition
    return found


def conditions(where: Where, report: Report = BIDS) -> dict[str, Condition]:
    """Read what a caller writes for conditions, all of which must hold.

    Parameters
    ----------
    where : mapping, str or None
        Field -> one value (equality), ``pandas.Interval`` (any closed kind, infinite ends are open),
        ``"*"`` (anything but null), a `Condition`; for times also a year, month or day (all of it), and a
        tuple or slice of two dates (half-open, None is open). Or the vendor's ``q=`` text.
    report : Report
        Whose fields they are.

    Returns
    -------
    dict of str to Condition
        By canonical name.

    Raises
    ------
    InputError
        A field that is unknown or cannot be asked for, or a value that does not suit its field.

    Examples
    --------
    >>> {name: str(condition) for name, condition in conditions({"rank": 1, "date_added": "2026-10"}).items()}
    {'rank': '[1 TO 1]', 'date_added': '[2026-10-01 00:00:00 TO 2026-11-01 00:00:00}'}
    """
    where = getattr(where, "conditions", where)  # the selection of a board says them beside its text
    if where is None:
        return {}
    if isinstance(where, str):
        return from_query(where, report)
    if not isinstance(where, Mapping):
        raise InputError(f"where is {where!r}: give a mapping of field to condition, or the vendor's q= text")
    return {name: read_condition(field_of(name, report), wanted) for name, wanted in where.items()}


def apply(frame: pd.DataFrame, where: Where, report: Report = BIDS) -> pd.DataFrame:
    """Keep the rows of a frame that the service would answer with.

    Parameters
    ----------
    frame : pandas.DataFrame
        Calls; it is not changed.
    where : mapping, str or None
        See `conditions`.
    report : Report
        Whose fields they are.

    Returns
    -------
    pandas.DataFrame
        The rows for which every condition holds, with their index. Null never matches.

    Raises
    ------
    SchemaError
        The frame lacks a field that a condition names.

    Examples
    --------
    >>> calls = pd.DataFrame({"sid": ["a", "b", "c"], "talk_minutes": [0.4, 0.5, None]})
    >>> apply(calls, {"talk_minutes": pd.Interval(0.5, np.inf, closed="left")})["sid"].tolist()
    ['b']
    """
    wanted = conditions(where, report)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise SchemaError(f"the frame has no {', '.join(missing)}, which the conditions need")
    keep = np.ones(len(frame), dtype=bool)
    for name, condition in wanted.items():
        keep &= _holds(frame[name], condition)
    return frame[keep]


def _holds(column: pd.Series[Any], condition: Condition) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell for each row whether its value lies in the range."""
    known = column.notna().to_numpy(dtype=bool)
    values = column[known]
    values = wall_clock(values)
    kept = np.ones(len(values), dtype=bool)
    for compare, bound in _comparisons(condition):
        kept = kept & np.asarray(compare(values, _like(values, bound)), dtype=bool)
    holds = np.zeros(len(column), dtype=bool)
    holds[known] = kept
    return holds


def _comparisons(condition: Condition) -> Iterator[tuple[Callable[[Any, Any], Any], Value]]:
    """Name the comparisons that a value must pass; labels and text have no order, so equality is one."""
    low, high = condition.low, condition.high
    if low is not None and low == high:
        yield operator.eq, low
        if not (condition.low_closed and condition.high_closed):
            yield operator.ne, low
        return
    if low is not None:
        yield operator.ge if condition.low_closed else operator.gt, low
    if high is not None:
        yield operator.le if condition.high_closed else operator.lt, high


def _like(values: pd.Series[Any], bound: Value) -> Any:
    """Express a bound in what the column is compared with exactly: decimals stay decimals."""
    if not isinstance(bound, Decimal) or pd.api.types.is_object_dtype(values.dtype):
        return bound
    return int(bound) if bound == bound.to_integral_value() else float(bound)
