"""From the value of a call to a bid, within limits that the table shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import ratio, require
from dtanalytics.errors import InputError
from dtanalytics.stats.intervals import Floats, as_floats


def suggest_bids(
    values: pd.DataFrame,
    *,
    target_margin_rate: float | None = None,
    target_cost_per_qualified: float | None = None,
    current_bid: Any = None,
    calls_per_click: Any = 1.0,
    min_sample: float = 30,
    max_step: float = 0.2,
) -> pd.DataFrame:
    """Suggest what to pay for a call, or a click, of each keyword.

    Parameters
    ----------
    values : pandas.DataFrame
        Answer of `keyword_value`; not changed.
    target_margin_rate : float, optional [ratio]
        Share of a call's value that shall remain once the call is paid for.
    target_cost_per_qualified : float, optional [currency]
        What a qualified call may cost. Give exactly one of the two targets.
    current_bid : number, column name or array-like, optional [currency]
        What is bid now, in the unit that is suggested.
    calls_per_click : number, column name or array-like, default 1 [calls]
        Turns bids for calls into bids for clicks.
    min_sample : float, default 30 [calls]
        Keywords with fewer calls of their own keep their bid.
    max_step : float, default 0.2 [ratio]
        Largest change at once, up or down.

    Returns
    -------
    pandas.DataFrame
        The values, and: ``target_bid``, what the target asks for, between ``target_bid_low`` and
        ``target_bid_high``, its interval; ``suggested_bid`` after the guard rails, in whole cents [all
        currency]; ``bid_multiplier`` [ratio], over the current bid, or over the bid of an average call
        when none is given; ``guard``, which rail held: "too few calls", "largest step up", "largest step
        down", "no value known", "worth nothing", or null. Keywords with too few calls and no current bid
        have no suggestion.

    Raises
    ------
    InputError
        None or both of the targets, or a number that makes no sense.
    SchemaError
        The frame does not come from `keyword_value`.

    Examples
    --------
    >>> values = pd.DataFrame({
    ...     "call_count": [200, 3], "value_per_call_shrunken": [20.0, 8.0], "value_per_call_low": [18.0, 1.0],
    ...     "value_per_call_high": [22.0, 15.0], "qualification_rate_shrunken": [0.5, 0.2],
    ...     "qualification_rate_low": [0.45, 0.1], "qualification_rate_high": [0.55, 0.3]})
    >>> bids = suggest_bids(values, target_margin_rate=0.25, current_bid=10)
    >>> bids[["target_bid", "suggested_bid", "bid_multiplier", "guard"]]
       target_bid  suggested_bid  bid_multiplier            guard
    0        15.0           12.0             1.2  largest step up
    1         6.0           10.0             1.0    too few calls
    """
    if (target_margin_rate is None) == (target_cost_per_qualified is None):
        raise InputError("give one target: target_margin_rate or target_cost_per_qualified")
    if min_sample < 0 or not max_step > 0:
        raise InputError(
            f"min_sample {min_sample!r} must not be negative, max_step {max_step!r} must be positive"
        )
    if target_cost_per_qualified is not None:
        if not target_cost_per_qualified > 0:
            raise InputError(
                f"target_cost_per_qualified is {target_cost_per_qualified!r}: give a positive amount"
            )
        source, factor = "qualification_rate", float(target_cost_per_qualified)
    else:
        if target_margin_rate is None or not 0 <= target_margin_rate < 1:
            raise InputError(f"target_margin_rate is {target_margin_rate!r}: give a ratio from 0 to below 1")
        source, factor = "value_per_call", 1 - target_margin_rate
    require(
        values.columns,
        ["call_count", *(f"{source}_{part}" for part in ("shrunken", "low", "high"))],
        "values",
    )
    scale = factor * _numbers(values, calls_per_click, "calls_per_click")
    table = values.copy()
    for name, part in (("target_bid", "shrunken"), ("target_bid_low", "low"), ("target_bid_high", "high")):
        table[name] = np.maximum(as_floats(values[f"{source}_{part}"]) * scale, 0)
    names = [name for name in ("path", "keyword") if name in values]
    if names:  # calls by no keyword have none that could be bid for
        nameless = values[names].isna().all(axis="columns")
        table.loc[nameless, ["target_bid", "target_bid_low", "target_bid_high"]] = np.nan
    target = table["target_bid"].to_numpy()
    few = (values["call_count"] < min_sample).to_numpy(dtype=bool)
    if current_bid is None:
        suggested = np.where(few, np.nan, target)
        base = np.full(len(table), _average(target, as_floats(values["call_count"])))
        up = down = np.zeros(len(table), dtype=bool)
    else:
        base = _numbers(values, current_bid, "current_bid")
        bounded = np.clip(target, base * max(1 - max_step, 0.0), base * (1 + max_step))
        up, down = target > base * (1 + max_step), target < base * (1 - max_step)
        suggested = np.where(few | np.isnan(target), base, bounded)
    table["suggested_bid"] = np.round(suggested, 2)
    table["bid_multiplier"] = ratio(table["suggested_bid"], base)
    rails = {
        "worth nothing": target <= 0,
        "largest step down": down,
        "largest step up": up,
        "too few calls": few,
        "no value known": np.isnan(target),
    }
    guard = np.full(len(table), None, dtype=object)
    for rail, held in rails.items():  # of several limits the last one is named
        guard[held] = rail
    table["guard"] = pd.Series(guard, index=table.index, dtype="str")
    return table


def _numbers(values: pd.DataFrame, given: Any, name: str) -> Floats:
    """A number for each row, from a number, a column or as many numbers."""
    if isinstance(given, str):
        require(values.columns, [given], "values")
        given = values[given]
    numbers = np.broadcast_to(as_floats(given), (len(values),)) if np.ndim(given) == 0 else as_floats(given)
    if len(numbers) != len(values):
        raise InputError(f"{name} has {len(numbers)} numbers for {len(values)} rows")
    if (numbers <= 0).any():
        raise InputError(f"{name} must be positive in every row, and null where unknown")
    return numbers


def _average(target: Floats, calls: Floats) -> float:
    known = np.isfinite(target)
    return float(ratio((target * calls)[known].sum(), calls[known].sum()))
