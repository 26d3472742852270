"""Which values are parts of a plot, of which Python has nothing to show but their type and address."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_LIBRARIES = frozenset({"matplotlib", "mpl_toolkits", "seaborn"})
_DEEP = 4


def is_plot(value: Any, depth: int = 0) -> bool:
    """Tell whether a value is a part of a plot, or holds one: as plotting functions return them.

    Parameters
    ----------
    value : object
        What a cell ended with: an Axes, a legend, a list or an array of them, counts and bars together.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> is_plot(ax), is_plot(ax.hist([1, 2, 2])), is_plot([1.0, 2.0])
    (True, True, False)
    """
    if type(value).__module__.partition(".")[0] in _LIBRARIES:
        return True
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        value = value.ravel().tolist() if value.dtype == object else []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple | set) and depth < _DEEP:
        return any(is_plot(part, depth + 1) for part in value)
    return False
