"""Try every rule on every call before a file is written."""

from __future__ import annotations

import pandas as pd

from dtanalytics.exports.rules import RULES, Context


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
    found = pd.DataFrame({"error": None, "remedy": None, "also": ""}, index=calls.index, dtype="str")
    for rule in RULES:
        if context.file not in rule.files:
            continue
        tried = calls[found["error"].isna()] if rule.among_rest else calls
        broken = rule.breaks(tried, context).fillna(value=False).astype(bool)
        broken = broken.reindex(calls.index, fill_value=False)
        again = broken & found["error"].notna()
        found.loc[again, "also"] = (found.loc[again, "also"] + " " + rule.error).str.strip()
        found.loc[broken & ~again, ["error", "remedy"]] = [rule.error, rule.remedy]
    return found
