"""Calls that two platforms recorded, as in the weeks of a switch: a statement over both owes them twice."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from dtanalytics.analysis.matching.overlap import overlap
from dtanalytics.schema import LEADFLOW, PLATFORM_TITLES
from dtanalytics.statements.calls import needed
from dtanalytics.statements.sides import MEASURE, By

_TO_MATCH = ("caller_id", "affiliate_number", "transfer_number", "platform")


def columns(by: By) -> list[str]:
    """Columns by which the calls are found, and what they earn."""
    names = [LEADFLOW.key, LEADFLOW.time, *_TO_MATCH, *needed(by)]
    return [*dict.fromkeys(names)]


def of_doubles(calls: pd.DataFrame, by: By) -> list[str]:
    """Say how many calls count in this statement for two platforms each, and how much that is at least."""
    amount = MEASURE[by]
    notes = []
    for one, other in combinations(sorted(calls["platform"].dropna().unique()), 2):
        pairs = overlap(calls[calls["platform"] == one], calls[calls["platform"] == other])
        lower = pairs[[amount, f"other_{amount}"]].min(axis=1, skipna=False).fillna(0.0)
        count, sum_of = int((lower > 0).sum()), float(lower[lower > 0].sum())
        if count:
            notes.append(
                f"{count:,} calls were recorded by {PLATFORM_TITLES[one]} and by {PLATFORM_TITLES[other]}, "
                f"so that {sum_of:,.2f} or more is owed twice: find them with dta.overlap, and give calls= "
                "without one of each pair"
            )
    return notes
