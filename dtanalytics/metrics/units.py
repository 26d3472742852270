"""The unit of a column, read off its name: what pages and sheets need to write a number well."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.metrics.dictionary import find

_ENDS = ("_low", "_high")
_DERIVED = ("_shrunken", "_before", "_after")
_CHANGES = ("_change", "_difference")
_SECONDS = ("peak_time", "busy_time", "seconds", "buffer", "seconds_from", "seconds_to")
_BY_NAME = {
    **dict.fromkeys(
        ("volume", "mix", "qualification", "price", "new", "lost", "change", "amount"), "currency"
    ),
    **dict.fromkeys(("offer_qualification", "affiliate_qualification"), "currency"),  # of a bridge by side
    **dict.fromkeys(("offer_price", "affiliate_price"), "currency"),
    **dict.fromkeys(("target_bid", "suggested_bid", "here", "there", "difference"), "currency"),
    **dict.fromkeys(("rate", "share", "survival", "maturity"), "ratio"),
    **dict.fromkeys(("calls_needed", "effective_sample", "calls", "count"), "calls"),
    **dict.fromkeys(_SECONDS, "s"),
    **dict.fromkeys(("p_value", "q_value"), "probability"),
}
_BY_ENDING = {"_rate": "ratio", "_share": "ratio", "_caller_count": "callers", "_count": "calls"}
_COUNTED = frozenset(
    {"calls", "callers", "count", "counts", "number", "days", "hours", "weeks", "rank", "rows", "index", "id"}
)
_MONEY = frozenset({"margin", "revenue", "payout", "value", "price", "cost", "spend", "profit"})
_OF_A_STATEMENT = frozenset(
    {"opening", "calls", "corrections", "due", "adjustments", "held", "payable", "carried"}
)
_OF_A_BRIDGE = frozenset({"volume", "mix", "qualification", "price", "new", "lost", "change"})


def unit_of(name: str) -> str:
    """Unit of a column: that of the metric that it holds or is derived from; else what its name says.

    Parameters
    ----------
    name : str
        A column of calls, or of a table of this package.

    Returns
    -------
    str
        ``currency``, ``ratio``, ``points`` (the change of a ratio), ``calls``, ``probability``, another unit
        of a metric, or nothing.

    Examples
    --------
    >>> unit_of("margin_rate_low"), unit_of("change"), unit_of("repeat_share"), unit_of("affiliate")
    ('ratio', 'currency', 'ratio', '')
    >>> unit_of("margin_rate_change_low"), unit_of("margin_change"), unit_of("margin_calls")
    ('points', 'currency', '')
    """
    for ending in _ENDS:
        name = name.removesuffix(ending)
    for ending in _CHANGES:
        if name.endswith(ending):
            unit = unit_of(name.removesuffix(ending))
            return "points" if unit == "ratio" else unit
    for ending in _DERIVED:
        name = name.removesuffix(ending)
    try:
        found = find(name)
    except InputError:
        endings = (unit for ending, unit in _BY_ENDING.items() if name.endswith(ending))
        words = {word.lower() for word in re.split(r"[\W_]+", name)}
        guess = "currency" if words & _MONEY and not words & _COUNTED else ""
        return _BY_NAME.get(name) or next(endings, guess)
    return (found[0] if isinstance(found, tuple) else found).unit


def units_of(frame: pd.DataFrame) -> dict[str, str]:
    """Unit of each column of a table.

    Words such as ``new`` and ``change`` are money in a bridge, and ``calls`` and ``due`` in a statement; in
    another table they may count anything.

    Parameters
    ----------
    frame : DataFrame
        Names are text.

    Returns
    -------
    dict of str to str
        Column -> unit, as `unit_of`.

    Examples
    --------
    >>> units_of(pd.DataFrame({"day": ["Mon"], "new": [3], "margin": [2.5]}))
    {'day': '', 'new': '', 'margin': 'currency'}
    """
    names = [str(name) for name in frame]
    is_bridge = {"volume", "mix", "change"} <= set(names)
    is_statement = {"corrections", "due"} <= set(names)
    return {
        name: "currency"
        if is_statement and name in _OF_A_STATEMENT
        else ""
        if name in _OF_A_BRIDGE and not (is_bridge or _is_fraction(frame[name]))
        else unit_of(name)
        for name in names
    }


def _is_fraction(column: Any) -> bool:
    """Tell whether a column holds numbers that are not all whole: amounts, and no counts."""
    if not pd.api.types.is_float_dtype(column):
        return False
    known = column.dropna()
    return bool((known != known.round()).any())
