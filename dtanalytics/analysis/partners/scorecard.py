"""Partners to keep, to cut or to wait for: each estimate with its interval and its shrunken form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from dtanalytics.analysis.clustering import Effects, design_effects
from dtanalytics.analysis.coverage import of_money, of_rates
from dtanalytics.analysis.partners.quality import SIGNALS, available_signals, detect_signals, signal_table
from dtanalytics.analysis.partners.verdict import decide
from dtanalytics.analysis.tables import Ints, as_list, native_columns, ratio
from dtanalytics.analysis.traffic import MONEY, Traffic, read_traffic, shares
from dtanalytics.columns.slices import by_slices
from dtanalytics.columns.unsaid import unsaid
from dtanalytics.errors import InputError
from dtanalytics.money import SCALE, currency, sums, units
from dtanalytics.rollup import rollup
from dtanalytics.stats.bootstrap import bootstrap_ratio
from dtanalytics.stats.intervals import Floats, as_floats, normal_quantile, wilson
from dtanalytics.stats.shrink_means import moderated_variance, shrink_means
from dtanalytics.stats.shrink_rates import shrink_rates
from dtanalytics.stats.tilted_test import tilted_test

RATES = shares(
    "connect_rate",
    "offer_qualification_rate",
    "affiliate_qualification_rate",
    "contest_rate",
    "repeat_rate",
)
"""Rate -> what it is a share of."""
NEEDED = (*MONEY, "lead_status", "contest_qualification", "repeat_affiliate_caller", "caller_id", "call_date")
_WEEK_US = 7 * 86_400_000_000


def scorecard(
    calls: Any,
    by: str | Sequence[str] = "affiliate",
    *,
    target: float | Literal["overall"] = 0.0,
    confidence: float = 0.95,
    repeats: int = 1000,
    seed: int = 0,
    flags: bool = True,
) -> pd.DataFrame:
    """Judge segments by their margin per call, with all that a judgement should weigh.

    Parameters
    ----------
    calls : frame
        LeadFlow calls; any engine that `rollup` takes.
    by : str or sequence of str, default "affiliate"
        Columns whose values are the segments; a null is a segment of its own.
    target : float or "overall", default 0 [currency]
        Margin per call that a segment has to earn. By default it has to pay its way; ``"overall"``
        is the margin per call of all calls.
    confidence : float, default 0.95 [ratio]
        Coverage of the intervals, and 1 less the share of verdicts that may be wrong.
    repeats, seed : int
        Samples of the bootstrap, and their seed: the same seed gives the same table.
    flags : bool, default True
        Look for the signals of `quality` too.

    Returns
    -------
    pandas.DataFrame
        A row a segment, the largest margin first: the `by` columns, then

        - ``call_count, connected_count, offer_qualified_count`` [calls], ``caller_count`` [callers; an
          unknown one counts as another], ``margin`` [currency], ``margin_share`` [ratio] (of the sum of
          all margins without their sign);
        - ``connect_rate``, ``offer_qualification_rate``, ``affiliate_qualification_rate``,
          ``contest_rate`` (disputes), ``repeat_rate`` [ratio], ``margin_per_call`` [currency] and
          ``trend`` (change of margin per call [currency a week]), each followed by its ``_low``,
          ``_high`` and ``_shrunken``;
        - ``effective_sample``: calls that the shrunken qualification rate of the offer is worth;
        - ``quality_flags``: names of the signals worth a look, from `quality`; empty text for none;
        - ``p_value``, ``q_value`` of margin per call against the target [ratio], ``verdict`` (keep,
          cut, wait), ``calls_needed`` (0 when decided; null when the margin is too near to the target
          for a thousand million calls).

        ``.attrs["target"]`` states the target in words and number, ``.attrs["assumptions"]`` where intervals
        hold the truth less or more often than asked. A rate without a denominator is
        null, its shrunken form is then what the other segments say.

    Raises
    ------
    InputError
        A target or a confidence that cannot be.
    SchemaError
        A column is missing.

    Notes
    -----
    Intervals of rates are Wilson's, widened where callers call again
    (`dtanalytics.analysis.clustering`); that of margin per call is a bootstrap over callers; that of the
    trend comes from the slope of margin over time with errors clustered by caller. The verdict rests
    on the segment's own margin per call, tested as it would vary if the target were true
    (`dtanalytics.stats.tilted_test`): a segment whose rare sale has not come yet is not cut for it.
    Where no caller of any segment, nor any price of an offer, is above the target, it is ``wait``. The
    p-values are adjusted for the number of segments after Benjamini and Hochberg.
    Shrunken forms are shown, and used for ``calls_needed``, not for the test: what the others earn
    decides about nobody.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> from dtanalytics.emulator.world.calls import generate
    >>> from dtanalytics.frames import to_pandas
    >>> from dtanalytics.schema import LEADFLOW
    >>> calls = to_pandas(generate(leadflow=2000, bids=10).leadflow, LEADFLOW)
    >>> card = scorecard(calls, "affiliate", target=3.0)
    >>> card.attrs["target"]
    {'metric': 'margin_per_call', 'value': 3.0, 'meaning': 'margin per call of 3.00 or more'}
    >>> set(card["verdict"]) <= {"keep", "cut", "wait"}
    True
    """
    keys = as_list(by)
    if not keys:
        raise InputError("name at least one column whose values are judged, such as by='affiliate'")
    useful = [column for needed in SIGNALS.values() for column in needed] if flags else []
    traffic = read_traffic(calls, keys, NEEDED, [*useful, "zipcode"])
    counts = _measures(traffic)
    money = bootstrap_ratio(traffic.margin_by_caller, repeats=repeats, seed=seed, confidence=confidence)

    table = traffic.keys.copy()
    shown = ["call_count", "connected_count", "offer_qualified_count"]
    table[shown] = counts[shown]
    table["caller_count"] = money["clusters"]
    table["margin"] = counts["margin"]
    table["margin_share"] = ratio(counts["margin"], counts["margin"].abs().sum())
    effects = design_effects(traffic, RATES, counts, confidence)
    alike: dict[str, tuple[Floats, Floats]] = {}
    for rate, (hits, trials) in RATES.items():
        _add_rate(table, rate, counts[hits], counts[trials], effects[rate], confidence)
        again = np.where(effects[rate].own > 1, as_floats(counts[trials]), 0.0)
        alike[rate] = np.minimum(as_floats(counts[hits]), again), again
    callers = as_floats(money["clusters"])
    shrunken = _add_mean(table, "margin_per_call", money, callers, confidence)
    _add_mean(table, "trend", _slopes(traffic, confidence), callers, confidence)
    table["quality_flags"] = _flags(traffic, 1 - confidence) if flags else ""
    table["quality_flags"] = table["quality_flags"].astype("str")

    if unsaid(calls, ["contest_qualification"], native_columns(calls)):
        table[[str(name) for name in table.columns if str(name).startswith("contest_rate")]] = np.nan
    asked = _target(target, counts)
    mean, error = as_floats(money["estimate"]), as_floats(money["standard_error"])
    call_count = as_floats(counts["call_count"])
    p_value, spread = tilted_test(traffic.margin_by_caller, asked, _price(traffic))
    # From the variance of one caller's money to that of the mean margin per call.
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = spread * (callers / call_count) ** 2
    spread = np.where(np.isfinite(spread), spread, moderated_variance(mean, error**2 * callers, callers))
    verdicts = decide(mean, shrunken, spread, callers, call_count, asked, confidence, p_value)
    table["p_value"], table["q_value"] = verdicts.p_value, verdicts.q_value
    table["verdict"] = pd.Series(verdicts.verdict, dtype="str")
    table["calls_needed"] = pd.array(verdicts.calls_needed, dtype="Float64").astype("Int64")
    table = table.sort_values("margin", ascending=False, kind="stable")
    order = table.index.to_numpy()
    table = table.reset_index(drop=True)
    flat = (money["low"] == money["high"]).to_numpy()[order]
    table.attrs["assumptions"] = [
        *of_money(table[keys], "margin_per_call", as_floats(money["degrees"])[order], flat, "92 to 99 %"),
        *of_rates(
            table[keys],
            {rate: (hits[order], asked[order]) for rate, (hits, asked) in alike.items()},
            "94 to 99 %",
        ),
    ]
    table.attrs["target"] = {
        "metric": "margin_per_call",
        "value": asked,
        "meaning": f"margin per call of {asked:.2f} or more",
    }
    return table


def _measures(traffic: Traffic) -> pd.DataFrame:
    """Counts and margin by segment, in the order of the segments."""
    wanted = list(dict.fromkeys(["call_count", *(name for pair in RATES.values() for name in pair)]))
    numbered = traffic.calls.assign(_segment=traffic.segment)
    counts = pd.DataFrame(rollup(numbered, "_segment", wanted)[wanted])
    counts["margin"] = currency(sums(traffic.segment, traffic.segments, traffic.margin_units))
    return counts


def _add_rate(
    table: pd.DataFrame, name: str, hits: pd.Series, trials: pd.Series, effect: Effects, confidence: float
) -> None:
    # A call may qualify without being connected; a share stays one all the same.
    hits = hits.clip(upper=trials)
    table[name] = ratio(hits, trials)
    table[f"{name}_low"], table[f"{name}_high"] = wilson(hits, trials, confidence, effect.own)
    # Calls that are worth one: what has no calls keeps its 0.
    worth = np.where(trials > 0, effect.shared, 1.0)
    shrunken = shrink_rates(hits / worth, trials / worth, confidence=confidence)
    table[f"{name}_shrunken"] = shrunken.mean
    if name == "offer_qualification_rate":
        table["effective_sample"] = shrunken.effective_sample


def _add_mean(
    table: pd.DataFrame, name: str, found: pd.DataFrame, callers: Floats, confidence: float
) -> Floats:
    mean, error = as_floats(found["estimate"]), as_floats(found["standard_error"])
    shrunken = shrink_means(mean, error**2 * callers, callers, confidence=confidence).mean
    table[name], table[f"{name}_low"], table[f"{name}_high"] = mean, found["low"], found["high"]
    table[f"{name}_shrunken"] = shrunken
    return shrunken


def _slopes(traffic: Traffic, confidence: float) -> pd.DataFrame:
    """Slope of margin over time [currency a week] by least squares, errors clustered by caller."""
    calls = np.maximum(traffic.per_segment(None), 1)

    def centred(values: Floats) -> Floats:
        mean = traffic.per_segment(values) / calls
        return by_slices(lambda value, segment: value - mean[segment], values, traffic.segment)

    first = traffic.instant.min(initial=0)
    week = centred(by_slices(lambda instant: (instant - first) / _WEEK_US, traffic.instant))
    money = centred(traffic.margin)
    square = traffic.per_segment(by_slices(np.square, week))
    slope = ratio(traffic.per_segment(by_slices(np.multiply, week, money)), square)

    def residual(week: Floats, money: Floats, segment: Ints) -> Floats:
        return week * (money - slope[segment] * week)

    score = np.bincount(traffic.pair, by_slices(residual, week, money, traffic.segment))
    meat = np.bincount(traffic.pair_segment, score**2, traffic.segments)
    callers = np.bincount(traffic.pair_segment, minlength=traffic.segments).astype(np.float64)
    # A line through fewer than three callers has no standard error.
    correction = ratio(callers, np.where(callers > 2, callers - 2, 0))
    error = ratio(np.sqrt(meat * correction), square)
    half = normal_quantile(confidence) * error
    return pd.DataFrame(
        {"estimate": slope, "low": slope - half, "high": slope + half, "standard_error": error}
    )


def _flags(traffic: Traffic, level: float) -> pd.Series:
    """Names of the signals worth a look, by segment."""
    found = detect_signals(available_signals(traffic.calls), traffic)
    numbers = pd.DataFrame({"segment": np.arange(traffic.segments)})
    signals = signal_table(found, numbers, level)
    named = signals[signals["flagged"]].groupby("segment")["signal"].agg(", ".join)
    return named.reindex(numbers["segment"], fill_value="")


def _price(traffic: Traffic) -> float:
    """What an offer pays on average, whether its calls qualified or not; null when no price is known."""
    prices = units(traffic.calls["offer_price"])
    prices = prices[prices > 0]
    return float(prices.mean() / SCALE) if prices.size else np.nan


def _target(target: float | str, counts: pd.DataFrame) -> float:
    if target == "overall":
        return float(ratio(counts["margin"].sum(), counts["call_count"].sum())[()])
    if isinstance(target, str) or not np.isfinite(target):
        raise InputError(f"target is {target!r}: give a margin per call, such as 2.50, or 'overall'")
    return float(target)
