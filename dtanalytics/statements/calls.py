"""The calls of which a statement speaks, one row each, as they are known now."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics import columns
from dtanalytics.analysis.reading import columns_of, local
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.money import earned
from dtanalytics.schema import LEADFLOW
from dtanalytics.statements.sides import SIDES, By, keys

KEY, TIME = LEADFLOW.key, LEADFLOW.time


def needed(by: By) -> list[str]:
    """Columns of LeadFlow that a statement is made of."""
    side = SIDES[by]
    return [KEY, TIME, by, "offer", f"{side}_price", f"{side}_qualified"]


def read(frame: Any, by: By) -> pd.DataFrame:
    """Read calls of any engine and dtype.

    Returns
    -------
    DataFrame
        A row a call: ``sid``; ``time`` [us since 1970]; ``key``, ``partner``, ``offer`` (text, null for
        none); ``price`` [1/10,000], null when unknown; ``qualified`` (boolean, null when unknown);
        ``units``, what it earned on that side [1/10,000].

    Raises
    ------
    SchemaError
        A column is missing or unreadable, or a call that counts has no ``sid`` or no time.
    InputError
        A call stands there twice and says two things.
    """
    side = SIDES[by]
    wanted = needed(by)
    if "offer" not in columns_of(frame):  # calls are then told apart by their price alone
        wanted.remove("offer")
    calls = local(frame, wanted, warn=False)
    price, flag = columns.money(calls[f"{side}_price"]), columns.flags(calls[f"{side}_qualified"])
    times = columns.times(calls[TIME])
    partner = calls[by].astype("str").where(calls[by].notna())
    offer = calls["offer"] if "offer" in calls else pd.Series(pd.NA, index=calls.index, dtype="str")
    read_in = pd.DataFrame(
        {
            "sid": calls[KEY].str.strip(),
            "time": _microseconds(times),
            "key": keys(partner),
            "partner": partner,
            "offer": offer.astype("str").where(offer.notna()),
            "price": pd.Series(price.filled, dtype="Int64").where(price.known),
            "qualified": pd.Series(flag.filled, dtype="boolean").where(flag.known),
            "units": pd.Series(earned(calls, side), dtype="Int64"),
        }
    )
    unplaced = (read_in["sid"].isna() | times.isna().to_numpy()) & flag.filled
    if unplaced.any():
        raise SchemaError(
            f"{int(unplaced.sum()):,} calls that count have no {KEY} or no {TIME}: without them a call can "
            "neither be owed to a period nor be told from the next; repair them, or leave them out"
        )
    read_in = read_in[read_in["sid"].notna() & times.notna().to_numpy()]
    return _once(read_in).reset_index(drop=True)


def among(sids: pd.Series[Any], wanted: pd.Series[Any] | set[str]) -> npt.NDArray[np.bool_]:
    """Tell which identifiers are among others; pandas' own way with text takes a loop in Python.

    Examples
    --------
    >>> among(pd.Series(["1", "2"]), {"2", "3"}).tolist()
    [False, True]
    """
    others = list(wanted) if isinstance(wanted, set) else wanted
    have, known = (pa.array(one, pa.large_string(), from_pandas=True) for one in (sids, others))
    found: npt.NDArray[np.bool_] = pc.is_in(have, value_set=known).to_numpy(zero_copy_only=False)
    return found


def _microseconds(times: pd.Series[Any]) -> Any:
    clock = times.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
    return pd.array(np.where(clock.isna(), 0, clock.to_numpy().view(np.int64)), dtype="Int64")


def _once(calls: pd.DataFrame) -> pd.DataFrame:
    """Keep one of equal rows of a call; rows that say two things of one call are refused."""
    again = calls["sid"].duplicated(keep=False)
    if not again.any():
        return calls
    said = calls[again].drop_duplicates(["sid", "time", "key", "price", "qualified", "units"])
    twice = said["sid"][said["sid"].duplicated()]
    if len(twice):
        raise InputError(
            f"{twice.nunique():,} calls stand there more than once and say different things, first sid "
            f"{twice.iloc[0]}: keep the newest row of each, with dta.concat([...]) or .drop_duplicates('sid')"
        )
    return calls.drop_duplicates("sid")
