"""What Google's ValueTrack codes say, and which values are templates that were never expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.tables import local, native_columns
from dtanalytics.errors import SchemaError

CODES: dict[str, Mapping[str, str]] = {
    "vt_matchtype": {"e": "exact", "p": "phrase", "b": "broad"},
    "vt_network": {"g": "search", "s": "partner", "d": "display", "x": "Performance Max"},
    "vt_device": {"m": "mobile", "t": "tablet", "c": "computer"},
}
"""Field -> code -> label. A code that is not listed stands for itself."""

_TEMPLATE = re.compile(r"\s*(?:\{|%7b)\s*\w+\s*(?:(?::|%3a).*)?(?:\}|%7d)\s*", re.IGNORECASE | re.DOTALL)


def is_template(value: object) -> bool:
    """Tell whether a value is a template that was never expanded.

    Examples
    --------
    >>> is_template("{keyword}"), is_template("%7BKeyword:Roof repair%7D"), is_template("roof {a} b")
    (True, True, False)
    """
    return isinstance(value, str) and _TEMPLATE.fullmatch(value) is not None


def templates(column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Tell for each value of a column whether it is a template that was never expanded."""
    codes, values = pd.factorize(column)
    flags = np.array(
        [is_template(value) for value in values] + [False]
    )  # code -1, null, picks the last element
    return np.asarray(flags[codes], dtype=bool)


def label(column: pd.Series[Any], field: str) -> pd.Series[Any]:
    """Spell out the codes of a ValueTrack field; unknown ones pass through.

    Parameters
    ----------
    column : pandas.Series
        Codes; null stays null, and templates that were never expanded become null.
    field : {"vt_matchtype", "vt_network", "vt_device"}
        Whose codes they are.

    Returns
    -------
    pandas.Series of category

    Examples
    --------
    >>> label(pd.Series(["m", "c", "tv", None, "{device}"]), "vt_device").tolist()
    ['mobile', 'computer', 'tv', nan, nan]
    """
    codes, values = pd.factorize(column)
    spelled = [None if is_template(value) else CODES[field].get(str(value), str(value)) for value in values]
    names = pd.Series([*spelled, None], dtype=object)
    return pd.Series(names.to_numpy()[codes], index=column.index, name=column.name, dtype="category")


def valuetrack(calls: pd.DataFrame) -> pd.DataFrame:
    """Label the ValueTrack codes of calls, and flag what was never filled in.

    Parameters
    ----------
    calls : pandas.DataFrame
        Bid Management calls, or a joined frame; not changed.

    Returns
    -------
    pandas.DataFrame
        One row a call, with its index: ``match_type``, ``network``, ``device`` (labels, null without a
        code), and ``unexpanded``, True where any ValueTrack field still holds a template such as
        ``{keyword}``: the tracking template of that ad is broken.

    Raises
    ------
    SchemaError
        The frame has no ValueTrack field.

    References
    ----------
    Google Ads Help, "Set up tracking with ValueTrack parameters".

    Examples
    --------
    >>> bids = pd.DataFrame({"vt_device": ["m", "c"], "vt_keyword": ["roof repair", "{keyword}"]})
    >>> valuetrack(bids)[["device", "unexpanded"]].to_numpy().tolist()
    [['mobile', False], ['computer', True]]
    """
    fields = [str(name) for name in native_columns(calls) if str(name).startswith("vt_")]
    if not fields:
        raise SchemaError(
            "the frame has no ValueTrack fields (vt_keyword, vt_device, ...): join the bids first"
        )
    index = calls.index if isinstance(calls, pd.DataFrame) else None
    calls = local(calls, fields)
    calls = calls if index is None else calls.set_axis(index)
    labels = {
        name: label(calls[field], field) if field in calls else pd.Series(index=calls.index, dtype="category")
        for name, field in (
            ("match_type", "vt_matchtype"),
            ("network", "vt_network"),
            ("device", "vt_device"),
        )
    }
    unexpanded = np.zeros(len(calls), dtype=bool)
    for field in fields:
        unexpanded |= templates(calls[field])
    return pd.DataFrame({**labels, "unexpanded": unexpanded}, index=calls.index)
