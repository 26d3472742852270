"""Where intervals hold the truth less, or more, often than they are asked to: words for the answer itself.

The shares are those that `tests.bench.bench_regimes` measures on calls that are drawn from known truths; the
handbook shows them all.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats
from dtanalytics.columns.kinds import shown
from dtanalytics.texts.numerals import Told

_FEW = 50.0
"""Degrees of freedom below which few callers make up how money varies."""
_RARE = 10
"""Calls that count (or that do not) below which a rate is rare."""
_NAMED = 5
_HIDDEN = "(not shown)"


def of_money(segments: pd.DataFrame, name: str, free: Floats, flat: Bools, held: str) -> list[str]:
    """Say which rows rest on few callers, and in which all callers bring the same.

    Parameters
    ----------
    segments : pandas.DataFrame
        What the rows are of: the columns that were grouped by.
    name : str
        Column of the estimate.
    free : numpy.ndarray
        Degrees of freedom of its variance, one a row.
    flat : numpy.ndarray of bool
        Its interval has no width.
    held : str
        How many of 95 % intervals hold the truth where callers are few.

    Examples
    --------
    >>> north = pd.DataFrame({"affiliate": ["North", "South"]})
    >>> of_money(north, "margin_per_call", np.array([300.0, 12]), np.array([False, False]), "92 to 99 %")[0]
    "margin_per_call of 'South': few callers make up how it varies; of 95 % intervals 92 to 99 % hold the truth there."
    """  # noqa: E501 - a sentence as it is said
    notes = {
        f"few callers make up how it varies; of 95 % intervals {held} hold the truth there.": ~flat
        & (free < _FEW),
        "all callers bring the same; an interval without a width says nothing of what others bring.": flat,
    }
    return [
        Told("{name} of {segments}: {note}", name=name, segments=_named(segments, mask), note=note)
        for note, mask in notes.items()
        if mask.any()
    ]


def of_rates(segments: pd.DataFrame, counts: Mapping[str, tuple[Floats, Floats]], held: str) -> list[str]:
    """Say which rows of which rates are rare, or nearly all.

    Parameters
    ----------
    segments : pandas.DataFrame
        As for `of_money`.
    counts : mapping
        Rate -> calls that count, and calls, one a row; of two periods the lesser of each.
    held : str
        How many of 95 % intervals hold the truth there.

    Examples
    --------
    >>> north = pd.DataFrame({"affiliate": ["North", "South"]})
    >>> of_rates(north, {"connect_rate": (np.array([3.0, 50]), np.array([100.0, 100]))}, "up to 98 %")[0]
    "connect_rate of 'North': fewer than 10 calls count, or do not; of 95 % intervals up to 98 % hold the truth there."
    """  # noqa: E501 - a sentence as it is said
    rare = {
        name: (trials > 0) & (np.minimum(hits, trials - hits) < _RARE)
        for name, (hits, trials) in counts.items()
    }
    note = f"fewer than {_RARE} calls count, or do not; of 95 % intervals {held} hold the truth there."
    return [
        Told("{name} of {segments}: {note}", name=name, segments=_named(segments, mask), note=note)
        for name, mask in rare.items()
        if mask.any()
    ]


def _named(segments: pd.DataFrame, mask: Bools) -> str:
    """Name the segments of some rows, or count them where that would name people."""
    if not segments.shape[1]:
        return "all calls"
    at = np.flatnonzero(mask)[:_NAMED]
    columns = [
        ["(none)" if pd.isna(value) else shown(value, key) for value in values.array.take(at)]
        for key, values in segments.items()
    ]
    names = [" / ".join(row) for row in zip(*columns, strict=True)]
    if any(_HIDDEN in name for name in names):
        return Told("{some:,} of {every:,} segments", some=int(mask.sum()), every=len(mask))
    if mask.sum() <= _NAMED:
        return ", ".join(names)
    return Told("{names} and {more:,} more", names=", ".join(names), more=int(mask.sum()) - _NAMED)
