"""Which row of LeadFlow is which row of Bid Management."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics import columns
from dtanalytics.analysis.tables import require
from dtanalytics.errors import SchemaError
from dtanalytics.schema import BIDS, LEADFLOW

Places = npt.NDArray[np.int64]

_KEY = LEADFLOW.key


@dataclass(frozen=True)
class Pairs:
    """Calls of both reports, once each, and where each has its other half.

    Attributes
    ----------
    leadflow, bids : pandas.DataFrame
        One row a call.
    of_leadflow, of_bids : numpy.ndarray
        For each row the row of the other frame, -1 for none.
    repeated : int
        Records of bids that gave way to a surer one of the same call.
    """

    leadflow: pd.DataFrame
    bids: pd.DataFrame
    of_leadflow: Places
    of_bids: Places
    repeated: int


def pair(leadflow: pd.DataFrame, bids: pd.DataFrame) -> Pairs:
    """Find for every call its other half, once a record a call is left."""
    left, right = _comparable(_sids(leadflow, "LeadFlow calls"), _sids(bids, "bids"))
    _refuse_repeats(left, "LeadFlow calls")
    repeated = 0
    if _repeats(right):
        if "rank" not in bids:
            _refuse_repeats(right, "bids")
        kept = _best_matches(bids, right)
        repeated = len(bids) - len(kept)
        bids, right = bids.iloc[kept], right.take(kept)
    of_leadflow = _found(left, right)
    of_bids = np.full(len(bids), -1)
    of_bids[of_leadflow[of_leadflow >= 0]] = np.flatnonzero(of_leadflow >= 0)
    return Pairs(leadflow, bids, of_leadflow, of_bids, repeated)


def _sids(frame: pd.DataFrame, what: str) -> pa.Array:
    require(frame.columns, [_KEY], what)
    column = columns.ids(frame[_KEY])
    known = column.dropna()
    if len(known) and known.iloc[0].endswith(".0") and known.str.fullmatch(r"\d+\.0").all():
        column = column.str.removesuffix(
            ".0"
        )  # identifiers that were read as floats and then written as text
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.large_string())


def _comparable(left: pa.Array, right: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Digits of one length are compared as numbers, which is several times faster than as text."""
    lengths = [pc.min_max(pc.binary_length(side)).as_py() for side in (left, right)]
    sizes = {length for ends in lengths for length in ends.values()} - {None}
    if (
        len(sizes) == 1
        and max(sizes) <= 18
        and all(pc.all(pc.ascii_is_decimal(side)).as_py() is not False for side in (left, right))
    ):
        return left.cast(pa.int64()), right.cast(pa.int64())
    return pc.utf8_trim_whitespace(left), pc.utf8_trim_whitespace(right)


def _found(sids: pa.Array, others: pa.Array) -> Places:
    """Place of each sid among the others, -1 for none."""
    if _numbers(sids) and _numbers(others) and len(others):
        theirs, mine = others.to_numpy(), sids.to_numpy()
        order = np.argsort(theirs, kind="stable")
        ordered = theirs[order]
        at = np.minimum(np.searchsorted(ordered, mine), len(ordered) - 1)
        return np.where(ordered[at] == mine, order[at], -1)
    found = pc.index_in(sids, value_set=others, skip_nulls=True).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def _numbers(sids: pa.Array) -> bool:
    """Sids of calls sorted by time are numbers nearly in order: sorting them is faster than hashing."""
    return pa.types.is_integer(sids.type) and not sids.null_count


def _repeats(sids: pa.Array) -> int:
    if _numbers(sids):
        ordered = np.sort(sids.to_numpy(), kind="stable")
        return int((ordered[1:] == ordered[:-1]).sum())
    return int(len(sids) - sids.null_count - pc.count_distinct(sids).as_py())


def _refuse_repeats(sids: pa.Array, what: str) -> None:
    if count := _repeats(sids):
        raise SchemaError(
            f"{count} of {len(sids)} {what} repeat a sid that another row has: joining would double money. "
            "Load them anew, or drop the repetitions"
        )


def _best_matches(bids: pd.DataFrame, sids: pa.Array) -> Places:
    """Rows to keep, in their order: the lowest rank of each sid, the earliest of equal ones."""
    calls = sids.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = pd.DataFrame({"call": calls, "rank": columns.seconds(bids["rank"])})
    if BIDS.time in bids:
        order["time"] = columns.times(bids[BIDS.time]).array
    order = order.sort_values(list(order.columns[1:]), kind="stable", na_position="last")
    kept = order.index[~order["call"].duplicated() | (order["call"] < 0)]
    return np.sort(kept.to_numpy(dtype=np.int64))
