"""How each column with a name of ours is read, and what the reader of a ledger may be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from dtanalytics import columns
from dtanalytics.errors import InputError
from dtanalytics.ledgers.cells import is_text, prepared, texts
from dtanalytics.ledgers.dates import checked_zone, read_times
from dtanalytics.ledgers.ids import read_ids
from dtanalytics.ledgers.money import read_money
from dtanalytics.ledgers.totals import MONEY
from dtanalytics.schema import BIDS, LEADFLOW
from dtanalytics.texts.amounts import MARKS, DecimalMark
from dtanalytics.texts.phones import spelled

KEY, CALLER = "sid", "caller_id"
Kind = Literal["id", "phone", "money", "time", "flag", "number", "text"]
_KINDS: dict[str, Kind] = {
    "money": "money", "flag": "flag", "time": "time", "day": "time", "name": "text", "text": "text",
}  # fmt: skip
OURS = {**BIDS.by_name, **LEADFLOW.by_name}


@dataclass(frozen=True)
class Reading:
    """How a ledger is read: what its own columns may leave open."""

    decimal: DecimalMark | None = None
    dayfirst: bool | None = None
    timezone: str | None = None
    sheet: str | int | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in {None, *MARKS}:
            raise InputError(f"decimal is '.' or ',', not {self.decimal!r}")
        if self.dayfirst not in {None, True, False}:
            raise InputError(f"dayfirst is True or False, not {self.dayfirst!r}")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InputError(f"delimiter is one character, such as ';', not {self.delimiter!r}")
        checked_zone(self.timezone)


def kind_of(name: str) -> Kind:
    """Tell how a column of ours is read."""
    if name in MONEY:
        return "money"
    if name in {CALLER, "ani"}:
        return "phone"
    if name == KEY:
        return "id"
    declared = OURS.get(name)
    return _KINDS.get(declared.kind, "number") if declared else "text"


def typed(column: pd.Series, name: str, how: Reading, *, epoch: date | None) -> pd.Series:
    """Read a column by its kind."""
    kind = kind_of(name)
    if kind == "money":
        return read_money(column, how.decimal)
    if kind == "time":
        return read_times(column, how.dayfirst, checked_zone(how.timezone), epoch=epoch)
    if kind == "id":
        return read_ids(column)
    if kind == "phone":
        return spelled(column).fillna(texts(column))  # "anonymous" stays
    if kind == "flag":
        return _flags(column)
    if kind == "number":
        return _numbers(column, how)
    return texts(column)


def _flags(column: pd.Series) -> pd.Series:
    read_in = columns.flags(texts(column) if is_text(column) else column)
    return pd.Series(
        pd.arrays.BooleanArray(read_in.filled.astype(bool), ~read_in.known), column.index, name=column.name
    )


def _numbers(column: pd.Series, how: Reading) -> pd.Series:
    """Counts, minutes and seconds; ``3:25`` is minutes and seconds."""
    column = prepared(column)
    if not is_text(column):
        if column.dtype.kind == "m":
            return pd.Series(column.dt.total_seconds())
        return column.astype("float64")
    is_length = OURS[str(column.name)].kind == "minutes" or OURS[str(column.name)].unit == "s"
    if is_length and column.astype("str").str.contains(r":|\d\s*[hms]", case=False, na=False).any():
        unit = 60 if OURS[str(column.name)].kind == "minutes" else 1
        return pd.Series(columns.seconds(texts(column)) / unit, column.index, name=column.name)
    return read_money(column, how.decimal, "number")
