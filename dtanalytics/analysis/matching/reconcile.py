"""Our calls against a buyer's or an affiliate's ledger: match one to one, and compare what both say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.differences import CALLER, KEY, TIME
from dtanalytics.analysis.matching.ledger_notes import changed_ids, describe_repeats, repeats, unmatched
from dtanalytics.analysis.matching.ledger_pairs import nearest_calls, same_sids
from dtanalytics.analysis.matching.reconciliation import (
    CONTEXT,
    Reconciliation,
    differing,
    left_here,
    left_there,
    others,
    sids_of,
    totals,
)
from dtanalytics.analysis.tables import as_list, columns_of, local, require
from dtanalytics.errors import InputError, LedgerWarning, warn_caller
from dtanalytics.ledgers import Reading, read
from dtanalytics.ledgers.currencies import other_currency
from dtanalytics.ledgers.ids import matched_ids, read_ids
from dtanalytics.money import Side, currency, earned, units
from dtanalytics.settings import current

__all__ = ["Reconciliation", "Tolerance", "reconcile"]

Tolerance = str | dt.timedelta | np.timedelta64
MONEY: dict[str, Side] = {"revenue": "offer", "payout": "affiliate"}


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
        spreadsheet has changed, another currency than the account (`DTANALYTICS_CURRENCY`), in which case
        nothing is converted; or no row matched a call.

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
    if other := other_currency(read_in.currencies, current().currency):
        notes.append(other)
    there = read_in.table
    here = _our_calls(calls, money, keys, there.columns)
    if not by_caller:
        sids = read_ids(here[KEY])
        found = matched_ids(there[KEY], sids)
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
    matched = pd.DataFrame({"sid": sids_of(here)[mine], "row": rows[theirs]})
    matched["here"], matched["there"] = currency(amounts[0][mine]), currency(amounts[1][theirs])
    matched["difference"] = currency(amounts[1][theirs] - amounts[0][mine])
    order = np.argsort(-np.abs(matched["difference"].to_numpy()), kind="stable")
    compared = _compared(here, there, money, keys, fields)
    return Reconciliation(
        matched=matched.iloc[order].reset_index(drop=True),
        only_here=left_here(here, others(mine, len(here)), money),
        only_there=left_there(there, others(theirs, len(there)), amounts[1]),
        differing=differing(here.iloc[mine], there.iloc[theirs], rows[theirs], compared, window),
        totals=totals(mine, theirs, amounts),
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
        name for name in dict.fromkeys([*CONTEXT, *keys, *others]) if name in there and name not in MONEY
    ]
    require(there, keys)
    calls = local(frame, [*dict.fromkeys([*context, *needed])], warn=False)  # repeats are found here
    return calls.assign(**{money: currency(earned(calls, side))})


def _compared(
    here: pd.DataFrame, there: pd.DataFrame, money: str, keys: Sequence[str], fields: Sequence[str] | None
) -> list[str]:
    if fields is None:
        return [name for name in there.columns if name in here and (name not in keys or name == TIME)]
    require(there.columns, fields, "ledger's rows")
    require(here.columns, fields)
    return list(dict.fromkeys([*fields, money]))
