"""Data classes of the generator: calls, the rows of the reports, the truth."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dtanalytics.emulator.world.keywords import Keywords
from dtanalytics.emulator.world.market import Facts, Market
from dtanalytics.emulator.world.outcomes import Outcome
from dtanalytics.emulator.world.people import Callers
from dtanalytics.emulator.world.routing import Bools, Ints


@dataclass(frozen=True)
class Amendments:
    """Later changes of single values: from `at` [s, wall clock] on, `row` has `value` in `column`."""

    row: Ints
    at: Ints
    column: list[str]
    value: list[object]


@dataclass(frozen=True)
class BaseCalls:
    """Everything about the generated calls as arrays, one position a call, in order of time.

    Codes point into the market; `offer` is -1 where nobody bought. Money is in 1/10,000.
    """

    seed: int

    market: Market
    keywords: Keywords
    callers: Callers
    when: Ints
    total: Ints
    visible: Ints
    sid: list[str]
    affiliate: Ints
    lf_set: Ints
    line: Ints
    caller: Ints
    status: Ints
    offer: Ints
    repeat: Bools
    reroute: Bools
    outcome: Outcome
    offer_price: Ints
    affiliate_price: Ints
    entered: Bools
    keyword: Ints
    web: Bools
    later: Bools

    def random_for(self, column: str) -> np.random.Generator:
        """Random numbers for one column alone: a new column changes no value of the others."""
        return np.random.default_rng([self.seed, zlib.crc32(column.encode())])


@dataclass(frozen=True)
class Truth:
    """What is true by construction.

    Attributes
    ----------
    calls : pyarrow.Table
        A row a LeadFlow call: `sid`, `affiliate`, `offer`, `offer_rate`, `affiliate_rate` (the chance
        that it qualified, given that it was connected; 0 for a caller who returned too soon),
        `final_offer_rate` (the same after disputes), `keyword_id` (of the click that made the call).
    keywords : pyarrow.Table
        A row a keyword: path, `rate` (of first-time calls), `calls`, `value` (revenue to expect of any
        connected call of this keyword, whichever offer of its set takes it, before disputes [currency]).
    affiliates, offers : pyarrow.Table
        A row a party: `connected`, `offer_rate`, `affiliate_rate`: means over its connected calls.
    facts : Facts
        What was planted.
    """

    calls: pa.Table
    keywords: pa.Table
    affiliates: pa.Table
    offers: pa.Table
    facts: Facts


@dataclass(frozen=True)
class ReportRows:
    """Rows of one report as first sent, and the changes to them afterwards.

    `table` holds the fields that are sent, times as naive wall clock; `visible` [s] is when the
    service first shows a row, `ended` [s] when the call was over.
    """

    table: pa.Table
    visible: Ints
    ended: Ints
    set_id: Ints
    amendments: Amendments
