"""Levels of a pandas index are no columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from dtanalytics.errors import SchemaError


def check_levels(frame: Any, names: Iterable[Any], columns: Iterable[str]) -> None:
    """Raise SchemaError where a name is a level of the index and no column; it says how it becomes one."""
    if not isinstance(frame, pd.DataFrame):
        return
    known = set(columns)
    for name in names:
        if isinstance(name, str) and name in frame.index.names and name not in known:
            raise SchemaError(
                f"{name!r} is a level of the index, not a column: call .reset_index({name!r}) first"
            )
