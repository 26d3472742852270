"""Days of the week as labels in their order, the same on every engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.rollup.groups import Codes
from dtanalytics.rollup.keys import WEEKDAYS

WEEKDAY_TYPE = pd.CategoricalDtype(list(WEEKDAYS), ordered=True)


def weekdays(places: npt.NDArray[Any]) -> pd.Categorical:
    """Name days of the week: 0 is Monday, -1 none.

    Examples
    --------
    >>> weekdays(np.array([6, -1, 0])).tolist()
    ['Sunday', nan, 'Monday']
    """
    return pd.Categorical.from_codes(places, dtype=WEEKDAY_TYPE)


def of_days(days: Codes) -> Codes:
    """Merge days, numbers since 1970-01-01, into days of the week, Monday first."""
    place = (days.labels.to_numpy(dtype=np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    rank = np.append(place, len(WEEKDAYS))
    return Codes(rank[days.codes], pd.Series(weekdays(np.arange(len(WEEKDAYS)))))
