"""A partner's ledger as a table with our names, each column read by one grammar."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, LedgerWarning, SchemaError, warn_caller
from dtanalytics.ledgers.delimited import text_table
from dtanalytics.ledgers.files import content
from dtanalytics.ledgers.headers import folded, renamed
from dtanalytics.ledgers.kinds import OURS, Reading, typed
from dtanalytics.ledgers.totals import MONEY, without_totals
from dtanalytics.ledgers.workbooks import workbook_table
from dtanalytics.texts.amounts import DecimalMark

_CURRENCY = frozenset(
    {"currency", "ccy", "curr", "cur", "w\u00e4hrung", "devise", "moneda", "divisa", "valuta"}
)


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
    chosen = [name for name in (table.columns if only is None else only) if name in table.columns]
    kept, left, notes = without_totals(table, how.decimal)
    made = {name: typed(kept[name], name, how, workbook=workbook) for name in chosen if name in known}
    return Ledger(kept.assign(**made), left, notes)


def _raw(
    ledger: Any, names: Mapping[Any, str], how: Reading, needed: Sequence[str]
) -> tuple[pd.DataFrame, bool]:
    """Return the table as it came, rows numbered from 0, and whether it is from a workbook."""
    if not isinstance(ledger, str | os.PathLike):
        _check_no_file(how)
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


def _check_no_file(how: Reading) -> None:
    """Raise InputError where an option says how to read a file, and a frame is given."""
    for name in ("sheet", "encoding", "delimiter"):
        if getattr(how, name) is not None:
            raise InputError(f"{name} says how to read a file, and the ledger is a frame: leave it out")


def _one_currency(table: pd.DataFrame) -> None:
    for name in table.columns:
        if _CURRENCY.intersection(folded(name).strip(".").split()):
            named = sorted({str(value).strip().upper() for value in table[name].dropna()} - {""})
            if len(named) > 1:
                raise InputError(
                    f"the ledger's {name!r} names {' and '.join(named[:4])}: amounts of two currencies do "
                    "not add up; bring them into one, or split the file"
                )
