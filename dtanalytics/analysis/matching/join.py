"""LeadFlow and Bid Management calls side by side, one row a call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.match import summary
from dtanalytics.analysis.matching.pairing import Pairs, Places, pair
from dtanalytics.analysis.tables import local, native_columns, require
from dtanalytics.calling.public import public
from dtanalytics.columns import ids
from dtanalytics.columns.kinds import is_odd, plain
from dtanalytics.duplicates import mark
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.schema import LEADFLOW

How = Literal["left", "inner", "right", "outer"]

_KEY = LEADFLOW.key


@public
def join_calls(
    leadflow: Any, bids: Any, how: How = "left", *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Put the calls of both reports side by side, matched by ``sid``.

    Parameters
    ----------
    leadflow, bids : pandas.DataFrame
        Calls of each report; neither is changed. A null ``sid`` matches nothing. Frames of other
        engines are brought into pandas.
    how : {"left", "inner", "right", "outer"}
        Whose calls to keep: LeadFlow's, those of both, Bid Management's, those of either.
    columns : sequence of str, optional
        Columns of bids to bring along, by their own names; all when left out. Fewer are faster.

    Returns
    -------
    pandas.DataFrame
        One row a call: LeadFlow's columns as they are, then the other's, with ``bid_`` before a name
        that both have. Rows in LeadFlow's order (in the other's for "right"), numbered from 0. Nulls
        where a side has no such call, in nullable types: ``date_added`` is null exactly where Bid
        Management has none. ``.attrs["dtanalytics"]["match"]`` holds the match rates of both sides
        [ratio]; `match_report` says more.

    Raises
    ------
    SchemaError
        ``sid`` is missing or no identifier, or stands twice: in LeadFlow always, in bids when there is no
        ``rank`` to choose by. (With it the surest record of a call is taken, and the match says of how
        many calls.)

    Examples
    --------
    >>> leadflow = pd.DataFrame({"sid": ["1", "2"], "city": ["Reno", "Troy"]})
    >>> bids = pd.DataFrame({"sid": ["2", "3"], "city": ["Troy", "Ames"], "rank": [1, 2]})
    >>> joined = join_calls(leadflow, bids)
    >>> joined
      sid  city bid_city  rank
    0   1  Reno      NaN  <NA>
    1   2  Troy     Troy     1
    >>> joined.attrs["dtanalytics"]["match"]["leadflow_match_rate"]
    0.5
    """
    if how not in get_args(How):
        raise InputError(f"how is {how!r}: {nearest(how, get_args(How))}")
    pairs = pair(_in_pandas(leadflow), _in_pandas(bids))
    left, right = _rows(pairs, how)
    own = pairs.leadflow.reset_index(drop=True) if how == "left" else _take(pairs.leadflow, left)
    wanted = [name for name in (pairs.bids.columns if columns is None else columns) if name != _KEY]
    require(pairs.bids.columns, wanted, "bids")
    others = _take(pairs.bids[wanted], right)
    others.columns = pd.Index([_renamed(name, own) for name in others.columns], dtype=object)
    joined = pd.concat([own, others], axis="columns")
    if how in {"right", "outer"}:
        theirs = ids(_take(pairs.bids[[_KEY]], right)[_KEY])
        joined[_KEY] = ids(joined[_KEY]).mask(left < 0, theirs)
    joined.attrs["dtanalytics"] = {**pairs.leadflow.attrs.get("dtanalytics", {}), "match": summary(pairs)}
    return mark(joined)


def _in_pandas(calls: Any) -> pd.DataFrame:
    """Calls of another engine as a load has them; a pandas frame as it is, if rows can be taken from it."""
    if not isinstance(calls, pd.DataFrame):
        return local(calls, native_columns(calls))
    twice = calls.columns[calls.columns.duplicated()]
    if len(twice):
        raise SchemaError(f"two columns are called {twice[0]!r}: drop or rename all but one of them")
    odd = [name for name, dtype in calls.dtypes.items() if is_odd(dtype)]
    return calls.assign(**{str(name): plain(calls[name]) for name in odd}) if odd else calls


def _rows(pairs: Pairs, how: How) -> tuple[Places, Places]:
    """Rows of both sides that make up the joined rows; -1 where a side has none."""
    if how == "right":
        return pairs.of_bids, np.arange(len(pairs.bids))
    left, right = np.arange(len(pairs.leadflow)), pairs.of_leadflow
    if how == "inner":
        return left[right >= 0], right[right >= 0]
    if how == "outer":
        alone = np.flatnonzero(pairs.of_bids < 0)
        return np.append(left, np.full(len(alone), -1)), np.append(right, alone)
    return left, right


def _take(frame: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Rows at these places, null at -1, in types that do not depend on whether one is null."""

    def take(name: str) -> Any:
        return _nullable(frame[name]).take(places, allow_fill=True)

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # text, the most of it, is free of the GIL
        columns = dict(zip(frame.columns, pool.map(take, frame.columns), strict=True))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(places)), copy=False)


def _nullable(column: pd.Series[Any]) -> Any:
    """Values of a column, in a type that has room for null."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "biu":
        return column.array
    name = column.dtype.name  # uint8 -> UInt8
    dtype = pd.api.types.pandas_dtype(
        "boolean" if name == "bool" else name.replace("u", "U").replace("i", "I")
    )
    return column.array.astype(dtype)


def _renamed(name: str, own: pd.DataFrame) -> str:
    if name not in own:
        return name
    if f"bid_{name}" in own:
        raise SchemaError(
            f"the LeadFlow calls have a column bid_{name}, the name for the bids' {name}: rename it"
        )
    return f"bid_{name}"
