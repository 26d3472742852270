"""Try every rule on every call before a file is written."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.exports.rules import RULES, Context


@public
def rules() -> pd.DataFrame:
    """List every reason for which a call stays out of a file.

    Returns
    -------
    pandas.DataFrame
        A row a reason: ``error``, ``files`` it holds for, ``remedy``, and ``source`` of the name
        (``platform``, or ``dtanalytics`` where the platform refuses or ignores without a name).

    Examples
    --------
    >>> rules().set_index("error").loc["EXPIRED_EVENT", "source"]
    'platform'
    """
    rows = [(rule.error, ", ".join(sorted(rule.files)), rule.remedy, rule.source) for rule in RULES]
    return pd.DataFrame(rows, columns=["error", "files", "remedy", "source"]).astype("str")


def check(calls: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Try every rule on every call.

    Returns
    -------
    pandas.DataFrame
        Same index: ``error`` and ``remedy`` of the first rule broken (null when none is), and
        ``also``, the other rules that the call breaks, by name.
    """
    errors = np.full(len(calls), None, dtype=object)
    remedies, also = errors.copy(), np.full(len(calls), "", dtype=object)
    for rule in RULES:
        if context.file not in rule.files:
            continue
        free = errors == None  # noqa: E711 - element by element
        tried = np.flatnonzero(free) if rule.among_rest else np.arange(len(calls))
        breaks = rule.breaks(calls.iloc[tried], context).fillna(value=False)
        broken = np.zeros(len(calls), dtype=bool)
        broken[tried] = breaks.to_numpy(dtype=bool)
        also[broken & ~free] += f" {rule.error}"
        errors[broken & free] = rule.error
        remedies[broken & free] = rule.remedy
    found = pd.DataFrame({"error": errors, "remedy": remedies, "also": also}, index=calls.index, dtype="str")
    return found.assign(also=found["also"].str.strip())
