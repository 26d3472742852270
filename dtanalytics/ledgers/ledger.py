"""A partner's ledger as a table with our names, each column read by one grammar."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, LedgerWarning, SchemaError, warn_caller
from dtanalytics.ledgers.content import content
from dtanalytics.ledgers.currencies import named
from dtanalytics.ledgers.delimited import text_table
from dtanalytics.ledgers.headers import renamed
from dtanalytics.ledgers.kinds import OURS, Reading, typed
from dtanalytics.ledgers.remarks import without_remarks
from dtanalytics.ledgers.totals import MONEY, without_totals
from dtanalytics.ledgers.workbooks import EPOCH, HIDES_ERRORS, workbook_table
from dtanalytics.schema import LEADFLOW
from dtanalytics.texts.amounts import DecimalMark


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
    currencies : frozenset of str
        What it says that its amounts are in: codes of ISO 4217, or signs that several share.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    currencies: frozenset[str] = frozenset()


@public
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
        typed (``sid``, ``revenue`` and ``payout`` in any case, too): ``sid`` and telephone numbers ``str``
        (numbers in one spelling), money ``float64`` [currency], times ``datetime64[us, America/New_York]``,
        flags ``boolean``, counts and seconds ``float64``; all other columns are text as it was. Empty cells
        are null; in columns of text, ``NA`` and ``None`` are names like others. Rows that are totals, or
        remarks below the table, are left out with a `LedgerWarning` that names them, and listed in
        ``.attrs["left_out"]``; lines of dashes are passed over. ``.attrs["currencies"]`` lists the
        currencies that the amounts, their header or a column names.

    Raises
    ------
    InputError
        A file that cannot be read as a table; a value that cannot be read, an error of the spreadsheet
        (``#DIV/0!``) among them, with its row; a column in which decimals, or day and month, may be read
        in two ways: the message says which argument decides; amounts in two currencies.
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
    read_in = read(ledger, names or {}, how, alike=(LEADFLOW.key, *MONEY))
    for note in read_in.notes:
        warn_caller(note, LedgerWarning)
    table = read_in.table
    table.attrs["left_out"] = read_in.left_out.to_dict("records")
    table.attrs["currencies"] = sorted(read_in.currencies)
    return table


def read(
    ledger: Any,
    names: Mapping[Any, str],
    how: Reading,
    *,
    needed: Sequence[str] = (),
    alike: Sequence[str] = (),
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
    alike : sequence of str
        Columns of ours that may be there, in any case and spacing, as those that are needed may.
    more : iterable of str
        Names that are ours besides those of the reports.
    only : iterable of str, optional
        Columns to type; by default all that have names of ours.
    """
    known = [*dict.fromkeys([*MONEY, *OURS, *more])]
    raw = _raw(ledger, names, how, needed)
    try:
        return _read(raw, names, known, how, (needed, alike), only)
    except (InputError, SchemaError) as error:
        if isinstance(ledger, str | os.PathLike):  # say which file, where several are read
            raise type(error)(f"{Path(ledger).name}: {error}") from None
        raise


def _read(
    raw: pd.DataFrame,
    names: Mapping[Any, str],
    known: Sequence[str],
    how: Reading,
    sought: tuple[Sequence[str], Sequence[str]],
    only: Iterable[str] | None,
) -> Ledger:
    needed, alike = sought
    table = renamed(raw, names, known, [*needed, *alike])
    for name in needed:
        if name not in table.columns:
            have = ", ".join(map(repr, raw.columns))
            raise SchemaError(
                f"the ledger has no column {name!r} among {have}: say which it is, names={{'...': {name!r}}}"
            )
    money = {name: [key for key, ours in names.items() if ours == name] for name in MONEY if name in table}
    currencies = frozenset(named(table, money))
    chosen = [name for name in (table.columns if only is None else only) if name in table.columns]
    kept, left, notes = without_totals(table, how.decimal)
    kept, remarks, more = without_remarks(kept)
    left, notes = (pd.concat([left, remarks], ignore_index=True) if more else left), [*notes, *more]
    made = {
        name: typed(kept[name], name, how, epoch=raw.attrs.get(EPOCH)) for name in chosen if name in known
    }
    table = kept.assign(**made)
    if raw.attrs.get(HIDES_ERRORS):
        notes += without_amount(table)
    return Ledger(table, left, notes, currencies)


def without_amount(table: pd.DataFrame) -> list[str]:
    """Say how many calls have no amount, where an error of the spreadsheet may be the reason."""
    said = []
    for name in (one for one in MONEY if one in table):
        empty = table.index[table[name].isna()]
        if len(empty):
            said.append(
                f"{len(empty)} rows of the ledger have no {name!r}, the first is row {empty[0]}: in an XLS "
                "or XLSB file, errors and formulas without a result cannot be told from empty cells; send it "
                "as XLSX if it has any"
            )
    return said


def _raw(ledger: Any, names: Mapping[Any, str], how: Reading, needed: Sequence[str]) -> pd.DataFrame:
    """Return the table as it came, rows numbered from 0."""
    if not isinstance(ledger, str | os.PathLike):
        _check_no_file(how)
    if isinstance(ledger, pd.DataFrame):
        named = [name for name in ledger.index.names if name is not None and name not in ledger.columns]
        table = ledger.reset_index(named).reset_index(drop=True) if named else ledger.reset_index(drop=True)
        _check_values(table)
        table.columns = table.columns.map(lambda name: name if isinstance(name, str) else str(name))
        return table
    if not isinstance(ledger, str | os.PathLike):
        try:
            lazy = nw.from_native(pa.table(ledger) if isinstance(ledger, pa.RecordBatch) else ledger)
        except TypeError:
            raise InputError(f"a ledger is a path or a frame, not {type(ledger).__name__}") from None
        whole = lazy.collect() if isinstance(lazy, nw.LazyFrame) else lazy
        return whole.to_pandas().reset_index(drop=True)
    parts = [part for key in names for part in (key if isinstance(key, tuple) else (key,))]
    wanted = [*map(str, parts), *(name for name in needed if name not in names.values())]
    file = content(Path(ledger) if not isinstance(ledger, str) else ledger, how.encoding)
    ours = [*MONEY, *OURS]
    if file.workbook is not None:
        return workbook_table(file.name, file.workbook, wanted, how.sheet, ours)
    return text_table(file.name, file.text or "", wanted, how.delimiter, ours)


def _check_values(table: pd.DataFrame) -> None:
    """Raise InputError where a cell holds several values."""
    for place, name in enumerate(table.columns):
        column = table.iloc[:, place]
        if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "mixed":
            several = [isinstance(value, list | dict | set | np.ndarray) for value in column]
            if any(several):
                raise InputError(
                    f"row {several.index(True)} of the ledger: {name!r} holds several values "
                    f"({type(column.iloc[several.index(True)]).__name__}): a cell has one; take them apart"
                )


def _check_no_file(how: Reading) -> None:
    """Raise InputError where an option says how to read a file, and a frame is given."""
    for name in ("sheet", "encoding", "delimiter"):
        if getattr(how, name) is not None:
            raise InputError(f"{name} says how to read a file, and the ledger is a frame: leave it out")
