"""What changed since an earlier period, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from dtanalytics.analysis.clustering import design_effects
from dtanalytics.analysis.coverage import of_money, of_rates
from dtanalytics.analysis.money.lengths import periods_of
from dtanalytics.analysis.money.periods import Against, split_days
from dtanalytics.analysis.tables import Ints, as_list, check_frame, group_codes, local, ratio
from dtanalytics.analysis.traffic import MONEY, Traffic, read_traffic, shares
from dtanalytics.errors import InputError
from dtanalytics.platforms.differences import warn_different
from dtanalytics.rollup import rollup
from dtanalytics.stats.bootstrap import checked_repeats, degrees, draw_sums, influence, interval
from dtanalytics.stats.callers import Callers
from dtanalytics.stats.intervals import Floats, as_floats, benjamini_hochberg, newcombe
from dtanalytics.stats.skewed import skewed_limits

RATES = shares("connect_rate", "offer_qualification_rate", "affiliate_qualification_rate")
"""Rate -> what it is a share of."""
COMPARED = ("call_count", "margin", "margin_per_call", *RATES)
PARTS = ("", "_before", "_change", "_change_low", "_change_high")
NEEDED = (*MONEY, "lead_status", "caller_id")


def compare(
    calls: Any,
    other: Any = None,
    by: str | Sequence[str] | None = None,
    *,
    against: Against | None = None,
    days: int | None = None,
    metrics: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    repeats: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Set two periods side by side: counts, money, rates, their changes and what chance can do.

    Parameters
    ----------
    calls : frame
        LeadFlow calls of this period, or of both; any engine that `rollup` takes.
    other : frame, optional
        Calls of the earlier period, which should be as long: a `WindowWarning` tells where loads differ by
        more than months do. Left out, both periods are taken from `calls`.
    by : str or sequence of str, optional
        Columns whose values are the segments; None gives one row.
    against : {"previous", "same_weekdays", "last_month", "last_year"}, optional
        What the last days of `calls` are compared with when there is no `other`: the days just before
        them (default), the same weekdays before, the same days of the month before, the same days of
        the same month a year before.
    days : int, optional
        Length of the current period for the first two; half of the days covered when left out, whole
        weeks for ``"same_weekdays"``. For the others the current period is the last calendar month.
    metrics : str or sequence of str, optional
        Which of the six measures named below the table holds, in this order; all of them when left out.
        ``p_value`` and ``q_value`` come with ``margin``.
    confidence : float, default 0.95 [ratio]
        Coverage of the intervals.
    repeats, seed : int
        Samples of the bootstrap, and their seed.

    Returns
    -------
    pandas.DataFrame
        A row a segment of either period, the largest change of margin first, up or down: the `by`
        columns, then for ``call_count`` [calls], ``margin``, ``margin_per_call`` [currency],
        ``connect_rate``, ``offer_qualification_rate`` and ``affiliate_qualification_rate`` [ratio] the
        value now, ``_before``, ``_change``, ``_change_low`` and ``_change_high``; at the end
        ``p_value`` and ``q_value`` of the change of margin [ratio]. A segment without calls in one
        period has 0 calls and margin there, and null rates. ``.attrs["periods"]`` says what was
        compared, ``.attrs["assumptions"]`` where intervals hold the truth more often than asked.

    Raises
    ------
    InputError
        Both `other` and `against` or `days`; an unknown `against`; no calls in the earlier period.
    SchemaError
        A column is missing.

    Notes
    -----
    Changes of rates have Newcombe's interval, widened where callers call again
    (`dtanalytics.analysis.clustering`), changes of calls and money a bootstrap over callers in
    which the number of calls is left to chance too. Both periods are taken as independent: with
    callers who call in both, the intervals of sums are a little too wide rather than too short.
    The q-values allow for the number of segments (Benjamini and Hochberg).

    Examples
    --------
    >>> def calls(qualified):
    ...     return pd.DataFrame({
    ...         "affiliate": "North", "caller_id": [str(2125550100 + i) for i in range(40)],
    ...         "lead_status": "Connected", "offer_qualified": [i < qualified for i in range(40)],
    ...         "offer_price": 20.0, "affiliate_qualified": False, "affiliate_price": 12.5})
    >>> table = compare(calls(30), calls(10), "affiliate")
    >>> table[["affiliate", "margin", "margin_before", "margin_change"]]
      affiliate  margin  margin_before  margin_change
    0     North   600.0          200.0          400.0
    >>> table.filter(like="offer_qualification_rate_change").round(2).iloc[0].tolist()
    [0.5, 0.29, 0.65]
    """
    keys = as_list(by)
    checked_repeats(repeats)
    shown = _shown(metrics)
    warn_different(calls, calls if other is None else other, keys)
    sums = not {"call_count", "margin"}.isdisjoint(shown)
    pair, compared = _periods(calls, other, keys, against, days, sums=sums)
    table, places = _aligned(pair, keys)
    now, before = (_measures(side, place, len(table)) for side, place in zip(pair, places, strict=True))
    rng = np.random.default_rng(seed)
    drawn, drawn_before = (
        _draws(side, place, len(table), repeats, rng) for side, place in zip(pair, places, strict=True)
    )
    changes = {
        "call_count": drawn.calls - drawn_before.calls,
        "margin": drawn.margin - drawn_before.margin,
        "margin_per_call": ratio(drawn.margin, drawn.calls) - ratio(drawn_before.margin, drawn_before.calls),
    }
    errors: dict[str, Floats] = {}
    freedom: dict[str, Floats] = {}
    number = drawn.number() + drawn_before.number()
    for name, values in changes.items():
        moves = (drawn.callers, drawn.moves(name)), (drawn_before.callers, -drawn_before.moves(name))
        free = freedom[name] = degrees(*moves)
        low, high, errors[name] = interval(values, number, free, confidence)
        limits = skewed_limits(now[name] - before[name], free, confidence, *moves)
        low, high = np.minimum(low, limits[0]), np.maximum(high, limits[1])
        _add(table, name, now[name], before[name], low, high)
    effects = [
        _effects(side, place, counts, confidence)
        for side, place, counts in zip(pair, places, (now, before), strict=True)
    ]
    rare: dict[str, tuple[Floats, Floats]] = {}
    for name, (hits, trials) in RATES.items():
        # A call may qualify without being connected; a share stays one all the same.
        counts = [(np.minimum(side[hits], side[trials]), side[trials]) for side in (now, before)]
        low, high = newcombe(*counts[0], *counts[1], confidence, *(side[name] for side in effects))
        _add(table, name, ratio(*counts[0]), ratio(*counts[1]), low, high)
        fewest = np.minimum(*(side[0] for side in counts))
        rare[f"{name}_change"] = fewest, fewest + np.minimum(*(side[1] - side[0] for side in counts))
    from scipy.special import ndtr

    p_value = 2 * ndtr(-np.abs(ratio(table["margin_change"], errors["margin"])))
    table["p_value"], table["q_value"] = p_value, benjamini_hochberg(p_value)
    order = np.argsort(-table["margin_change"].abs().to_numpy(), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    flat = (table["margin_per_call_change_low"] == table["margin_per_call_change_high"]).to_numpy()
    said = of_money(
        table[keys], "margin_per_call_change", freedom["margin_per_call"][order], flat, "94 to 98 %"
    )
    said += of_rates(
        table[keys],
        {name: (hits[order], trials[order]) for name, (hits, trials) in rare.items()},
        "94 to 98 %",
    )
    if metrics is not None:
        tests = ["p_value", "q_value"] if "margin" in shown else []
        table = table[[*keys, *(f"{name}{part}" for name in shown for part in PARTS), *tests]]
    table.attrs |= compared
    about_intervals = [note for note in said if any(note.startswith(f"{name}_change ") for name in shown)]
    table.attrs["assumptions"] = [*table.attrs.get("assumptions", []), *about_intervals]
    return table


def _shown(metrics: str | Sequence[str] | None) -> list[str]:
    """Return the measures that are wanted."""
    wanted = list(COMPARED) if metrics is None else as_list(metrics)
    for name in wanted:
        if name not in COMPARED:
            raise InputError(f"metrics: compare has no {name!r}; it has {', '.join(COMPARED)}")
    if not wanted or len(set(wanted)) < len(wanted):
        raise InputError(f"metrics names each of these once: {', '.join(COMPARED)}")
    return wanted


class _Draws(NamedTuple):
    margin: Floats
    calls: Floats
    callers: Callers

    def number(self) -> Floats:
        """Callers of each segment."""
        return self.callers.per_group(np.ones(self.callers.count.size))

    def moves(self, name: str) -> Floats:
        """How far one caller of each kind moves a measure."""
        if name == "margin":
            return self.callers.value
        if name == "call_count":
            return self.callers.denominator
        calls = self.callers.per_group(self.callers.denominator)
        return influence(self.callers) / calls[self.callers.group]


def _periods(
    frame: Any, other: Any, keys: list[str], against: Against | None, days: int | None, *, sums: bool
) -> tuple[tuple[Traffic, Traffic], dict[str, str]]:
    """Calls of this period and of the earlier one, and which they are in words."""
    if other is not None:
        if against is not None or days is not None:
            raise InputError(
                "against and days pick the earlier period out of one frame: leave them, or other, out"
            )
        check_frame(other, "other")
        compared = {"periods": "two frames"} | periods_of(frame, other, sums=sums)
        return (read_traffic(frame, keys, NEEDED), read_traffic(other, keys, NEEDED)), compared
    calls = local(frame, [*keys, *NEEDED, "call_day"])
    current, earlier, words = split_days(calls["call_day"], against or "previous", days)
    return (read_traffic(calls[current], keys, NEEDED), read_traffic(calls[earlier], keys, NEEDED)), {
        "periods": words
    }


def _aligned(pair: tuple[Traffic, Traffic], keys: list[str]) -> tuple[pd.DataFrame, tuple[Ints, Ints]]:
    """The segments of both periods, sorted, and the row of each period's segments among them."""
    if not keys:
        places = [np.zeros(side.segments, dtype=np.int64) for side in pair]
        return pd.DataFrame(index=range(1)), (places[0], places[1])
    stacked = pd.DataFrame({key: _stacked(*(side.keys[key] for side in pair)) for key in keys})
    codes, table = group_codes(stacked, keys)
    return table, (codes[: pair[0].segments], codes[pair[0].segments :])


def _stacked(first: pd.Series, second: pd.Series) -> Any:
    if isinstance(first.dtype, pd.CategoricalDtype) and isinstance(second.dtype, pd.CategoricalDtype):
        same = first.dtype.categories.dtype == second.dtype.categories.dtype
        if same and not (first.dtype.ordered or second.dtype.ordered):
            return union_categoricals([first, second], sort_categories=True)
    return pd.concat([first, second], ignore_index=True)


def _measures(side: Traffic, place: Ints, rows: int) -> dict[str, Floats]:
    """Counts and margin of one period, a value for each row of the table."""
    counts = list(
        dict.fromkeys(["call_count", "margin", *(name for pair in RATES.values() for name in pair)])
    )
    found = rollup(side.calls.assign(_segment=side.segment), "_segment", counts)
    values = {name: np.zeros(rows) for name in counts}
    for name in counts:
        values[name][place] = as_floats(found[name])
    return values | {"margin_per_call": ratio(values["margin"], values["call_count"])}


def _effects(side: Traffic, place: Ints, counts: dict[str, Floats], confidence: float) -> dict[str, Floats]:
    """Design effects of the rates of one period, a value for each row of the table."""
    own = pd.DataFrame({name: values[place] for name, values in counts.items()})
    found = {name: np.ones(len(counts["call_count"])) for name in RATES}
    for name, effect in design_effects(side, RATES, own, confidence).items():
        found[name][place] = effect.own
    return found


def _draws(side: Traffic, place: Ints, rows: int, repeats: int, rng: np.random.Generator) -> _Draws:
    """Bootstrap sums of one period, a row for each row of the table."""
    found = side.margin_by_caller
    callers = replace(found, group=place[found.group], groups=rows)
    return _Draws(*draw_sums(callers, repeats, rng), callers)


def _add(table: pd.DataFrame, name: str, now: Floats, before: Floats, low: Floats, high: Floats) -> None:
    whole = name == "call_count"
    for column, values in {name: now, f"{name}_before": before, f"{name}_change": now - before}.items():
        table[column] = values.astype(np.int64) if whole else values.round(4) if name == "margin" else values
    table[f"{name}_change_low"], table[f"{name}_change_high"] = low, high
