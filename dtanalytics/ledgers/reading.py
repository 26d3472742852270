"""A partner's ledger as a table with our names, each column read by one grammar."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import pandas as pd

from dtanalytics import columns
from dtanalytics.amounts import MARKS, DecimalMark
from dtanalytics.columns.units import SCALE
from dtanalytics.errors import InputError, LedgerWarning, SchemaError, warn_caller
from dtanalytics.ledgers.cells import is_text, prepared, texts
from dtanalytics.ledgers.dates import checked_zone, read_times
from dtanalytics.ledgers.delimited import text_table
from dtanalytics.ledgers.files import content
from dtanalytics.ledgers.headers import renamed
from dtanalytics.ledgers.ids import read_ids
from dtanalytics.ledgers.money import read_money
from dtanalytics.ledgers.totals import labelled, told, total_rows
from dtanalytics.ledgers.workbooks import workbook_table
from dtanalytics.phones import spelled
from dtanalytics.schema import BIDS, LEADFLOW

KEY, CALLER, TIME = "sid", "caller_id", "call_date"
MONEY = ("revenue", "payout")
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


@dataclass(frozen=True)
class Ledger:
    """A ledger with our names.

    Attributes
    ----------
    table : pandas.DataFrame
        Its calls; the index numbers the rows of the ledger from 0.
    left_out : pandas.DataFrame
        Rows that are totals: ``row``, ``label``, ``amount``.
    notes : list of str
        What was left out, and why.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def read_ledger(
    ledger: Any,
    names: Mapping[Any, str] | None = None,
    *,
    decimal: DecimalMark | None = None,
    dayfirst: bool | None = None,
    timezone: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> pd.DataFrame:
    """Read a partner's list of calls: a file as it came, or a frame.

    Parameters
    ----------
    ledger : str, path or frame
        Delimited text (comma, semicolon, tab or ``|``; UTF-8, UTF-16 or Windows-1252), a workbook
        (XLSX, XLS, XLSB, ODS; needs the extra ``excel``), one such file in a zip or gz; or a frame of
        pandas, Arrow or Polars. Lines above the header, a line ``sep=;``, blank lines and trailing
        delimiters are passed over.
    names : mapping, optional
        Column of the ledger -> our name for it: ``{"Call ID": "sid", "Billed": "revenue"}``. Case and
        spaces do not matter. Two columns make one time: ``{("Date", "Time"): "call_date"}``.
    decimal : {".", ","}, optional
        What stands before the decimals. By default each column of amounts tells.
    dayfirst : bool, optional
        Whether 05/10/2026 is 5 October. By default each column of dates tells.
    timezone : str, optional
        Zone of times without an offset, such as ``"America/Chicago"``; Eastern by default.
    sheet : str or int, optional
        Sheet of a workbook, by name or by place from 0; by default the only one that fits.
    encoding : str, optional
        Of text; by default told from its bytes.
    delimiter : str, optional
        Of text; by default told from the whole file.

    Returns
    -------
    pandas.DataFrame
        One row a call; the index numbers the rows of the ledger from 0. Columns with names of ours are
        typed: ``sid`` and telephone numbers ``str`` (numbers in one spelling), money ``float64``
        [currency], times ``datetime64[us, America/New_York]``, flags ``boolean``, counts and seconds
        ``float64``; all other columns are text as it was. Empty cells are null; in columns of text,
        ``NA`` and ``None`` are names like others. Rows that are totals are left out with a
        `LedgerWarning` that names them, and listed in ``.attrs["left_out"]``.

    Raises
    ------
    InputError
        A file that cannot be read as a table; a value that cannot be read, with its row; a column in
        which decimals, or day and month, may be read in two ways: the message says which argument
        decides; amounts in two currencies.
    SchemaError
        A column that `names` maps is not there, or two columns get one name.

    Notes
    -----
    A minus may be written before or behind an amount, as parentheses, or as CR (credit); DR (debit) is a
    plus. Identifiers lose what spreadsheets put around them (``="123"``, an apostrophe, ``.0``).

    Examples
    --------
    >>> ledger = pd.DataFrame({"Call ID": ["1", "2"], "Billed": ["1.250,50 \u20ac", "20,00"]})
    >>> read_ledger(ledger, {"call id": "sid", "Billed": "revenue"})
      sid  revenue
    0   1   1250.5
    1   2     20.0
    """
    how = Reading(decimal, dayfirst, timezone, sheet, encoding, delimiter)
    read_in = read(ledger, names or {}, how)
    for note in read_in.notes:
        warn_caller(note, LedgerWarning)
    table = read_in.table
    table.attrs["left_out"] = read_in.left_out.to_dict("records")
    return table


def read(
    ledger: Any,
    names: Mapping[Any, str],
    how: Reading,
    *,
    needed: Sequence[str] = (),
    more: Iterable[str] = (),
    only: Iterable[str] | None = None,
) -> Ledger:
    """Read a ledger for `reconcile`.

    Parameters
    ----------
    ledger, names, how
        As in `read_ledger`.
    needed : sequence of str
        Columns of ours that must be there.
    more : iterable of str
        Names that are ours besides those of the reports.
    only : iterable of str, optional
        Columns to type; by default all that have names of ours.
    """
    known = [*dict.fromkeys([*MONEY, *OURS, *more])]
    raw, workbook = _raw(ledger, names, how, needed)
    try:
        return _read(raw, names, known, how, needed, only, workbook=workbook)
    except (InputError, SchemaError) as error:
        if isinstance(ledger, str | os.PathLike):  # say which file, where several are read
            raise type(error)(f"{Path(ledger).name}: {error}") from None
        raise


def _read(
    raw: pd.DataFrame,
    names: Mapping[Any, str],
    known: Sequence[str],
    how: Reading,
    needed: Sequence[str],
    only: Iterable[str] | None,
    *,
    workbook: bool,
) -> Ledger:
    table = renamed(raw, names, known, needed)
    for name in needed:
        if name not in table.columns:
            have = ", ".join(map(repr, raw.columns))
            raise SchemaError(
                f"the ledger has no column {name!r} among {have}: say which it is, names={{'...': {name!r}}}"
            )
    _one_currency(table)
    typed = [name for name in (table.columns if only is None else only) if name in table.columns]
    kept, left, notes = _without_totals(table, how)
    made = {name: _typed(kept[name], name, how, workbook=workbook) for name in typed if name in known}
    return Ledger(kept.assign(**made), left, notes)


def _raw(
    ledger: Any, names: Mapping[Any, str], how: Reading, needed: Sequence[str]
) -> tuple[pd.DataFrame, bool]:
    """Return the table as it came, rows numbered from 0, and whether it is from a workbook."""
    if isinstance(ledger, pd.DataFrame):
        table = ledger.reset_index(drop=True)
        table.columns = table.columns.map(lambda name: name if isinstance(name, str) else str(name))
        return table, False
    if not isinstance(ledger, str | os.PathLike):
        try:
            lazy = nw.from_native(ledger)
        except TypeError:
            raise InputError(f"a ledger is a path or a frame, not {type(ledger).__name__}") from None
        whole = lazy.collect() if isinstance(lazy, nw.LazyFrame) else lazy
        return whole.to_pandas().reset_index(drop=True), False
    parts = [part for key in names for part in (key if isinstance(key, tuple) else (key,))]
    wanted = [*map(str, parts), *(name for name in needed if name not in names.values())]
    file = content(Path(ledger) if not isinstance(ledger, str) else ledger, how.encoding)
    if file.workbook is not None:
        return workbook_table(file.name, file.workbook, wanted, how.sheet), True
    return text_table(file.name, file.text or "", wanted, how.delimiter), False


def _one_currency(table: pd.DataFrame) -> None:
    for name in table.columns:
        if name.strip().casefold() in {"currency", "ccy", "currency code"}:
            named = sorted({str(value).strip().upper() for value in table[name].dropna()} - {""})
            if len(named) > 1:
                raise InputError(
                    f"the ledger's {name!r} names {' and '.join(named[:4])}: amounts of two currencies do "
                    "not add up; bring them into one, or split the file"
                )


def _without_totals(table: pd.DataFrame, how: Reading) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Take out the rows that add others up, if the ledger has what tells calls, and money."""
    nothing = pd.DataFrame(
        {"row": pd.Series([], dtype="int64"), "label": pd.Series([], dtype="str"), "amount": []}
    )
    money = next((name for name in MONEY if name in table.columns), None)
    keys = [name for name in (KEY, CALLER, "ani") if name in table.columns]
    if money is None or not keys or not len(table):
        return table, nothing, []
    is_label = labelled(table[keys[0]].astype(object))
    has_key = texts(table[keys[0]]).notna() & ~is_label
    if keys[0] != KEY:
        has_key &= spelled(texts(table[keys[0]])).notna()
    besides = [name for name in (*keys[1:], TIME) if name in table.columns]
    empty = (
        ~has_key & ~pd.concat([_given(table[name]) for name in besides], axis=1).any(axis=1)
        if besides
        else ~has_key
    )
    doubtful = table.index[empty.to_numpy()]
    if not len(doubtful):
        return table, nothing, []
    sums = (
        read_money(table.loc[~empty, money], how.decimal)
        if (~empty).any()
        else pd.Series([], dtype="float64")
    )
    alone = pd.Series([_amount(table, row, money, how) for row in doubtful], doubtful, dtype="float64")
    amounts = pd.concat([sums, alone]).reindex(table.index)
    units = (amounts.fillna(0) * SCALE).round().astype("int64")
    cells = table.drop(columns=money).loc[:, lambda some: [is_text(some[name]) for name in some.columns]]
    found = total_rows(cells.astype(object), has_key, empty, units)
    above = float(units[has_key].sum() / SCALE)
    left = pd.DataFrame(
        {"row": list(found), "label": list(found.values()), "amount": [float(amounts[row]) for row in found]}
    )
    last = max(found, default=None)
    notes = [
        told(label, row, float(units[row] / SCALE), above if row == last else float(units[row] / SCALE))
        for row, label in found.items()
    ]
    return table.drop(index=list(found)), left if found else nothing, notes


def _given(column: pd.Series) -> pd.Series:
    if not is_text(prepared(column)):
        return column.notna()
    return texts(column).notna() & ~labelled(column)


def _amount(table: pd.DataFrame, row: Any, money: str, how: Reading) -> float:
    """Amount of a row that may be a total, read by the grammar of all rows; null where it is none."""
    try:
        return float(read_money(table[money], how.decimal)[row])
    except InputError:
        pass
    try:
        return float(read_money(table.loc[[row], money], how.decimal or ".")[row])
    except InputError:
        return float("nan")


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


def _typed(column: pd.Series, name: str, how: Reading, *, workbook: bool) -> pd.Series:
    kind = kind_of(name)
    if kind == "money":
        return read_money(column, how.decimal)
    if kind == "time":
        return read_times(column, how.dayfirst, checked_zone(how.timezone), workbook=workbook)
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
    if column.astype("str").str.contains(":", na=False).any():
        unit = 60 if OURS[str(column.name)].kind == "minutes" else 1
        return pd.Series(columns.seconds(texts(column)) / unit, column.index, name=column.name)
    return read_money(column, how.decimal, "number")
