"""Split the calls of one frame into a current and an earlier period."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.tables import Bools
from dtanalytics.errors import InputError, nearest

Against = Literal["previous", "same_weekdays", "last_month", "last_year"]


def split_days(days: pd.Series, against: str, length: int | None) -> tuple[Bools, Bools, str]:
    """Pick the calls of the current and of the earlier period out of one frame.

    Parameters
    ----------
    days : Series of datetime64
        Eastern day of each call.
    against : {"previous", "same_weekdays", "last_month", "last_year"}
        What the last days are compared with.
    length : int or None
        Days of the current period, for the first two.

    Returns
    -------
    (current, earlier, words)
        Two masks, and what was compared in words.
    """
    if against not in get_args(Against):
        raise InputError(f"against is {against!r}: {nearest(against, get_args(Against))}")
    day = days.to_numpy(dtype="datetime64[D]")
    known = day[~np.isnat(day)]
    if not known.size:
        nothing = np.zeros(len(day), dtype=bool)
        return nothing, nothing, "no calls"
    first, last = known.min(), known.max()
    if against in {"last_month", "last_year"}:
        if length is not None:
            raise InputError(f"days goes with 'previous' and 'same_weekdays', not with {against!r}")
        months = 1 if against == "last_month" else 12
        start = last.astype("datetime64[M]")
        earlier = (start - months).astype("datetime64[D]")
        # The earlier month may be shorter: the comparison ends with its last day.
        end = min(
            earlier + (last - start.astype("datetime64[D]")), (start - months + 1).astype("datetime64[D]") - 1
        )
        return _masks(day, start.astype("datetime64[D]"), last, earlier, end)
    covered = int((last - first) / np.timedelta64(1, "D")) + 1
    unit = 7 if against == "same_weekdays" else 1
    wanted = length if length is not None else max(covered // (2 * unit), 1) * unit
    if wanted < 1:
        raise InputError(f"days is {length!r}: the current period has at least one")
    back = -(-wanted // unit) * unit
    start = last - (wanted - 1)
    return _masks(day, start, last, start - back, last - back)


def _masks(
    day: npt.NDArray[np.datetime64],
    start: np.datetime64,
    end: np.datetime64,
    earlier_start: np.datetime64,
    earlier_end: np.datetime64,
) -> tuple[Bools, Bools, str]:
    current = (day >= start) & (day <= end)
    earlier = (day >= earlier_start) & (day <= earlier_end)
    if not earlier.any():
        raise InputError(
            f"the frame has no calls from {earlier_start} to {earlier_end}, which {start} to {end} is to be "
            "compared with: load them too, or pass the earlier frame"
        )
    return current, earlier, f"{start} to {end} against {earlier_start} to {earlier_end}"
