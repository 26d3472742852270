"""Moments, and the clocks that each platform's file is written in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.errors import InputError
from dtanalytics.schema import TIMEZONE

PLAIN = "%Y-%m-%d %H:%M:%S"


def moment(when: Any, argument: str) -> pd.Timestamp:
    """Read a moment that the user gave; a clock without a zone is Eastern."""
    if isinstance(when, (bool, int, float, np.number)):
        raise InputError(f"{argument} must be a moment such as '2026-10-05 14:00', not the number {when!r}")
    try:
        stamp = pd.Timestamp(when)
    except (TypeError, ValueError) as error:
        raise InputError(f"{argument} must be a moment such as '2026-10-05 14:00', not {when!r}") from error
    if pd.isna(stamp):
        raise InputError(f"{argument} must be a moment such as '2026-10-05 14:00', not {when!r}")
    if stamp.tzinfo is None:
        stamp = stamp.tz_localize(TIMEZONE, ambiguous=True, nonexistent=pd.Timedelta(hours=1))
    return stamp.tz_convert("UTC").as_unit("us")


def instants(times: pd.Series) -> pd.Series:
    """Times of a column as UTC; a clock without a zone is read as the loader reads it."""
    moments: pd.Series = columns.times(times).dt.tz_convert("UTC").dt.as_unit("us")
    return moments


def second_occurrence(times: pd.Series) -> pd.Series:
    """Tell which moments lie in the hour that Eastern clocks show for the second time."""
    eastern = times.dt.tz_convert(TIMEZONE)
    first = np.ones(len(times), dtype=bool)
    shown = eastern.dt.tz_localize(None)
    second: pd.Series = shown.dt.tz_localize(TIMEZONE, ambiguous=first) != eastern
    return second


def eastern(times: pd.Series) -> pd.Series:
    """Write Eastern wall clocks as ``yyyy-MM-dd HH:mm:ss``.

    A plain clock is read as its first occurrence on the night the clocks go back. In the hour
    that comes twice, the second occurrence carries its offset (``…-0500``), which Google Ads
    prefers to the zone of the Parameters row, so that no conversion is moved by an hour.
    """
    local = times.dt.tz_convert(TIMEZONE)
    plain: pd.Series = local.dt.strftime(PLAIN)
    return plain.where(~second_occurrence(times), plain + local.dt.strftime("%z"))


def utc(times: pd.Series) -> pd.Series:
    """Write UTC as ``yyyy-MM-dd HH:mm:ss``."""
    text: pd.Series = times.dt.strftime(PLAIN)
    return text


def utc_american(times: pd.Series) -> pd.Series:
    """Write UTC as Microsoft's bulk files do: ``4/1/2020 6:50:54 PM``."""
    return times.map(
        lambda t: f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t:%M:%S} {'AM' if t.hour < 12 else 'PM'}"
    ).astype("str")


def utc_iso(times: pd.Series) -> pd.Series:
    """Write UTC as ``yyyy-MM-ddTHH:mm:ssZ``."""
    text: pd.Series = times.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text
