"""Messages about a ledger of which few rows match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dtanalytics.analysis.matching.differences import CALLER, KEY, TIME, wall
from dtanalytics.analysis.tables import Ints
from dtanalytics.columns.numbering import repeats_by_row
from dtanalytics.ledgers.ids import Found
from dtanalytics.money import units
from dtanalytics.texts.digits import only_digits
from dtanalytics.texts.phones import is_rounded, spelled

_SHOWN = 3


def changed_ids(found: Found) -> list[str]:
    """Say which identifiers a spreadsheet has changed, theirs and ours side by side."""
    notes = []
    if found.zeros:
        pairs = ", ".join(f"{one!r} is {ours!r}" for one, ours in list(found.zeros.items())[:_SHOWN])
        notes.append(
            f"{len(found.zeros)} identifiers of the ledger had lost leading zeros, and were matched: {pairs}"
        )
    if found.rounded:
        pairs = ", ".join(
            f"{one!r} may be {ours!r}" if ours else f"{one!r}"
            for one, ours in list(found.rounded.items())[:_SHOWN]
        )
        notes.append(
            f"a spreadsheet has rounded {len(found.rounded)} identifiers of the ledger, which match no "
            f"call: {pairs}; ask for the file with the identifiers as text"
        )
    return notes


def repeats(there: pd.DataFrame, keys: Sequence[str]) -> Ints:
    """Places of rows whose call an earlier row has."""
    rows, _ = repeats_by_row(there[keys[0]])  # a call that repeats has a key that does
    key = there[list(keys)].iloc[rows]
    again = key.duplicated() & key.notna().all(axis=1)
    return rows[again.to_numpy(dtype=bool)]


def describe_repeats(there: pd.DataFrame, again: Ints, keys: Sequence[str], money: str) -> str:
    """Say how many rows repeat a call, and whether refunds are among them."""
    refunds = int((units(there[money].iloc[again]) < 0).sum())
    first = there.index[again[0]]
    what = f" ({there[KEY].iloc[again[0]]!r})" if list(keys) == [KEY] else ""
    more = f"; {refunds} of them are negative, which are refunds" if refunds else ""
    return (
        f"{len(again)} rows of the ledger are of a call that an earlier row has, the first is "
        f"row {first}{what}{more}: each row is matched on its own; net=True adds up the rows of a call"
    )


def unmatched(here: pd.DataFrame, there: pd.DataFrame, keys: Sequence[str], pairs: int) -> list[str]:
    """Say why no row may have matched, theirs and ours side by side; and which numbers are rounded."""
    notes = []
    if CALLER in keys:
        numbers = there[CALLER].astype("str")
        lost = sum(map(is_rounded, numbers[~only_digits(numbers)]))
        if lost:
            notes.append(
                f"a spreadsheet has rounded {lost} telephone numbers of the ledger (2.12555E+09), which "
                "match no caller: ask for the file with the numbers as text"
            )
    if pairs or not len(here) or not len(there):
        return notes
    said = _times(here, there) if TIME in keys else _ids(here, there)
    notes.append(f"0 of {len(there)} rows of the ledger match a call: {said}")
    return notes


def _ids(here: pd.DataFrame, there: pd.DataFrame) -> str:
    ours, theirs = (list(map(str, side[KEY].dropna().unique()[:_SHOWN])) for side in (here, there))
    if not theirs:
        return "the ledger's column of identifiers is empty"
    return f"its identifiers are {_listed(theirs)}, ours {_listed(ours)}; are they sids, of the same days?"


def _times(here: pd.DataFrame, there: pd.DataFrame) -> str:
    spans = [_span(wall(side[TIME])) for side in (here, there)]
    shapes = [_shape(side[CALLER]) for side in (here, there)]
    return (
        f"its times are {spans[1]}, ours {spans[0]}; its numbers are written {shapes[1]}, ours {shapes[0]}; "
        "timezone= is the zone of its clock, tolerance= how far times may be apart"
    )


def _span(times: pd.Series[Any]) -> str:
    if times.isna().all():
        return "missing"
    return f"{times.min():%Y-%m-%d %H:%M} to {times.max():%Y-%m-%d %H:%M}"


def _shape(numbers: pd.Series[Any]) -> str:
    """Describe how numbers are written without showing one."""
    read = spelled(numbers)
    known = read.dropna()
    if not len(known):
        return "in no way that is a telephone number"
    return re.sub("[0-9]", "9", str(known.iloc[0]))


def _listed(values: list[str]) -> str:
    return ", ".join(repr(value[:40]) for value in values)
