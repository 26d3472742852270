"""How many independent calls a rate is worth when callers call again: design effects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.partners.traffic import Traffic
from dtanalytics.analysis.tables import group_codes
from dtanalytics.columns.numbering import repeats
from dtanalytics.rollup import rollup
from dtanalytics.rollup.pandas_calls import number_rows
from dtanalytics.stats.intervals import Floats, normal_quantile

_ALIKE = 0.25  # a share of the variance: with more clustering than this the quantile is Student's alone


def design_effect(
    group: npt.NDArray[np.int64],
    hits: Floats,
    trials: Floats,
    count: Floats,
    groups: int,
    confidence: float = 0.95,
) -> Floats:
    """Work out a rate's design effect: its calls, divided by it, tell as much as independent ones.

    Parameters
    ----------
    group : numpy.ndarray
        Number of the group of each kind of caller.
    hits, trials : numpy.ndarray [calls]
        Of one such caller: calls that count, and calls.
    count : numpy.ndarray [callers]
        How many callers of the group are alike.
    groups : int
        Number of groups.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval that it is for.

    Returns
    -------
    numpy.ndarray [ratio]
        At least 1, and exactly 1 where no caller has more than one call. Null without calls.

    Notes
    -----
    The variance of the ratio of sums over callers (jackknife form, one caller left out at a time) over
    that of as many independent calls; times the squared ratio of Student's t to the normal quantile
    (Korn and Graubard 1998), with the degrees of freedom that the fourth moment of the callers'
    influences leaves (Satterthwaite). Where no call counts, or all do, nothing tells how alike the calls of
    a caller are: they are then taken as one call.

    It is weaker where a rate of a few per cent rests on some callers who call dozens of times: nominal
    95 % intervals then cover about 90 %.

    References
    ----------
    Kish (1965), "Survey Sampling", chapter 8. Korn and Graubard (1998), "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data", Survey
    Methodology 24(2).

    Examples
    --------
    Twenty callers with four calls each, which all count or all do not:

    >>> hits, trials, callers = np.array([4.0, 0]), np.array([4.0, 4]), np.array([8.0, 12])
    >>> alike = design_effect(np.zeros(2, int), hits, trials, callers, 1)
    >>> bool(4 < alike[0] < 6)
    True
    """
    from scipy.special import stdtrit

    asked = trials > 0
    group, hits, trials, count = group[asked], np.minimum(hits, trials)[asked], trials[asked], count[asked]

    def per_group(values: Floats) -> Floats:
        return np.bincount(group, count * values, groups).astype(np.float64)

    n, k, callers = per_group(trials), per_group(hits), per_group(np.ones(trials.size))
    squares = per_group(trials**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = k / n
        moved = (hits - rate[group] * trials) / (1 - trials / n[group])
        square, fourth = per_group(moved**2), per_group(moved**4)
        effect = square / n**2 * (n - 1) ** 2 / n / (rate * (1 - rate))
        all_alike = squares / n
        effect = np.where((k == 0) | (k == n) | ~np.isfinite(effect), all_alike, np.maximum(effect, 1.0))
        free = np.clip(2 * callers / (callers * fourth / square**2 - 1), 1, np.maximum(callers - 1, 1))
        free = np.where(np.isfinite(free), free, np.maximum(callers - 1, 1))
        clustered = np.minimum((1 - 1 / effect) / _ALIKE, 1.0)
        normal = normal_quantile(confidence)
        student = stdtrit(free, 0.5 + confidence / 2)
        effect = np.minimum(effect * (1 + clustered * (student / normal - 1)) ** 2, n)
    once = squares == n
    return np.where(n > 0, np.where(once, 1.0, effect), np.nan)


def design_effects(
    traffic: Traffic, rates: Mapping[str, tuple[str, str]], counts: pd.DataFrame, confidence: float
) -> dict[str, Floats]:
    """Design effect of each rate, an element a segment.

    Parameters
    ----------
    traffic : Traffic
        With the columns that the counts are made of.
    rates : mapping
        Name -> (numerator, denominator), names of counts.
    counts : pandas.DataFrame
        Those counts by segment, in order.
    confidence : float [ratio]
        Coverage of the interval.
    """
    # Callers with one call either qualified or not; both numbers follow from the totals.
    again = np.bincount(traffic.pair)[traffic.pair] > 1 if traffic.pair.size else np.zeros(0, dtype=bool)
    wanted = list(dict.fromkeys(name for pair in rates.values() for name in pair))
    rows = traffic.calls.loc[again].assign(_pair=traffic.pair[again])
    table = rollup(rows, "_pair", wanted)
    group = traffic.pair_segment[table["_pair"].to_numpy(dtype=np.int64)]
    return {
        name: _effect(
            group,
            table[hits].to_numpy(dtype=np.float64),
            table[trials].to_numpy(dtype=np.float64),
            counts[hits].to_numpy(dtype=np.float64),
            counts[trials].to_numpy(dtype=np.float64),
            confidence,
        )
        for name, (hits, trials) in rates.items()
    }


def _effect(
    group: npt.NDArray[np.int64],
    hits: Floats,
    trials: Floats,
    all_hits: Floats,
    all_trials: Floats,
    confidence: float,
) -> Floats:
    """Design effect where the callers with several calls are listed; all others have one call each."""
    groups = len(all_trials)
    once = all_trials - np.bincount(group, trials, groups)
    counted = np.clip(all_hits - np.bincount(group, np.minimum(hits, trials), groups), 0, once)
    numbers = np.arange(groups)
    return design_effect(
        np.concatenate([group, numbers, numbers]),
        np.concatenate([hits, np.ones(groups), np.zeros(groups)]),
        np.concatenate([trials, np.ones(2 * groups)]),
        np.concatenate([np.ones(len(group)), counted, once - counted]),
        groups,
        confidence,
    )


def design_effects_of_table(
    calls: pd.DataFrame,
    table: pd.DataFrame,
    keys: list[str],
    rates: Mapping[str, tuple[str, str]],
    confidence: float,
) -> dict[str, Floats]:
    """Design effects of the rates of a rollup's rows; 1 where the calls do not say who called.

    Parameters
    ----------
    calls : pandas.DataFrame
        The calls that were rolled up.
    table : pandas.DataFrame
        The rollup, with the counts that the rates are made of; the total's row is marked by ``is_total``.
    keys : list of str
        What was grouped by, as `rollup` takes it.
    rates, confidence
        As for `design_effects`.
    """
    ones = {name: np.ones(len(table)) for name in rates}
    if "caller_id" not in calls or "caller_id" in keys:
        return ones
    rows, caller = repeats(calls["caller_id"])
    if not rows.size:
        return ones
    again = pd.DataFrame({name: calls[name].array.take(rows) for name in calls if name != "caller_id"})
    total = np.zeros(len(table), dtype=bool)
    if "is_total" in table:
        total = table["is_total"].to_numpy(dtype=bool)
    found = ones
    for part, by in ((~total, keys), (total, [])):
        if part.any():
            effects = _effects_of_rows(again, caller, table.loc[part], by, rates, confidence)
            for name, effect in effects.items():
                found[name][part] = effect
    return found


def _effects_of_rows(
    calls: pd.DataFrame,
    caller: npt.NDArray[np.int64],
    table: pd.DataFrame,
    by: list[str],
    rates: Mapping[str, tuple[str, str]],
    confidence: float,
) -> dict[str, Floats]:
    """Design effects of rows of a table, from the calls of numbered callers who call again."""
    numbers, labels = number_rows(calls, by)
    shown = table[list(labels)]  # `having` and `top` leave groups out
    both = group_codes(pd.concat([shown, labels], ignore_index=True), list(labels))[0]
    place = np.full(len(both), -1)
    place[both[: len(shown)]] = np.arange(len(shown))
    group = place[both[len(shown) :]][numbers]
    kept = group >= 0
    pair, first = pd.factorize(group[kept] * (int(caller.max()) + 1) + caller[kept])
    wanted = list(dict.fromkeys(name for pair in rates.values() for name in pair))
    counts = rollup(calls[kept].assign(_pair=pair), "_pair", wanted)
    return {
        name: _effect(
            first // (int(caller.max()) + 1),
            *(counts[column].to_numpy(dtype=np.float64) for column in (hits, trials)),
            *(table[column].to_numpy(dtype=np.float64) for column in (hits, trials)),
            confidence,
        )
        for name, (hits, trials) in rates.items()
    }
