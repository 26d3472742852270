"""Our value and the ledger's, of calls that both have: which differ, and by how much money."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.tables import Bools, Ints
from dtanalytics.ledgers.cells import is_text, prepared, texts
from dtanalytics.ledgers.ids import read_ids
from dtanalytics.ledgers.kinds import kind_of
from dtanalytics.money import units
from dtanalytics.texts.phones import spelled

KEY, CALLER, TIME = "sid", "caller_id", "call_date"


def wall(times: pd.Series) -> pd.Series:
    """Eastern wall clock of times of any dtype, without a zone: a clock that occurs twice is one."""
    return pd.Series(columns.times(times).dt.tz_localize(None))


def difference(
    ours: pd.Series, theirs: pd.Series, field: str, tolerance: pd.Timedelta
) -> tuple[Bools, Any, Any, Ints]:
    """Compare one field of matched pairs.

    Parameters
    ----------
    ours, theirs : pandas.Series
        Values of the same pairs, in the same order; theirs as the ledger was read.
    field : str
        Our name of it, which says how it is compared.
    tolerance : Timedelta
        Times that are no further apart are equal.

    Returns
    -------
    (differs, ours, theirs, amount)
        Which pairs differ; both values of these as text ("null" where missing); and of all pairs
        theirs less ours in 1/10,000 currency (0 where the field is not money). Two missing values
        are equal.
    """
    kind = kind_of(field)
    amount = np.zeros(len(ours), dtype=np.int64)
    if kind == "money":
        amount = units(theirs) - units(ours)
        differs = amount != 0
    else:
        ours, theirs = _comparable(ours, kind), _comparable(theirs, kind)
        both = np.asarray(ours.notna()) & np.asarray(theirs.notna())
        one = np.asarray(ours.notna()) ^ np.asarray(theirs.notna())
        if kind == "time":
            apart = ours.reset_index(drop=True) - theirs.reset_index(drop=True)
            unequal = np.asarray(apart.abs() > tolerance)
        else:
            unequal = ours.to_numpy(dtype=object) != theirs.to_numpy(dtype=object)
        differs = (unequal & both) | one
    return differs, _texts(ours[differs]), _texts(theirs[differs]), amount


def _comparable(values: pd.Series, kind: str) -> pd.Series:
    if kind == "time":
        return wall(values)
    if kind == "id":
        return read_ids(values)
    if kind == "phone":
        return spelled(values).fillna(texts(values))
    if kind == "flag":
        flags = columns.flags(values)
        return pd.Series(pd.arrays.BooleanArray(flags.filled.astype(bool), ~flags.known), values.index)
    values = prepared(values)
    if kind == "number" and not is_text(values):
        return values.astype("float64")
    return texts(values)


def _texts(values: pd.Series) -> Any:
    return values.astype(object).map(lambda value: "null" if pd.isna(value) else str(value)).to_numpy()
