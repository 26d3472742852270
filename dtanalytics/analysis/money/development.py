"""How much of its final value a day has shown by its age, learnt from days that were asked for again."""

from __future__ import annotations

import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.tables import numbers, require

SETTLE_DAYS = 7


def development(
    vintages: pd.DataFrame, value: str = "rows", *, settle_days: int = SETTLE_DAYS
) -> pd.DataFrame:
    """Learn from restatements what share of its final value a day shows by its age.

    Parameters
    ----------
    vintages : pandas.DataFrame
        A row for each time that a day was asked for: ``call_day``, ``asked`` (when) and `value`.
        ``dta.cache.vintages`` gives such a table for the number of calls; for money add a column.
    value : str, default "rows"
        Column that is restated.
    settle_days : int, default 7 [d]
        Age from which the last value asked for counts as final; days without one teach nothing.

    Returns
    -------
    pandas.DataFrame
        One row an age, from the youngest: ``age`` [d, day of asking less day of the call, Eastern],
        ``day_count`` [days that were asked for at that age], ``share`` [ratio, their sum then
        divided by their sum in the end], ``share_low`` and ``share_high`` (least and most of a day).

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.to_datetime(["2026-10-02", "2026-10-09", "2026-10-03", "2026-10-10"])
    >>> seen = pd.DataFrame({"call_day": pd.to_datetime(["2026-10-01"] * 2 + ["2026-10-02"] * 2),
    ...                      "asked": asked, "margin": [90.0, 100.0, 190.0, 200.0]})
    >>> development(seen, "margin")[["age", "day_count", "share"]].round(3)
       age  day_count  share
    0    1          2  0.933
    1    8          2  1.000
    """
    require(vintages.columns, ["call_day", "asked", value], "vintages")
    asked = columns.wall_clock(vintages["asked"])
    table = pd.DataFrame(
        {"call_day": vintages["call_day"], "asked": asked, "value": numbers(vintages[value])}
    )
    table["age"] = (table["asked"].dt.normalize() - table["call_day"].dt.normalize()).dt.days
    table = table.dropna().sort_values(["call_day", "asked"])
    final = table[table["age"] >= settle_days].groupby("call_day")["value"].last()
    table["final"] = table["call_day"].map(final)
    table = table[table["final"].notna() & (table["final"] != 0)]
    table["share"] = table["value"] / table["final"]
    grouped = table.groupby("age")
    learnt = pd.DataFrame(
        {
            "day_count": grouped["call_day"].nunique(),
            "share": grouped["value"].sum() / grouped["final"].sum(),
            "share_low": grouped["share"].min(),
            "share_high": grouped["share"].max(),
        }
    )
    return learnt.reset_index().astype({"age": "int64"})
