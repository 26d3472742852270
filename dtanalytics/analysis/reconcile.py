"""Our calls against a buyer's or an affiliate's ledger: what both have, what one has, what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.ledger import CALLER, KEY, TIME, difference, read_ledger, readable
from dtanalytics.analysis.ledger_pairs import nearest_calls, same_sids
from dtanalytics.analysis.tables import (
    Bools,
    Ints,
    as_list,
    columns_of,
    currency,
    local,
    require,
    true,
    units,
)
from dtanalytics.errors import InputError, SchemaError

MONEY = {"revenue": "offer", "payout": "affiliate"}
_CONTEXT = (KEY, TIME, "affiliate", "advertiser", "offer", "lead_status")


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
    """

    matched: pd.DataFrame
    only_here: pd.DataFrame
    only_there: pd.DataFrame
    differing: pd.DataFrame
    totals: pd.DataFrame

    def __repr__(self) -> str:
        return f"Reconciliation\n{self.totals.to_string(index=False)}"

    def _repr_html_(self) -> str:
        return self.totals.to_html(index=False, border=0)


def reconcile(
    frame: Any,
    ledger: pd.DataFrame | str | Path,
    on: str | Sequence[str] = "sid",
    names: Mapping[str, str] | None = None,
    tolerance: Any = "5min",
    *,
    money: str = "revenue",
    fields: Sequence[str] | None = None,
) -> Reconciliation:
    """Match calls with the rows of a ledger, one to one, and compare what both say.

    Parameters
    ----------
    frame : frame
        LeadFlow calls.
    ledger : pandas.DataFrame, str or Path
        A buyer's or affiliate's list of calls; a path is read as CSV, every value as text.
    on : {"sid", "caller_id"}, default "sid"
        How to match: by identifier, or by the caller's number (its last ten digits) and the time.
    names : mapping, optional
        Column of the ledger -> our name for it: ``{"Call ID": "sid", "Billed": "revenue"}``.
    tolerance : timedelta-like, default "5min"
        How far apart the times of a call may be; only the caller's number is matched with it, and
        times are compared with it.
    money : {"revenue", "payout"}, default "revenue"
        Which money is reconciled: what the buyer pays, or what the affiliate is paid.
    fields : sequence of str, optional
        Fields to compare; by default all that both sides have, and the money.

    Returns
    -------
    Reconciliation
        ``matched, only_here, only_there, differing, totals``.

    Raises
    ------
    SchemaError
        One side lacks a column that matching or the money needs.
    InputError
        A value of the ledger cannot be read as money, a time or a flag; the row is named.

    Notes
    -----
    A sid that occurs twice on one side is matched in order of appearance. By caller, the pair that is
    closest in time is matched first, then the next closest among what is left. Times without an
    offset are Eastern wall clock. Our money is the price where its side qualified, else 0; money that
    is missing in the ledger counts as 0.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"sid": ["1", "2", "3"], "offer_qualified": [True, True, False],
    ...                       "offer_price": [20.0, 20.0, 20.0]})
    >>> buyer = pd.DataFrame({"Call ID": ["1", "2", "9"], "Billed": ["$20.00", "$18.50", "$20.00"]})
    >>> reconcile(calls, buyer, names={"Call ID": "sid", "Billed": "revenue"})
    Reconciliation
          part  here_count  there_count  here  there  difference
       matched           2            2  40.0   38.5        -1.5
     only_here           1            0   0.0    0.0         0.0
    only_there           0            1   0.0   20.0        20.0
         total           3            3  40.0   58.5        18.5
    """
    if money not in MONEY:
        raise InputError(f"money is 'revenue' or 'payout', not {money!r}")
    by_caller = CALLER in as_list(on)
    if not by_caller and as_list(on) != [KEY]:
        raise InputError(f"on is 'sid' or 'caller_id' (which takes the time too), not {on!r}")
    there = read_ledger(ledger, names or {})
    keys = [CALLER, TIME] if by_caller else [KEY]
    _need(there, [*keys, money])
    here = _ours(frame, money, keys, there.columns)
    window = pd.Timedelta(tolerance)
    mine, theirs = nearest_calls(here, there, window) if by_caller else same_sids(here, there)
    amounts = units(here[money]), units(readable(there[money], "money"))
    matched = pd.DataFrame({"sid": _sids(here)[mine], "row": theirs})
    matched["here"], matched["there"] = currency(amounts[0][mine]), currency(amounts[1][theirs])
    matched["difference"] = currency(amounts[1][theirs] - amounts[0][mine])
    order = np.argsort(-np.abs(matched["difference"].to_numpy()), kind="stable")
    compared = _compared(here, there, money, keys, fields)
    return Reconciliation(
        matched=matched.iloc[order].reset_index(drop=True),
        only_here=_left_here(here, _others(mine, len(here)), money),
        only_there=_left_there(there, _others(theirs, len(there)), amounts[1]),
        differing=_differing(here.iloc[mine], there.iloc[theirs], theirs, compared, window),
        totals=_totals(mine, theirs, amounts),
    )


def _need(ledger: pd.DataFrame, columns: Sequence[str]) -> None:
    for name in columns:
        if name not in ledger:
            have = ", ".join(map(repr, ledger.columns))
            raise SchemaError(
                f"the ledger has no column {name!r} among {have}: say which it is, names={{'...': {name!r}}}"
            )


def _ours(frame: Any, money: str, keys: Sequence[str], others: Any) -> pd.DataFrame:
    """Our calls with the columns that matter, and the money that each brought."""
    side = MONEY[money]
    there = columns_of(frame)
    needed = [f"{side}_qualified", f"{side}_price"]
    context = [
        name for name in dict.fromkeys([*_CONTEXT, *keys, *others]) if name in there and name not in MONEY
    ]
    require(there, keys)
    calls = local(frame, [*dict.fromkeys([*context, *needed])], warn=False)  # repeats are found here
    amount = np.where(true(calls[needed[0]]), units(calls[needed[1]]), 0)
    return calls.assign(**{money: currency(amount)})


def _sids(here: pd.DataFrame) -> Any:
    if KEY in here:
        return here[KEY].astype("str").to_numpy()
    return np.full(len(here), None, dtype=object)


def _others(rows: Ints, size: int) -> Bools:
    left = np.ones(size, dtype=bool)
    left[rows] = False
    return left


def _left_here(here: pd.DataFrame, left: Bools, money: str) -> pd.DataFrame:
    kept = here.loc[left, [name for name in _CONTEXT if name in here]].assign(here=here.loc[left, money])
    order = np.argsort(-np.abs(kept["here"].to_numpy()), kind="stable")
    return kept.iloc[order].reset_index(drop=True)


def _left_there(there: pd.DataFrame, left: Bools, amounts: Ints) -> pd.DataFrame:
    kept = there[left].assign(there=currency(amounts[left]))
    kept.insert(0, "row", np.flatnonzero(left))
    order = np.argsort(-np.abs(kept["there"].to_numpy()), kind="stable")
    return kept.iloc[order].reset_index(drop=True)


def _compared(
    here: pd.DataFrame, there: pd.DataFrame, money: str, keys: Sequence[str], fields: Sequence[str] | None
) -> list[str]:
    if fields is None:
        return [name for name in there.columns if name in here and (name not in keys or name == TIME)]
    _need(there, fields)
    require(here.columns, fields)
    return list(dict.fromkeys([*fields, money]))


def _differing(
    here: pd.DataFrame, there: pd.DataFrame, rows: Ints, fields: Sequence[str], tolerance: pd.Timedelta
) -> pd.DataFrame:
    """Fields of matched pairs that differ, with the money between them."""
    sids = _sids(here)
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


def _totals(mine: Ints, theirs: Ints, amounts: tuple[Ints, Ints]) -> pd.DataFrame:
    here, there = amounts
    left = _others(mine, len(here)), _others(theirs, len(there))
    parts: list[tuple[str, int, int, int, int]] = [
        ("matched", len(mine), len(theirs), int(here[mine].sum()), int(there[theirs].sum())),
        ("only_here", int(left[0].sum()), 0, int(here[left[0]].sum()), 0),
        ("only_there", 0, int(left[1].sum()), 0, int(there[left[1]].sum())),
        ("total", len(here), len(there), int(here.sum()), int(there.sum())),
    ]
    table = pd.DataFrame(parts, columns=["part", "here_count", "there_count", "here", "there"])
    table["difference"] = currency(table["there"] - table["here"])
    return table.assign(here=currency(table["here"]), there=currency(table["there"]))
