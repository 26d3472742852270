"""What the same calls would have brought under other terms, and which of them would change sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Floats, Ints, as_list, group_codes
from dtanalytics.analysis.terms.replay import Replay, replay
from dtanalytics.analysis.terms.sides import clusters
from dtanalytics.analysis.terms.terms import Terms
from dtanalytics.money import SCALE, currency, sums
from dtanalytics.stats.bootstrap import checked_repeats, degrees, draw_sums, interval
from dtanalytics.stats.callers import Callers, gather_callers
from dtanalytics.stats.intervals import checked_confidence
from dtanalytics.texts.numerals import Told

_SAME = (
    "Callers, affiliates and advertisers behave as before: the same calls come, talk as long and go to the "
    "same offers."
)
_FLIPPED = ("sid", "call_date", "affiliate", "offer", "talk_seconds")


def what_if(
    calls: Any,
    offers: Terms | None = None,
    affiliates: Terms | None = None,
    by: str | Sequence[str] | None = "affiliate",
    *,
    total: bool = False,
    offer_buffers: Mapping[str, float] | None = None,
    affiliate_buffers: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    repeats: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Work out what the same calls would have brought under other terms.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    offers : mapping, optional
        Name of an offer -> its proposed terms: ``price`` [currency per qualified call], ``buffer``
        [s of talk from which calls qualify], ``cap`` [connected calls a day], ``repeat_days`` [days within
        which a caller who returns to the offer does not qualify], and of its calls ``payout`` [currency per
        qualified call] or ``revenue_share`` [ratio].
    affiliates : mapping, optional
        Name of an affiliate -> its proposed terms: ``payout``, ``revenue_share``, ``buffer``, ``cap`` [calls
        a day that are neither hung up nor turned away by a cap already], ``repeat_days``. They go before what
        the offer says.
    by : str, sequence of str or None, default "affiliate"
        Columns whose values are the segments; None gives one row.
    total : bool, default False
        Add a last row for all calls, marked in ``is_total``.
    offer_buffers, affiliate_buffers : mapping, optional
        Present buffers that are known, name -> seconds; others are learnt from the calls.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.
    repeats, seed : int
        Samples of the bootstrap, and their seed.

    Returns
    -------
    pandas.DataFrame
        A row a segment, sorted: the `by` columns, ``call_count`` and ``flipped_count`` [calls; those that one
        of the sides decides otherwise], then for ``revenue``, ``payout`` and ``margin`` [currency]
        ``_before``, ``_after`` and ``_change``, and ``margin_change_low`` and ``margin_change_high``, null
        with fewer than two callers. ``.attrs["assumptions"]`` says what the figures rest on,
        ``.attrs["rules"]`` lists the rules that were learnt, with the share of the flags that each gives.

    Raises
    ------
    InputError
        Nothing is proposed, a term or name is unknown, or calls would qualify whose price nobody knows.
    SchemaError
        A column is missing.

    Notes
    -----
    A flag is decided anew only where talk time and repeats decide it: the call was connected, its talk time
    and its flag are known, and the present rule gives the flag that it has. The rule is the buffer of
    `dtanalytics.analysis.supply.talk.buffers`, found among calls that are no repeats, and whether repeats
    count; an affiliate has one for each ``set_name``. All other flags stay as they are, among them those of
    calls that were paid for as an exception and those that a dispute took away. A call that qualifies for the
    first time gets the proposed price, else the one that last applied to its offer (or to its affiliate and
    set). A call whose price a dispute reduced keeps the reduction. A revenue share is paid of what the
    advertiser pays for the call, rounded to 0.0001, where the affiliate's side qualifies.

    A cap can only be lowered: calls that were turned away have no talk time. The interval is that of
    a bootstrap that draws callers from the whole frame: it says what chance does to which callers call, not
    how sure the rules are. A segment none of whose calls is touched has no change, whatever the sample.

    Examples
    --------
    >>> calls = pd.DataFrame({
    ...     "affiliate": "North", "offer": "Auto Prime", "lead_status": "Connected",
    ...     "caller_id": ["2125550101", "2125550102", "2125550103"], "talk_seconds": [30, 70, 300],
    ...     "offer_qualified": [False, True, True], "offer_price": [None, 20.0, 20.0],
    ...     "affiliate_qualified": [False, False, True], "affiliate_price": [None, None, 12.5]})
    >>> table = what_if(calls, offers={"Auto Prime": {"price": 30.0, "buffer": 90}})
    >>> table[["affiliate", "flipped_count", "revenue_before", "revenue_after", "margin_change"]]
      affiliate  flipped_count  revenue_before  revenue_after  margin_change
    0     North              1            40.0           30.0          -10.0
    """
    keys = as_list(by)
    checked_confidence(confidence)
    checked_repeats(repeats)
    found = replay(
        calls,
        offers,
        affiliates,
        keys,
        ["caller_id"],
        offer_buffers=offer_buffers,
        affiliate_buffers=affiliate_buffers,
    )
    codes, table = group_codes(found.calls, keys)
    change = _margin(found.earned_after) - _margin(found.earned_before)
    drawn = _Drawn(change, clusters(found.calls), confidence, repeats, seed)
    table = _filled(table, found, codes, drawn)
    if total:
        last = pd.DataFrame(
            {name: pd.Series([None], dtype=table[name].dtype) for name in keys}, index=range(1)
        )
        everything = np.zeros(len(codes), dtype=np.int64)
        last = _filled(last, found, everything, drawn)
        table = pd.concat([table.assign(is_total=False), last.assign(is_total=True)], ignore_index=True)
    table.attrs["assumptions"] = [_SAME, *_rules_in_words(found.rules), *found.notes]
    table.attrs["rules"] = found.rules
    return table


def flipped_calls(
    calls: Any,
    offers: Terms | None = None,
    affiliates: Terms | None = None,
    *,
    offer_buffers: Mapping[str, float] | None = None,
    affiliate_buffers: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """List the calls that one of the sides would decide otherwise under other terms.

    Parameters
    ----------
    calls, offers, affiliates, offer_buffers, affiliate_buffers
        As for `what_if`.

    Returns
    -------
    pandas.DataFrame
        A row a call, in the order of the frame: those of ``sid``, ``call_date``, ``affiliate``, ``offer`` and
        ``talk_seconds`` [s] that are there, ``offer_qualified_before``, ``offer_qualified_after``,
        ``affiliate_qualified_before``, ``affiliate_qualified_after``, ``revenue_before``, ``revenue_after``,
        ``payout_before``, ``payout_after`` and ``margin_change`` [currency].

    Raises
    ------
    InputError, SchemaError
        As for `what_if`.

    Examples
    --------
    >>> calls = pd.DataFrame({
    ...     "sid": ["1", "2"], "affiliate": "North", "offer": "Auto Prime", "lead_status": "Connected",
    ...     "talk_seconds": [70, 300], "offer_qualified": True, "offer_price": 20.0,
    ...     "affiliate_qualified": True, "affiliate_price": 12.5})
    >>> flipped = flipped_calls(calls, offers={"Auto Prime": {"buffer": 90}})
    >>> flipped[["sid", "talk_seconds", "offer_qualified_after", "margin_change"]]
      sid  talk_seconds  offer_qualified_after  margin_change
    0   1            70                  False          -20.0
    """
    found = replay(
        calls, offers, affiliates, offer_buffers=offer_buffers, affiliate_buffers=affiliate_buffers
    )
    rows = found.flipped
    table = found.calls.loc[rows, [name for name in _FLIPPED if name in found.calls]].reset_index(drop=True)
    for side in ("offer", "affiliate"):
        table[f"{side}_qualified_before"] = found.before[side][rows]
        table[f"{side}_qualified_after"] = found.after[side][rows]
    for name, side in (("revenue", "offer"), ("payout", "affiliate")):
        table[f"{name}_before"] = currency(found.earned_before[side][rows])
        table[f"{name}_after"] = currency(found.earned_after[side][rows])
    table["margin_change"] = currency((_margin(found.earned_after) - _margin(found.earned_before))[rows])
    return table


def _margin(earned: Mapping[str, Ints]) -> Ints:
    return earned["offer"] - earned["affiliate"]


class _Drawn:
    """Bootstrap of the change of margin over callers."""

    def __init__(self, change: Ints, caller: Any, confidence: float, repeats: int, seed: int) -> None:
        self._change, self._caller = change, caller
        self._confidence, self._repeats, self._seed = confidence, repeats, seed

    def bounds(self, codes: Ints, groups: int) -> tuple[Floats, Floats]:
        """Low and high by group: as many callers are drawn in all as there are, wherever they call."""
        summed = gather_callers(self._change, None, self._caller, codes, groups).in_currency(SCALE)
        callers = Callers(summed.group, summed.value, np.ones(summed.group.size), summed.count, groups)
        values, copies = draw_sums(callers, self._repeats, np.random.default_rng(self._seed))
        number = callers.per_group(np.ones(callers.count.size))
        drawn = copies.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = values * np.where(drawn > 0, number.sum() / drawn, np.nan)
            mean = callers.per_group(callers.value) / number.sum()
        free = degrees((callers, callers.value - mean[callers.group]))
        low, high, _ = interval(values, number, free, self._confidence)
        return low, high


def _filled(table: pd.DataFrame, found: Replay, codes: Ints, drawn: _Drawn) -> pd.DataFrame:
    """Add counts, money and the interval to the names of the segments."""
    groups = len(table)
    table["call_count"] = np.bincount(codes, minlength=groups)
    table["flipped_count"] = np.bincount(codes[found.flipped], minlength=groups)
    before, after = (
        {side: sums(codes, groups, units) for side, units in one.items()}
        for one in (found.earned_before, found.earned_after)
    )
    for one in (before, after):
        one["margin"] = _margin(one)
    for name, key in (("revenue", "offer"), ("payout", "affiliate"), ("margin", "margin")):
        then, now = before[key], after[key]
        for when, units in (("before", then), ("after", now), ("change", now - then)):
            table[f"{name}_{when}"] = currency(units)
    table["margin_change_low"], table["margin_change_high"] = drawn.bounds(codes, groups)
    return table


def _rules_in_words(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence a party: its buffer, what it does with repeats, and how well that explains its flags."""
    said = []
    for side, name in dict.fromkeys((rule["side"], rule[rule["side"]]) for rule in rules):
        own = [rule for rule in rules if rule["side"] == side and rule[side] == name]
        buffers = sorted({rule["buffer"] for rule in own if rule["buffer"] is not None})
        decided = sum(rule["decided_count"] for rule in own)
        if not buffers:
            said.append(
                f"{name}: no call qualified, so its rule is not known and its flags stay as they are."
            )
            continue
        right = sum(rule["decided_count"] * (rule["explained_share"] or 0.0) for rule in own)
        spans = "{least:g} s" if len(buffers) == 1 else "{least:g} to {most:g} s, by set"
        span = Told(spans, least=buffers[0], most=buffers[-1])
        given = any(rule["is_given"] for rule in own)
        refused = all(rule["refuses_repeats"] for rule in own)
        repeats = "repeats do not" if refused else "repeats too"
        said.append(
            Told(
                "{party}: qualifies from {span} of talk, {repeats}; that gives {share:.1%} of {decided:,} "
                "flags, and the others stay as they are.",
                party=f"{name} ({side})",
                span=span,
                repeats=f"{repeats} ({'given' if given else 'learnt'})",
                share=right / max(decided, 1),
                decided=decided,
            )
        )
    return said
