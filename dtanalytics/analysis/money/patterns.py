"""Where and when: the week by hour, trends that say which days still move, states on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.money import overview
from dtanalytics.analysis.money.overview import heatmap
from dtanalytics.analysis.tables import Floats, columns_of, measured, numbers, require
from dtanalytics.metrics.dictionary import is_additive
from dtanalytics.rollup.keys import frequency
from dtanalytics.schema import TIMEZONE
from dtanalytics.texts.instants import read_moment

SETTLE_DAYS = 7
_LENGTH = {"D": "D", "W": "W", "MS": "M", "QS": "Q", "YS": "Y", "h": "h"}

STATES = """
AK . . . . . . . . . ME
. . . . . . . . . VT NH
WA ID MT ND MN IL WI MI NY RI MA
OR NV WY SD IA IN OH PA NJ CT .
CA UT CO NE MO KY WV VA MD DE .
. AZ NM KS AR TN NC SC DC . .
. . . OK LA MS AL GA . . .
HI . . TX . . . . FL . .
"""
"""The 50 states and DC, each about where it lies, one tile each (the grid of NPR's newsroom)."""
NAMES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana",
    "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland",
    "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri",
    "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio",
    "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah",
    "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin",
    "WY": "Wyoming",
}  # fmt: skip
ELSEWHERE = "elsewhere"
TILE = "_tile"


def trend(
    calls: pd.DataFrame,
    freq: str = "D",
    by: str | Sequence[str] | None = None,
    metrics: str | Sequence[str] | None = None,
    *,
    as_of: Any = None,
    settle_days: int = SETTLE_DAYS,
    vintages: pd.DataFrame | None = None,
    value: str = "rows",
) -> pd.DataFrame:
    """Metrics over time, with a mark on the periods that may still change.

    Parameters
    ----------
    calls, freq, by, metrics
        As for `dtanalytics.analysis.money.overview.trend`.
    as_of : date-like, optional
        Day on which the calls were asked for, Eastern; by default what a load says of its calls, else
        the day after the last call.
    settle_days : int, default 7 [d]
        Age from which a day is expected to stay as it is.
    vintages : pandas.DataFrame, optional
        Restatements to learn from, as `development` takes them; ``dta.cache.vintages`` has them.
    value : str, default "rows"
        Column of `vintages` that says how complete a day was.

    Returns
    -------
    pandas.DataFrame
        The trend, and at its end ``is_complete`` (the period is over and wholly within the calls'
        days), ``is_mature`` (complete, and all of its days are at least `settle_days` old) and
        ``maturity`` [ratio], the share of its final value that such a period has shown by that age:
        1 when mature; learnt from `vintages` else, null without them.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"call_day": pd.date_range("2026-10-01", "2026-10-10", unit="us")})
    >>> trend(calls, "D", metrics="call_count")["is_mature"].tolist()[:5]
    [True, True, True, True, False]
    """
    freq = frequency(freq)
    table = overview.trend(calls, freq, by, metrics)
    period = str(table.columns[0])
    length = _LENGTH[freq]
    starts = table[period]
    if isinstance(starts.dtype, pd.DatetimeTZDtype):
        starts = starts.dt.tz_localize(None)
    spans = starts.dt.to_period(length)
    begin = spans.dt.start_time.dt.normalize().to_numpy().astype("datetime64[D]")
    last = spans.dt.end_time.dt.normalize().to_numpy().astype("datetime64[D]")
    if table.empty:
        return table.assign(is_complete=np.zeros(0, bool), is_mature=np.zeros(0, bool), maturity=np.zeros(0))
    first_day, last_day = _span(calls)
    asked = (
        _load_day(calls, last_day)
        if as_of is None
        else np.datetime64(pd.Timestamp(read_moment(as_of, "as_of", None)[0]), "D")
    )
    complete = (begin >= first_day) & (last < asked) & (last <= last_day)
    mature = complete & ((asked - last).astype(np.int64) >= settle_days)
    learnt = None if vintages is None else development(vintages, value, settle_days=settle_days)
    maturity = np.where(mature, 1.0, _expected(begin, last, asked, learnt))
    return table.assign(is_complete=complete, is_mature=mature, maturity=maturity)


def _span(frame: pd.DataFrame) -> tuple[Any, Any]:
    """First and last day of the calls."""
    days = measured(frame, ["D"], ["call_count"])["call_day"].dropna()
    if days.empty:  # the days are null, and only the times are known
        return np.datetime64("NaT", "D"), np.datetime64("NaT", "D")
    return np.datetime64(days.min(), "D"), np.datetime64(days.max(), "D")


def _load_day(frame: Any, last_day: Any) -> Any:
    """Day on which a load asked for its calls, Eastern; the day after the last one where nothing says."""
    loaded = getattr(frame, "attrs", {}).get("dtanalytics", {}).get("asked")
    if loaded is None:
        return last_day + 1
    return np.datetime64(pd.Timestamp(loaded).tz_convert(TIMEZONE).tz_localize(None), "D")


def _expected(begin: Any, last: Any, asked: Any, learnt: pd.DataFrame | None) -> Floats:
    """Mean share of its final value that the days of each period, up to the day of asking, have shown."""
    if learnt is None or learnt.empty:
        return np.full(len(begin), np.nan)
    top = int(learnt["age"].max())
    share = np.interp(np.arange(top + 1), learnt["age"], learnt["share"])
    out = np.full(len(begin), np.nan)
    for row, (one, other) in enumerate(zip(begin, np.minimum(last, asked - 1), strict=True)):
        ages = (asked - np.arange(one, other + 1)).astype(np.int64)
        if len(ages):
            out[row] = share[np.clip(ages, 0, top)].mean()
    return out


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


def state_map(calls: Any, metric: str = "margin", state: str = "lf_state") -> pd.DataFrame:
    """Place a metric of each state on a grid of tiles.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    metric : str, default "margin"
        Any measure or metric.
    state : str, default "lf_state"
        Column of the states: codes or names in any case.

    Returns
    -------
    pandas.DataFrame
        52 rows: ``state`` (code), ``name``, ``row`` and ``column`` of its tile, from the upper left
        at 0, ``call_count`` [calls] and the metric. Last comes ``elsewhere`` without a tile: calls
        with another or no state, so that the table holds every call. States without calls have 0
        calls, and a metric as of no calls: 0, or null for a ratio.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"lf_state": ["TX", "texas", "ON", None]})
    >>> state_map(calls, "call_count").query("call_count > 0")
            state   name   row  column  call_count
    43         TX  Texas     7       3           2
    51  elsewhere         <NA>    <NA>           2
    """
    grid = [line.split() for line in STATES.split("\n") if line]
    tiles = {code: (r, c) for r, line in enumerate(grid) for c, code in enumerate(line) if code != "."}
    require(columns_of(calls), [state])
    kind = pd.CategoricalDtype([*sorted(NAMES), ELSEWHERE])
    wanted = list(dict.fromkeys(["call_count", metric]))
    found = measured(_add_places(calls, state), [TILE], wanted)
    table = pd.DataFrame({"state": list(kind.categories)})
    table["name"] = table["state"].map(NAMES).fillna("")
    for place, axis in enumerate(("row", "column")):
        table[axis] = pd.array(
            [tiles[c][place] if c in tiles else None for c in table["state"]], dtype="Int64"
        )
    values = found.set_index(found[TILE].astype("str"))[wanted].reindex(table["state"])
    for name in wanted:
        counts = pd.api.types.is_integer_dtype(found[name].dtype)
        column = values[name].reset_index(drop=True)
        if counts or is_additive(name):
            column = column.fillna(0)
        table[name] = column.astype("int64" if counts else found[name].dtype)
    return table


def _add_places(frame: Any, state: str) -> Any:
    """Add the tile of each call, on the engine that holds the calls."""
    codes = {**{code: code for code in NAMES}, **{name.upper(): code for code, name in NAMES.items()}}
    if isinstance(frame, pd.DataFrame):
        words, positions = pd.factorize(columns.names(frame[state]).astype("str"), use_na_sentinel=True)
        tiles = np.array(
            [*(codes.get(str(word).strip().upper(), ELSEWHERE) for word in positions), ELSEWHERE]
        )
        return frame.assign(**{TILE: pd.Series(tiles[words], index=frame.index, dtype="str")})
    if hasattr(frame, "map_partitions"):
        return frame.map_partitions(_add_places, state)
    upper = nw.col(state).cast(nw.String).str.strip_chars().str.to_uppercase()
    tile = upper.replace_strict(list(codes), list(codes.values()), default=ELSEWHERE, return_dtype=nw.String)
    return nw.from_native(frame).with_columns(tile.alias(TILE)).to_native()


__all__ = ["development", "heatmap", "state_map", "trend"]
