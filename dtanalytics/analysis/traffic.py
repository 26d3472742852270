"""Arrays of caller, time and margin, one row a call, grouped by segment.

Shared by the scorecard, the quality signals and the comparison of periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.geography import last_digits
from dtanalytics.analysis.tables import (
    Bools,
    Floats,
    Ints,
    clock_of,
    group_codes,
    local,
    microseconds_since_epoch,
    times_of,
)
from dtanalytics.columns.numbering import dense, numbered
from dtanalytics.columns.slices import by_slices
from dtanalytics.metrics.definitions import METRICS
from dtanalytics.money import SCALE, earned
from dtanalytics.stats.callers import Callers, alone_where_null, count_alike

MONEY = ("offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price")
"""Columns that margin is worked out from."""


def shares(*rates: str) -> dict[str, tuple[str, str]]:
    """Numerator and denominator of rates, from the dictionary of metrics.

    Examples
    --------
    >>> shares("connect_rate")
    {'connect_rate': ('connected_count', 'call_count')}
    """
    return {name: (METRICS[name].needs[0], METRICS[name].needs[1]) for name in rates}


@dataclass(frozen=True)
class Traffic:
    """Calls and the segment of each.

    Attributes
    ----------
    calls : pandas.DataFrame
        Rows numbered from 0; never changed.
    segment : numpy.ndarray
        Number of each call's segment.
    keys : pandas.DataFrame
        The segments' names, a row a number.
    """

    calls: pd.DataFrame
    segment: Ints
    keys: pd.DataFrame

    @property
    def segments(self) -> int:
        """Number of segments."""
        return len(self.keys)

    @cached_property
    def revenue(self) -> Ints:
        """What advertisers pay for each call [1/10,000 currency]."""
        return earned(self.calls, "offer")

    @cached_property
    def payout(self) -> Ints:
        """What affiliates are paid for each call [1/10,000 currency]."""
        return earned(self.calls, "affiliate")

    @cached_property
    def margin_units(self) -> Ints:
        """What is left of each call [1/10,000 currency]."""
        return self.revenue - self.payout

    @cached_property
    def margin(self) -> Floats:
        """What is left of each call [currency]."""
        return by_slices(lambda units: units / SCALE, self.margin_units)

    @cached_property
    def caller(self) -> Ints:
        """Number of each call's caller; an unknown caller is always another one."""
        return alone_where_null(numbered(self.calls["caller_id"]))

    @cached_property
    def number(self) -> Ints:
        """Last ten digits of each call's telephone number, -1 where there is none."""
        return last_digits(self.calls["caller_id"])

    @cached_property
    def in_order(self) -> Ints:
        """Calls by segment, and by time within each."""
        # The stable sort of short integers is a radix sort, eight times as fast as that of long ones.
        segment = self.segment.astype(np.uint16) if self.segments < 1 << 16 else self.segment
        if (self.instant[1:] >= self.instant[:-1]).all():
            return np.argsort(segment, kind="stable")
        order = np.argsort(self.instant, kind="stable")
        return np.asarray(order[np.argsort(segment[order], kind="stable")])

    @cached_property
    def pair(self) -> Ints:
        """Number of each call's pair of segment and caller."""
        keys = self.segment * (int(self.caller.max(initial=0)) + 1)
        keys += self.caller
        return dense(keys, out=keys)

    @cached_property
    def pair_segment(self) -> Ints:
        """Segment of each pair."""
        segments = np.zeros(int(self.pair.max(initial=-1)) + 1, dtype=np.int64)
        segments[self.pair] = self.segment
        return segments

    def callers_with(self, trait: Bools) -> Floats:
        """Callers of each segment who have a trait; an element of it a pair of segment and caller."""
        if not trait.size:
            return np.zeros(self.segments)
        starts = np.searchsorted(self.pair_segment, np.arange(self.segments))  # pairs are sorted by segment
        return np.add.reduceat(trait, starts, dtype=np.int64).astype(np.float64)

    @cached_property
    def margin_by_caller(self) -> Callers:
        """Margin [currency] and calls of each segment's callers, for the bootstrap."""
        units = np.bincount(self.pair, self.margin_units).astype(np.float64, copy=False)
        calls = np.bincount(self.pair).astype(np.float64)
        return count_alike(self.pair_segment, units, calls, self.segments).in_currency(SCALE)

    @cached_property
    def instant(self) -> Ints:
        """Instant of each call [us since 1970, UTC]."""
        return microseconds_since_epoch(times_of(self.calls))

    @cached_property
    def wall_clock(self) -> Ints:
        """Eastern wall clock of each call [us since 1970]; a time without a zone is taken for Eastern."""
        return clock_of(self.calls)

    def per_segment(self, values: Any) -> Floats:
        """Add up over the calls of each segment."""
        return np.bincount(self.segment, values, self.segments).astype(np.float64, copy=False)


def read_traffic(calls: Any, by: Sequence[str], needed: Iterable[str], useful: Iterable[str] = ()) -> Traffic:
    """Bring what an analysis needs of a frame of any engine into arrays.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    by : sequence of str
        Columns whose values are the segments; a null is one of its own.
    needed, useful : iterable of str
        Columns that must be there, and those that are taken if they are.

    Raises
    ------
    SchemaError
        A needed column is missing.
    """
    calls = local(calls, [*by, *needed], useful)
    segment, keys = group_codes(calls, by)
    return Traffic(calls, segment, keys)
