"""A selection as a condition: text for ``DataFrame.query``, and ranges that a loader asks the service for."""

from __future__ import annotations

import datetime as dt
import keyword
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError


class Where(str):
    """The condition of a selection.

    As text it is what ``DataFrame.query`` takes; ``load_bids(where=...)`` reads `conditions` instead.

    Attributes
    ----------
    conditions : dict
        Column -> list of values or `pandas.Interval`, as ``Scan.where`` and metrics take them.
    """

    __slots__ = ("conditions",)
    conditions: dict[str, Any]

    def __new__(cls, text: str, conditions: Mapping[str, Any]) -> Where:  # noqa: PYI034 - mypy 2.4 has no Self here
        """Make the text, and keep the conditions beside it."""
        made = super().__new__(cls, text)
        made.conditions = dict(conditions)
        return made


def named(column: str) -> str:
    """Write the name of a column as ``DataFrame.query`` reads it."""
    if column.isidentifier() and not keyword.iskeyword(column):
        return column
    if "`" in column or "\n" in column:
        raise InputError(
            f"the column {column!r} has no name that DataFrame.query can read; board.calls has the calls"
        )
    return f"`{column}`"


def listed(column: str, values: Sequence[Any]) -> str:
    """Write that a column holds one of some values; None is null.

    Examples
    --------
    >>> listed("offer", ["Auto", None])
    "(offer in ['Auto'] or offer.isna())"
    """
    known = [value for value in values if not pd.isna(value)]
    tests = []
    if any(isinstance(value, pd.Timestamp | dt.date) for value in known):
        tests += [f"'{value}' <= {named(column)} <= '{value}'" for value in known]  # query's == finds no date
    elif known:
        tests.append(f"{named(column)} in [{', '.join(map(_literal, known))}]")
    if len(known) < len(values):
        tests.append(f"{named(column)}.isna()")
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def _literal(value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value).replace("`", r"\x60")  # a backtick would begin the name of a column


def between(column: str, low: Any, high: Any) -> str:
    """Write that a column lies in a half-open span; None is an open end.

    Examples
    --------
    >>> between("talk_seconds", 30, None), between("talk_seconds", 30, 60)
    ('talk_seconds >= 30', '30 <= talk_seconds < 60')
    """
    if high is None:
        return f"{named(column)} >= {low}"
    return f"{low} <= {named(column)} < {high}"
