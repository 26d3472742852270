"""A metric of each state, on a grid of tiles."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.tables import columns_of, is_scan, measured, require
from dtanalytics.metrics.dictionary import is_additive

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
TILES = pd.CategoricalDtype([*sorted(NAMES), ELSEWHERE])


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
    wanted = list(dict.fromkeys(["call_count", metric]))
    found = measured(_add_places(calls, state), [TILE], wanted)
    table = pd.DataFrame({"state": list(TILES.categories)})
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
        words, found = pd.factorize(columns.names(frame[state]), use_na_sentinel=True)
        tiles = {code: place for place, code in enumerate(TILES.categories)}
        last = tiles[ELSEWHERE]
        places = np.array([*(tiles.get(codes.get(str(word).strip().upper()), last) for word in found), last])
        return frame.assign(**{TILE: pd.Categorical.from_codes(places[words], dtype=TILES)})
    if hasattr(frame, "map_partitions"):
        return frame.map_partitions(_add_places, state)
    if is_scan(frame):
        frame = frame.dask if frame.engine == "dask" else frame.relation
        return _add_places(frame, state)
    upper = nw.col(state).cast(nw.String).str.strip_chars().str.to_uppercase()
    tile = upper.replace_strict(list(codes), list(codes.values()), default=ELSEWHERE, return_dtype=nw.String)
    return nw.from_native(frame).with_columns(tile.alias(TILE)).to_native()
