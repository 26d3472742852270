"""Our calls against a buyer's or an affiliate's ledger: what both have, what one has, what differs."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.ledger import CALLER, KEY, TIME, difference
from dtanalytics.analysis.matching.ledger_notes import changed_ids, describe_repeats, repeats, unmatched
from dtanalytics.analysis.matching.ledger_pairs import nearest_calls, same_sids
from dtanalytics.analysis.tables import Bools, Ints, as_list, columns_of, local, require
from dtanalytics.errors import InputError, LedgerWarning, warn_caller
from dtanalytics.ledgers import Reading, read
from dtanalytics.ledgers.ids import matched_ids, read_ids
from dtanalytics.money import Side, currency, earned, units

Tolerance = str | dt.timedelta | np.timedelta64
MONEY: dict[str, Side] = {"revenue": "offer", "payout": "affiliate"}
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


def reconcile(
    calls: Any,
    ledger: Any,
    on: str | Sequence[str] = "sid",
    names: Mapping[Any, str] | None = None,
    tolerance: Tolerance = "5min",
    *,
    money: Literal["revenue", "payout"] = "revenue",
    fields: Sequence[str] | None = None,
    net: bool = False,
    decimal: Literal[".", ","] | None = None,
    dayfirst: bool | None = None,
    timezone: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Reconciliation:
    """Match calls with the rows of a ledger, one to one, and compare what both say.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    ledger : str, path or frame
        A buyer's or affiliate's list of calls, as `dtanalytics.read_ledger` reads it: delimited text
        of any encoding, a workbook, or a frame.
    on : {"sid", "caller_id"}, default "sid"
        How to match: by identifier, or by the caller's number and the time.
    names : mapping, optional
        Column of the ledger -> our name for it: ``{"Call ID": "sid", "Billed": "revenue"}``. Two
        columns make one time: ``{("Date", "Time"): "call_date"}``.
    tolerance : str or timedelta, default "5min"
        How far apart the times of a call may be; only the caller's number is matched with it, and
        times are compared with it.
    money : {"revenue", "payout"}, default "revenue"
        Which money is reconciled: what the buyer pays, or what the affiliate is paid.
    fields : sequence of str, optional
        Fields to compare; by default all that both sides have, and the money.
    net : bool, default False
        Add up the rows of the ledger that are of one call, refunds among them, before they are matched.
    decimal : {".", ","}, optional
        What stands before the decimals in the ledger, where its columns do not decide it.
    dayfirst : bool, optional
        Whether 05/10/2026 is 5 October, where no row of the ledger decides it.
    timezone : str, optional
        Zone of the ledger's times without an offset; Eastern by default.
    sheet, encoding, delimiter : optional
        Of the file, as in `dtanalytics.read_ledger`.

    Returns
    -------
    Reconciliation
        ``matched, only_here, only_there, differing, totals, left_out, notes``.

    Raises
    ------
    SchemaError
        One side lacks a column that matching or the money needs.
    InputError
        The file is no table; a value of the ledger cannot be read as money, a time or a flag, with its
        row; a column may be read in two ways, with the argument that decides; a wrong argument.

    Warns
    -----
    LedgerWarning
        The ledger has rows that are totals (left out), calls more than once, identifiers that a
        spreadsheet has changed; or no row matched a call.

    Notes
    -----
    A sid that occurs twice on one side is matched in order of appearance. By caller, the pair that is
    closest in time is matched first, then the next closest among what is left. Our money is the price
    where its side qualified, else 0; money that is missing in the ledger counts as 0.

    Identifiers match as spreadsheets leave them (``2610.0``, ``'2610``, ``="2610"``, ``2,610``) where no
    digit was lost, and without leading zeros where that leaves one call only.

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
    window = _window(tolerance)
    keys = [CALLER, TIME] if by_caller else [KEY]
    how = Reading(decimal, dayfirst, timezone, sheet, encoding, delimiter)
    only = None if fields is None else {*fields, *keys, money}
    read_in = read(ledger, names or {}, how, needed=[*keys, money], more=columns_of(calls), only=only)
    notes = list(read_in.notes)
    there = read_in.table
    here = _our_calls(calls, money, keys, there.columns)
    if not by_caller:
        sids = read_ids(here[KEY])
        found = matched_ids(there[KEY], sids.dropna())
        here, there = here.assign(sid=sids), there.assign(sid=found.sids)
        notes += changed_ids(found)
    again = repeats(there, keys)
    if net:
        there = _sum_by_call(there, keys, money)
    elif len(again):
        notes.append(describe_repeats(there, again, keys, money))
    mine, theirs = nearest_calls(here, there, window) if by_caller else same_sids(here, there)
    notes += unmatched(here, there, keys, len(mine))
    for note in notes:
        warn_caller(note, LedgerWarning)
    rows = there.index.to_numpy(dtype=np.int64)
    amounts = units(here[money]), units(there[money])
    matched = pd.DataFrame({"sid": _sids(here)[mine], "row": rows[theirs]})
    matched["here"], matched["there"] = currency(amounts[0][mine]), currency(amounts[1][theirs])
    matched["difference"] = currency(amounts[1][theirs] - amounts[0][mine])
    order = np.argsort(-np.abs(matched["difference"].to_numpy()), kind="stable")
    compared = _compared(here, there, money, keys, fields)
    return Reconciliation(
        matched=matched.iloc[order].reset_index(drop=True),
        only_here=_left_here(here, _others(mine, len(here)), money),
        only_there=_left_there(there, _others(theirs, len(there)), amounts[1]),
        differing=_differing(here.iloc[mine], there.iloc[theirs], rows[theirs], compared, window),
        totals=_totals(mine, theirs, amounts),
        left_out=read_in.left_out,
        notes=tuple(notes),
    )


def _window(tolerance: Any) -> pd.Timedelta:
    remedy = "say a duration such as '5min' or pandas.Timedelta(minutes=5)"
    if not isinstance(tolerance, str | dt.timedelta | np.timedelta64):
        raise InputError(f"tolerance is {tolerance!r}, which has no unit; {remedy}")
    try:
        window = pd.Timedelta(tolerance)
    except ValueError:
        raise InputError(f"tolerance is {tolerance!r}, which is no duration; {remedy}") from None
    if (
        pd.isna(window)
        or window < pd.Timedelta(0)
        or (isinstance(tolerance, str) and tolerance.strip().isdigit())
    ):
        raise InputError(f"tolerance is {tolerance!r}, which is no duration of nothing or more; {remedy}")
    return window


def _sum_by_call(there: pd.DataFrame, keys: Sequence[str], money: str) -> pd.DataFrame:
    """Add up the rows of each call; the first of them says all else."""
    key = there[list(keys)]
    whole = np.asarray(key.notna().all(axis=1))
    number = key.groupby(list(keys), dropna=False, sort=False).ngroup().to_numpy()
    number = np.where(whole, number, number.max(initial=0) + 1 + np.arange(len(there)))
    codes, _ = pd.factorize(number)
    total = np.zeros(codes.max(initial=-1) + 1, dtype=np.int64)
    np.add.at(total, codes, units(there[money]))
    first = ~pd.Series(codes).duplicated().to_numpy()
    return there[first].assign(**{money: currency(total)})


def _our_calls(frame: Any, money: str, keys: Sequence[str], others: Any) -> pd.DataFrame:
    """Our calls with the columns that matter, and the money that each brought."""
    side = MONEY[money]
    there = columns_of(frame)
    needed = [f"{side}_qualified", f"{side}_price"]
    context = [
        name for name in dict.fromkeys([*_CONTEXT, *keys, *others]) if name in there and name not in MONEY
    ]
    require(there, keys)
    calls = local(frame, [*dict.fromkeys([*context, *needed])], warn=False)  # repeats are found here
    return calls.assign(**{money: currency(earned(calls, side))})


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
    kept.insert(0, "row", kept.index.to_numpy(dtype=np.int64))
    order = np.argsort(-np.abs(kept["there"].to_numpy()), kind="stable")
    return kept.iloc[order].reset_index(drop=True)


def _compared(
    here: pd.DataFrame, there: pd.DataFrame, money: str, keys: Sequence[str], fields: Sequence[str] | None
) -> list[str]:
    if fields is None:
        return [name for name in there.columns if name in here and (name not in keys or name == TIME)]
    require(there.columns, fields, "ledger's rows")
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
