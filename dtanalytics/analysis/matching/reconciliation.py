"""What came of comparing calls with a ledger: pairs, what one side has alone, what differs, totals."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.differences import KEY, TIME, difference
from dtanalytics.analysis.tables import Bools, Ints
from dtanalytics.money import currency

CONTEXT = (KEY, TIME, "affiliate", "advertiser", "offer", "lead_status")
"""Columns that say which of our calls it is."""


@dataclass(frozen=True)
class Reconciliation:
    """What came of comparing calls with a ledger.

    Attributes
    ----------
    matched : pandas.DataFrame
        One row a pair: ``sid``, ``row`` (of the ledger, from 0), ``here``, ``there`` and
        ``difference`` (there less here) [currency], the largest difference first.
    only_here : pandas.DataFrame
        Our calls that the ledger does not have: sid, time and names, and ``here`` [currency], the
        most money first.
    only_there : pandas.DataFrame
        Rows of the ledger that we do not have: ``row``, its columns, ``there`` [currency].
    differing : pandas.DataFrame
        One row a field of a pair in which both sides differ: ``sid, row, field, here, there`` (as
        text) and ``amount`` [currency, there less here; 0 where the field is not money].
    totals : pandas.DataFrame
        ``part`` (matched, only_here, only_there, total), ``here_count``, ``there_count`` [calls],
        ``here``, ``there`` and ``difference`` [currency]. The parts add up to the total exactly.
    left_out : pandas.DataFrame
        Rows of the ledger that add others up, and are no calls: ``row, label, amount``.
    notes : tuple of str
        What the ledger holds that changes what is matched; each was a `LedgerWarning` too.
    """

    matched: pd.DataFrame
    only_here: pd.DataFrame
    only_there: pd.DataFrame
    differing: pd.DataFrame
    totals: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join(["Reconciliation", self.totals.to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return self.totals.to_html(index=False, border=0) + notes


def sids_of(here: pd.DataFrame) -> Any:
    """Return the identifiers of our calls as text; null where the column is not there."""
    if KEY in here:
        return here[KEY].astype("str").to_numpy()
    return np.full(len(here), None, dtype=object)


def others(rows: Ints, size: int) -> Bools:
    """Return where the rows are that are not among the given ones."""
    left = np.ones(size, dtype=bool)
    left[rows] = False
    return left


def left_here(here: pd.DataFrame, left: Bools, money: str) -> pd.DataFrame:
    """List our calls that the ledger does not have, the most money first."""
    kept = here.loc[left, [name for name in CONTEXT if name in here]].assign(here=here.loc[left, money])
    order = np.argsort(-np.abs(kept["here"].to_numpy()), kind="stable")
    return kept.iloc[order].reset_index(drop=True)


def left_there(there: pd.DataFrame, left: Bools, amounts: Ints) -> pd.DataFrame:
    """List the rows of the ledger that we do not have, the most money first."""
    kept = there[left].assign(there=currency(amounts[left]))
    kept.insert(0, "row", kept.index.to_numpy(dtype=np.int64))
    order = np.argsort(-np.abs(kept["there"].to_numpy()), kind="stable")
    return kept.iloc[order].reset_index(drop=True)


def differing(
    here: pd.DataFrame, there: pd.DataFrame, rows: Ints, fields: Sequence[str], tolerance: pd.Timedelta
) -> pd.DataFrame:
    """List the fields of matched pairs that differ, with the money between them."""
    sids = sids_of(here)
    parts = []
    for field in fields:
        differs, ours, theirs, amount = difference(here[field], there[field], field, tolerance)
        parts.append(
            pd.DataFrame(
                {
                    "sid": sids[differs],
                    "row": rows[differs],
                    "field": field,
                    "here": ours,
                    "there": theirs,
                    "amount": amount[differs],
                }
            )
        )
    kinds = {"sid": "str", "row": "int64", "field": "str", "here": "str", "there": "str", "amount": "int64"}
    table = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})
    parts = [part for part in parts if len(part)]
    if parts:
        table = pd.concat(parts, ignore_index=True).astype(kinds)
    order = np.argsort(-np.abs(table["amount"].to_numpy()), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    return table.assign(amount=currency(table["amount"]))


def totals(mine: Ints, theirs: Ints, amounts: tuple[Ints, Ints]) -> pd.DataFrame:
    """Count and add up the pairs, what each side has alone, and all."""
    here, there = amounts
    left = others(mine, len(here)), others(theirs, len(there))
    parts: list[tuple[str, int, int, int, int]] = [
        ("matched", len(mine), len(theirs), int(here[mine].sum()), int(there[theirs].sum())),
        ("only_here", int(left[0].sum()), 0, int(here[left[0]].sum()), 0),
        ("only_there", 0, int(left[1].sum()), 0, int(there[left[1]].sum())),
        ("total", len(here), len(there), int(here.sum()), int(there.sum())),
    ]
    table = pd.DataFrame(parts, columns=["part", "here_count", "there_count", "here", "there"])
    table["difference"] = currency(table["there"] - table["here"])
    return table.assign(here=currency(table["here"]), there=currency(table["there"]))
