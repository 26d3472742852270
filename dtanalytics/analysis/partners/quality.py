"""Signs of poor or bought traffic: what is worth a look, never a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.partners import signals as signs
from dtanalytics.analysis.partners.bunching import bunching
from dtanalytics.analysis.partners.signals import Signal
from dtanalytics.analysis.tables import as_list, columns_of, require
from dtanalytics.analysis.traffic import MONEY, Traffic, read_traffic
from dtanalytics.errors import InputError, PersonalDataWarning, nearest, warn_caller
from dtanalytics.personal.values import pseudonymous
from dtanalytics.stats.intervals import benjamini_hochberg, checked_confidence

NATURAL = 1.5
"""A segment may show half as much again as is expected before its difference counts at all."""
SIGNALS: dict[str, tuple[str, ...]] = {
    "offer_buffer": ("talk_seconds", "offer"),
    "affiliate_buffer": ("talk_seconds", "affiliate"),
    "repeat_callers": ("caller_id", "repeat_affiliate_caller"),
    "sequential_callers": ("caller_id", "call_date"),
    "area_code_state": ("caller_id", "lf_state"),
    "zip_code_state": ("entered_zip", "caller_id", "lf_state"),
    "off_hours": ("caller_id", "call_date"),
    "bursts": ("caller_id", "call_date"),
}
"""Signal -> columns without which it is not looked for (money apart)."""
COLUMNS = (
    "signal",
    "observed",
    "expected",
    "statistic",
    "p_value",
    "q_value",
    "effect",
    "flagged",
    "note",
)
NOTHING = Signal("", np.empty(0), np.empty(0), np.empty(0), np.empty(0), "")


def quality(
    calls: Any,
    by: str | Sequence[str] | None = "affiliate",
    *,
    signals: str | Sequence[str] | None = None,
    buffers: Mapping[Any, float] | None = None,
    hours: tuple[int, int] = (0, 6),
    false_discovery_rate: float = 0.05,
) -> pd.DataFrame:
    """Look for signs that traffic is not what it seems; each is worth a look, none is a proof.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    by : str, sequence of str or None, default "affiliate"
        Columns whose values are the segments; None: all calls are one.
    signals : str or sequence of str, optional
        Signs to look for, of the table below; all those whose columns are there when left out.
    buffers : mapping, optional
        Name of an offer or affiliate -> talk time from which its calls qualify [s]. For the others it
        is read off the calls: the threshold that best parts the qualified ones from the rest.
    hours : (int, int), default (0, 6)
        The night [start, end), Eastern; may pass midnight [h].
    false_discovery_rate : float, default 0.05 [ratio]
        Share of false alarms among what is flagged that is put up with.

    Returns
    -------
    pandas.DataFrame
        A row a segment and signal, the surest first: the `by` columns, ``signal``, ``observed``,
        ``expected``, ``statistic`` (observed / expected [ratio], null where nothing is expected),
        ``p_value``, ``q_value`` [ratio], ``effect`` [currency], ``flagged``, ``note``. ``effect`` is
        what was paid to affiliates (at ``offer_buffer``, what is billed to advertisers) for the calls
        above the expected number. Where there is nothing to compare with, p- and q-value are null.

    Raises
    ------
    InputError
        An unknown signal, a level that is no ratio.
    SchemaError
        A column of `by`, or of the money, is missing.

    Warns
    -----
    PersonalDataWarning
        The calls are masked, and signals are left out that need a number or a whole ZIP code
        (``attrs["left_out"]`` of the result names them).

    Notes
    -----
    ====================== ===========================================================================
    offer_buffer,          calls that end within 10 s over the buffer, against the mean of the windows
    affiliate_buffer       on both sides (binomial test)
    repeat_callers         callers who come back within the affiliate's unique-caller time
    area_code_state        callers whose area code is of another state than ``lf_state``
    zip_code_state         the same with the ZIP code, typed or looked up
    off_hours              callers in the night
    sequential_callers     calls whose number is at most 5 from that of the segment's call before,
                           against the same numbers in random order (Poisson test)
    bursts                 callers in the fullest five minutes, against the segment's calls of that day
                           and its usual hours (Poisson scan, all windows allowed for); expected: the
                           fullest of so many windows
    ====================== ===========================================================================

    Shares of callers are compared with those of all other segments (conditional binomial test). What
    is tested is not whether a count is above the expected one, which with enough calls it always is,
    but whether it is above one and a half times it. All p-values are adjusted together after
    Benjamini and Hochberg (1995): doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    Forty calls in a minute, from one affiliate:

    >>> at = pd.date_range("2026-10-05 08:00", periods=200, freq="7min").append(
    ...     pd.date_range("2026-10-05 12:01", periods=40, freq="1s"))
    >>> calls = pd.DataFrame({
    ...     "affiliate": "North", "call_date": at, "caller_id": [f"2125{i:06d}" for i in range(0, 2400, 10)],
    ...     "offer_qualified": True, "offer_price": 20.0,
    ...     "affiliate_qualified": True, "affiliate_price": 12.5,
    ... })
    >>> found = quality(calls, signals="bursts")
    >>> found[["affiliate", "signal", "observed", "effect", "flagged"]].round(0)
      affiliate  signal  observed  effect  flagged
    0     North  bursts      40.0   388.0     True
    """
    checked_confidence(false_discovery_rate)
    checked_confidence(false_discovery_rate)
    keys = as_list(by)
    wanted = _wanted(calls, signals)
    useful = [column for name in wanted for column in SIGNALS[name]]
    traffic = read_traffic(calls, keys, MONEY, [*useful, "zipcode"])
    unseen = _hidden_by_masks(traffic.calls)
    found = detect_signals(
        [name for name in wanted if name not in unseen], traffic, buffers=buffers, hours=hours
    )
    table = signal_table(found, traffic.keys, false_discovery_rate)
    if left := [name for name in wanted if name in unseen]:
        warn_caller(
            f"masked calls do not show {', '.join(left)}, which are left out: they need telephone numbers "
            "and whole ZIP codes; look for them in the calls as they were loaded",
            PersonalDataWarning,
        )
        table.attrs["left_out"] = left
    return table


def _hidden_by_masks(calls: pd.DataFrame) -> set[str]:
    """Signals that masked calls cannot show: numbers are pseudonyms, ZIP codes cut to three digits."""
    if "caller_id" not in calls or not pseudonymous(calls["caller_id"]):
        return set()
    zips = [calls[name].dropna().astype("str") for name in ("entered_zip", "zipcode") if name in calls]
    whole = any((one.str.len() >= 5).any() for one in zips)
    return {"area_code_state", "sequential_callers"} | (set() if whole else {"zip_code_state"})


def detect_signals(
    names: Sequence[str],
    traffic: Traffic,
    *,
    buffers: Mapping[Any, float] | None = None,
    hours: tuple[int, int] = (0, 6),
) -> list[Signal]:
    """Look for the named signals in calls that have their columns."""
    look: dict[str, Callable[[Traffic, float], Signal]] = {
        "offer_buffer": partial(bunching, side="offer", declared=buffers),
        "affiliate_buffer": partial(bunching, side="affiliate", declared=buffers),
        "repeat_callers": signs.repeats,
        "sequential_callers": signs.consecutive,
        "area_code_state": signs.area_codes,
        "zip_code_state": signs.zip_codes,
        "off_hours": partial(signs.off_hours, hours=hours),
        "bursts": signs.bursts,
    }
    return [look[name](traffic, NATURAL) for name in names]


def available_signals(calls: Any) -> list[str]:
    """Signals whose columns a frame has."""
    known = set(columns_of(calls))
    return [name for name, needed in SIGNALS.items() if known.issuperset(needed)]


def _wanted(frame: Any, names: str | Sequence[str] | None) -> list[str]:
    if names is None:
        return available_signals(frame)
    known = set(columns_of(frame))
    for name in as_list(names):
        if name not in SIGNALS:
            raise InputError(f"signals: there is none called {name!r}: {nearest(name, SIGNALS)}")
        require(known, SIGNALS[name])
    return as_list(names)


def signal_table(found: Sequence[Signal], keys: pd.DataFrame, level: float) -> pd.DataFrame:
    """Put the segments' signals below each other, the surest first; `keys` names the segments."""
    parts = [keys.assign(**_columns(signal)) for signal in found]
    table = pd.concat(parts, ignore_index=True) if parts else keys.iloc[:0].assign(**_columns(NOTHING))
    table["q_value"] = benjamini_hochberg(table["p_value"])
    table["flagged"] = (table["q_value"] <= level).to_numpy(dtype=bool)
    note = table["note"].where(table["flagged"], "")
    table["note"] = note.where(note == "", "worth a look: " + note).astype("str")
    order = np.lexsort((-table["effect"], table["q_value"]))
    return table.iloc[order].reset_index(drop=True)[[*keys.columns, *COLUMNS]]


def _columns(signal: Signal) -> dict[str, Any]:
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(signal.expected > 0, signal.observed / signal.expected, np.nan)
        above = np.where(signal.observed > 0, 1 - signal.expected / signal.observed, 0.0)
    return {
        "signal": signal.name,
        "observed": signal.observed,
        "expected": signal.expected,
        "statistic": statistic,
        "p_value": signal.p_value,
        "effect": signal.money * np.clip(np.nan_to_num(above), 0.0, 1.0),
        "note": signal.note,
    }
