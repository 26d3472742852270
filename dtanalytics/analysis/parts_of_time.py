"""Columns that are worked out from the time of a call: its day and hour, and the periods that it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import pandas as pd

from dtanalytics import columns as read
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.rollup.codes import key_codes
from dtanalytics.rollup.frame_columns import Columns
from dtanalytics.rollup.keys import Key, resolve


def keys_of(wanted: Iterable[str], known: Sequence[str], native: Sequence[str]) -> dict[str, Key]:
    """Return how to make the names that are no columns but periods or parts of the time of a call."""
    keys = {}
    for name in wanted:
        if name not in known and isinstance(name, str):
            with suppress(InputError, SchemaError):  # what is neither is told with the columns that lack
                keys[name] = resolve(name, native)[0]
    return keys


def cut(calls: pd.DataFrame, key: Key) -> Any:
    """Periods or parts of the time of each call, as `rollup` labels them."""
    codes = key_codes(Columns(calls), key)
    return pd.Series(codes.take(codes.codes), calls.index)


def derived(times: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Eastern day or hour of the time of a call, as a load has them."""
    clock = read.wall_clock(times)
    return pd.Series(clock.dt.normalize() if name == "call_day" else clock.dt.hour.astype("Int8"))
