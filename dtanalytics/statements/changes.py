"""What calls are owed that were not owed before, and what has changed of those that were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.statements.calls import among
from dtanalytics.statements.periods import Span, inside

REASONS = {
    "disputed": "it counted, and no longer does",
    "qualified later": "it did not count, and now does",
    "price changed": "it counts at another price",
    "withdrawn": "the report no longer has it",
    "appeared late": "the report had no such call when its period was settled",
    "moved to another partner": "it is another partner's",
    "unknown": "whether it counts, or its price, is no longer known",
}
"""Reason of a correction -> what happened to the call."""
LINE = ["sid", "time", "key", "partner", "offer", "price", "qualified", "kind", "reason", "before", "units"]


@dataclass(frozen=True)
class Scope:
    """The spans that decide what a call is to a statement.

    Attributes
    ----------
    window : Span
        The period of the statement.
    settled : list of Span
        Periods that earlier statements settled: a call of them that is owed now is a correction.
    compared : list of Span
        Those of them whose calls are all known now: what is missing in them is gone.
    """

    window: Span
    settled: list[Span]
    compared: list[Span]


def compare(now: pd.DataFrame, booked: pd.DataFrame, seen: set[str], scope: Scope) -> pd.DataFrame:
    """Return the lines of a statement: what each call is owed less what was owed for it before.

    Parameters
    ----------
    now : DataFrame
        Calls as `calls.read` returns them.
    booked : DataFrame
        A row a call and partner, from statements in force, as `Book.booked` returns them.
    seen : set of str
        Calls that were there, and did not count, when their period was settled.
    scope : Scope
        Periods.

    Returns
    -------
    DataFrame
        The columns of ``LINE``; ``kind`` is ``call`` or ``correction``, money in 1/10,000. The ``units`` of a
        call's lines, with those booked, add up to what it earns now.
    """
    compared = [*scope.compared, scope.window]
    before = booked.rename(columns={"reason": "reason_before"})
    before = before.assign(is_compared=inside(before["time"].to_numpy(np.int64), compared))
    old = before["sid"][before["is_compared"]]
    times = now["time"].to_numpy(np.int64)
    is_new = ~among(now["sid"], before["sid"][before["units"] != 0])
    here, settled = inside(times, [scope.window]), inside(times, scope.settled)
    again = inside(times, scope.compared) | among(now["sid"], old)
    now = now.assign(is_call=is_new & here & ~settled)[here | again]
    counted = now[now["is_call"] & now["qualified"].fillna(value=False).astype(bool)]
    owed = counted.assign(kind="call", reason=None, before=0)
    return pd.concat([owed[LINE], _corrections(now[~now["is_call"]], before, seen)], ignore_index=True)


def _corrections(now: pd.DataFrame, before: pd.DataFrame, seen: set[str]) -> pd.DataFrame:
    touched = among(before["sid"], now["sid"]) | (before["is_compared"] & before["is_own"])
    both = now.merge(
        before[touched], on=["sid", "key"], how="outer", suffixes=("", "_before"), indicator=True
    )
    both = both.reset_index(drop=True)
    gone = both["_merge"].eq("right_only")
    for name in ("partner", "offer", "price", "time"):
        both[name] = both[name].where(~gone, both[f"{name}_before"])
    both["before"] = both["units_before"].fillna(0)
    both["units"] = both["units"].fillna(0) - both["before"]
    both["reason"] = _reasons(both, now, before, seen)
    both["qualified"] = both["qualified"].astype("boolean").mask(gone, other=False)
    moved = both[both["units"] != 0].assign(kind="correction")
    return moved.sort_values(["time", "sid", "before"], ascending=[True, True, False], kind="stable")[LINE]


def _reasons(both: pd.DataFrame, now: pd.DataFrame, before: pd.DataFrame, seen: set[str]) -> Any:
    """Say of each row why its amount is another now."""
    gone = both["_merge"].eq("right_only").to_numpy(bool)
    here = among(both["sid"], now["sid"])
    elsewhere = both[gone & here & both["before"].ne(0)]["sid"]
    moved = among(both["sid"], elsewhere)
    first = ~among(both["sid"], before["sid"])
    counted = both["qualified_before"].astype("boolean").fillna(value=False).to_numpy(bool)
    counts = both["qualified"].astype("boolean")
    back = both["reason_before"].eq("withdrawn").to_numpy(bool)
    unsure = counts.isna() | (counts.fillna(value=False) & both["price"].isna())
    return np.select(
        [
            moved,
            gone & ~here,
            first & among(both["sid"], seen),
            first | (back & ~counted),
            unsure.to_numpy(bool),
            ~counts.fillna(value=False).to_numpy(bool),
            ~counted,
        ],
        [
            "moved to another partner",
            "withdrawn",
            "qualified later",
            "appeared late",
            "unknown",
            "disputed",
            "qualified later",
        ],
        default="price changed",
    )
